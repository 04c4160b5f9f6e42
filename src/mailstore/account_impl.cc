#include "mailstore/account_impl.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "mailstore/batch_merger.h"
#include "mailstore/keys.h"

namespace postern::mailstore {

using Urgency = engine::Engine::Urgency;

namespace {

// What a change does to the messages of a mailbox that stays; nothing for a fold.
std::uint8_t message_changes(const Effect& effect) {
  if (!effect.record) return 0;
  std::uint8_t kinds = 0;
  for (const auto& section : effect.record->sections) {
    if (std::holds_alternative<AddSection>(section)) kinds |= kArrivals;
    if (std::holds_alternative<FlagsSection>(section)) kinds |= kFlagChanges;
    if (std::holds_alternative<ExpungeSection>(section)) kinds |= kExpunges;
  }
  const std::uint32_t unseen = effect.mailbox->durable.header.counts.unseen;
  if (effect.after.header.counts.unseen != unseen) kinds |= kUnseenCount;
  return kinds;
}

}  // namespace

AccountImpl::AccountImpl(engine::Engine& engine, std::unique_ptr<Vault> vault, Epoch epoch,
                         Clock& clock, Settings settings, TotalsPtr totals)
    : engine_(engine),
      vault_(std::move(vault)),
      epoch_(epoch),
      clock_(clock),
      settings_(settings),
      totals_(std::move(totals)) {}

AccountImpl::~AccountImpl() {
  const MutexLock lock(mutex_);
  for (auto& [id, mailbox] : mailboxes_) drop_rows(*mailbox);
}

// -- the queue ----------------------------------------------------------------------------------

void AccountImpl::submit(const PendingPtr& pending) {
  const bool nothing = pending->batch.empty() && pending->effects.empty() && pending->names.empty();
  if (nothing && queue_.empty() && in_flight_.empty()) {
    pending->done.set({});
    return;
  }
  for (Effect& effect : pending->effects) {
    effect.mailbox->head = effect.after;
    ++effect.mailbox->pending;
    mailboxes_.try_emplace(effect.mailbox->id, effect.mailbox);
  }
  names_head_.apply(pending->names);
  metadata_head_.apply(pending->metadata);
  counters_head_ = pending->counters;
  queue_.push_back(pending);
}

void AccountImpl::drive() {
  for (;;) {
    engine::Batch batch;
    Urgency urgency = Urgency::kNormal;
    {
      const MutexLock lock(mutex_);
      if (driving_) return;
      if (!in_flight_.empty() || queue_.empty() || dead_) return;
      urgency = queue_.front()->urgency;
      BatchMerger merger;
      // Only changes of one urgency share a batch: a delivery must not spend the reserve.
      while (!queue_.empty() && queue_.front()->urgency == urgency &&
             merger.fits(queue_.front()->batch)) {
        merger.add(std::move(queue_.front()->batch));
        in_flight_.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      batch = merger.take();
      driving_ = true;
    }
    // The engine may call back at once, so the mutex is not held. Order needs no lock: there is one
    // batch in flight.
    if (batch.empty()) {
      finish({});
    } else {
      engine_.commit(
          id(), epoch_, std::move(batch), urgency,
          [self = shared_from_this()](Result<void> result) { self->finish(std::move(result)); });
    }
    const MutexLock lock(mutex_);
    driving_ = false;
  }
}

void AccountImpl::publish(Pending& pending) {
  announce(pending);
  for (Effect& effect : pending.effects) {
    Mailbox& mailbox = *effect.mailbox;
    if (mailbox.durable.version) totals_->loaded_rows -= mailbox.durable.version->exists();
    mailbox.durable = std::move(effect.after);
    if (mailbox.durable.version) totals_->loaded_rows += mailbox.durable.version->exists();
    --mailbox.pending;
    if (effect.record && mailbox.durable.version) {
      for (auto& section : effect.record->sections) {
        if (auto* gone = std::get_if<ExpungeSection>(&section)) {
          mailbox.vanished.push_back(
              {mailbox.durable.header.counts.highest_modseq, std::move(gone->uids)});
        }
      }
    }
    if (effect.folded) {
      mailbox.folding = false;
      mailbox.fold_from = 0;
      mailbox.stored = std::move(effect.folded->stored);
      if (effect.folded->record) mailbox.vanished_records.push_back(*effect.folded->record);
      for (std::size_t i = 0; i < effect.folded->cut_records; ++i) {
        const std::size_t entries = mailbox.vanished_records.front().entries;
        mailbox.vanished.erase(mailbox.vanished.begin(),
                               mailbox.vanished.begin() + static_cast<std::ptrdiff_t>(entries));
        mailbox.vanished_records.pop_front();
      }
    }
    if (!mailbox.durable.exists) {
      drop_rows(mailbox);
      mailboxes_.erase(mailbox.id);
    }
  }
  if (!pending.names.empty()) {
    names_.apply(pending.names);
    folders_ = nullptr;
  }
  if (!pending.metadata.empty()) {
    metadata_.apply(pending.metadata);
    metadata_snapshot_ = nullptr;
  }
  counters_ = pending.counters;
}

void AccountImpl::roll_back() {
  counters_head_ = counters_;
  names_head_ = names_;
  metadata_head_ = metadata_;
  for (auto at = mailboxes_.begin(); at != mailboxes_.end();) {
    Mailbox& mailbox = *at->second;
    if (mailbox.pending != 0) {
      mailbox.head = mailbox.durable;
      mailbox.pending = 0;
    }
    at = mailbox.durable.exists ? std::next(at) : mailboxes_.erase(at);
  }
}

void AccountImpl::finish(Result<void> result) {
  std::vector<PendingPtr> done, again;
  std::vector<MailboxId> changed;
  bool died = false;
  bool drive_next = false;
  {
    const MutexLock lock(mutex_);
    done = std::exchange(in_flight_, {});
    if (result) {
      for (const PendingPtr& pending : done) {
        for (const Effect& effect : pending->effects) changed.push_back(effect.mailbox->id);
        if (!pending->metadata.empty()) changed.push_back(kServerMetadata);
        publish(*pending);
      }
    } else {
      again.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.end()));
      queue_.clear();
      for (const auto* list : {&done, &again}) {
        for (const PendingPtr& pending : *list) {
          for (const Effect& effect : pending->effects) {
            if (!effect.folded) continue;
            // Folding can wait: not again before the log has grown some more.
            effect.mailbox->folding = false;
            effect.mailbox->fold_from = effect.mailbox->durable.header.log_records + kFoldRecords;
          }
        }
      }
      const Errc code = result.error().code;
      const bool harmless = code == Errc::kUnavailable || code == Errc::kFull;
      if (!harmless) {
        // What the engine holds is not known, or is not ours any more: memory must not be trusted.
        dead_ = died = true;
        if (code != Errc::kNotOwner) result.error().code = Errc::kUnknownOutcome;
      }
      roll_back();
    }
    if (dead_) {
      again.insert(again.end(), std::make_move_iterator(queue_.begin()),
                   std::make_move_iterator(queue_.end()));
      queue_.clear();
    }
    drive_next = !driving_;
  }
  if (died) {
    log_warn("account_dropped",
             {{"account", id().value()}, {"reason", to_string(result.error().code)}});
  }
  for (const PendingPtr& pending : done) pending->done.set({.retry = false, .result = result});
  for (const PendingPtr& pending : again) {
    // With the account dead the new attempt finds kUnavailable: nothing of the change happened.
    pending->done.set({.retry = true, .result = {}});
  }
  if (died) {
    notify_all();
  } else {
    notify(changed);
  }
  if (drive_next) drive();
}

Result<void> AccountImpl::check_alive() const {
  if (dead_) return fail(Errc::kUnavailable, "the account is being reloaded");
  return {};
}

bool AccountImpl::dead() const {
  const MutexLock lock(mutex_);
  return dead_;
}

void AccountImpl::kill() {
  std::deque<PendingPtr> queue;
  {
    const MutexLock lock(mutex_);
    dead_ = true;
    queue = std::exchange(queue_, {});
  }
  for (const PendingPtr& pending : queue) pending->done.set({.retry = true, .result = {}});
  notify_all();
}

// -- watching -----------------------------------------------------------------------------------

void AccountImpl::notify(const std::vector<MailboxId>& mailboxes) {
  const MutexLock lock(watch_mutex_);
  for (const MailboxId mailbox : mailboxes) {
    const auto [first, last] = watchers_.equal_range(mailbox);
    for (auto at = first; at != last; ++at) at->second->notify();
  }
  for (ChangeFeed* feed : followers_) feed->raise();
}

void AccountImpl::notify_all() {
  const MutexLock lock(watch_mutex_);
  for (auto& [mailbox, signal] : watchers_) signal->notify();
  for (ChangeFeed* feed : followers_) {
    feed->die();
    feed->raise();
  }
}

void AccountImpl::announce(const Pending& pending) {
  if (feeds_.empty()) return;
  if (!pending.metadata.empty()) {
    for (ChangeFeed* feed : feeds_) feed->add_metadata();
  }
  std::vector<MailboxId> changed;
  for (const Effect& effect : pending.effects) {
    const MailboxId mailbox = effect.mailbox->id;
    const std::uint8_t kinds = message_changes(effect);
    if (effect.after.exists && kinds != 0) changed.push_back(mailbox);
    for (ChangeFeed* feed : feeds_) {
      if (!effect.after.exists) {
        feed->forget(mailbox);
      } else if (kinds != 0) {
        feed->add(mailbox, kinds);
      }
    }
  }
  if (pending.names.empty()) return;
  const NameEventsPtr names =
      name_events(names_, pending.names, pending.naming, std::move(changed));
  for (ChangeFeed* feed : feeds_) feed->add(names);
}

Watch AccountImpl::watch(MailboxId mailbox, Signal& signal) {
  struct Registration {
    std::shared_ptr<AccountImpl> account;  // the Watch may be the last to go
    MailboxId mailbox;
    Signal* signal;
    Registration(std::shared_ptr<AccountImpl> a, MailboxId m, Signal* s)
        : account(std::move(a)), mailbox(m), signal(s) {}
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    ~Registration() {
      const MutexLock lock(account->watch_mutex_);
      const auto [first, last] = account->watchers_.equal_range(mailbox);
      const auto at =
          std::find_if(first, last, [this](const auto& entry) { return entry.second == signal; });
      if (at != last) account->watchers_.erase(at);
    }
  };
  {
    const MutexLock lock(watch_mutex_);
    watchers_.emplace(mailbox, &signal);
  }
  return Watch(std::make_shared<Registration>(shared_from_this(), mailbox, &signal));
}

Watch AccountImpl::follow(ChangeFeed& feed) {
  struct Registration {
    std::shared_ptr<AccountImpl> account;  // the Watch may be the last to go
    ChangeFeed* feed;
    Registration(std::shared_ptr<AccountImpl> a, ChangeFeed* f) : account(std::move(a)), feed(f) {}
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    ~Registration() {
      {
        const MutexLock lock(account->mutex_);
        std::erase(account->feeds_, feed);
      }
      const MutexLock lock(account->watch_mutex_);
      std::erase(account->followers_, feed);
    }
  };
  {
    const MutexLock lock(watch_mutex_);
    followers_.push_back(&feed);
  }
  bool late = false;
  {
    const MutexLock lock(mutex_);
    feeds_.push_back(&feed);
    late = dead_;
  }
  // One that comes after the death is told too.
  if (late) notify_all();
  return Watch(std::make_shared<Registration>(shared_from_this(), &feed));
}

// -- lookups ------------------------------------------------------------------------------------

MailboxPtr AccountImpl::find(MailboxId mailbox) const {
  const auto at = mailboxes_.find(mailbox);
  return at == mailboxes_.end() ? nullptr : at->second;
}

Result<MailboxPtr> AccountImpl::find_head(MailboxId id, Errc absent) const {
  MailboxPtr mailbox = find(id);
  if (!mailbox || !mailbox->head.exists) return fail(absent, "no such mailbox");
  if (mailbox->damaged) {
    return fail(Errc::kCorrupt, "record " + keys::printable(keys::of_mailbox(keys::kHeader, id)));
  }
  return mailbox;
}

Result<MailboxPtr> AccountImpl::find_durable(MailboxId id) const {
  MailboxPtr mailbox = find(id);
  if (!mailbox || !mailbox->durable.exists) return fail(Errc::kNotFound, "no such mailbox");
  if (mailbox->damaged) {
    return fail(Errc::kCorrupt, "record " + keys::printable(keys::of_mailbox(keys::kHeader, id)));
  }
  return mailbox;
}

FoldersPtr AccountImpl::folders() const {
  const MutexLock lock(mutex_);
  if (!folders_) folders_ = names_.snapshot();
  return folders_;
}

Result<MailboxCounts> AccountImpl::status(MailboxId id) const {
  const MutexLock lock(mutex_);
  POSTERN_CHECK_OK(check_alive());
  POSTERN_TRY(const MailboxPtr mailbox, find_durable(id));
  return mailbox->durable.header.counts;
}

VersionPtr AccountImpl::loaded_version(MailboxId id) const {
  const MutexLock lock(mutex_);
  const MailboxPtr mailbox = find(id);
  return mailbox && mailbox->durable.exists && !dead_ ? mailbox->durable.version : nullptr;
}

Uid AccountImpl::claim_recent(MailboxId id, bool peek) {
  const MutexLock lock(mutex_);
  const MailboxPtr mailbox = find(id);
  if (!mailbox) return Uid(1);
  const Uid first = mailbox->recent;
  if (!peek) mailbox->recent = mailbox->durable.header.counts.uid_next;
  return first;
}

Account::Usage AccountImpl::usage() const {
  const MutexLock lock(mutex_);
  return {.bytes = counters_.used_bytes,
          .messages = counters_.used_messages,
          .mailboxes = names_.mailboxes(),
          .limit = {counters_.limit_bytes, counters_.limit_messages, counters_.limit_mailboxes}};
}

}  // namespace postern::mailstore
