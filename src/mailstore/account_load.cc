// Loading an account, and the rows of its mailboxes when they are first asked for.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "crypto/crypto.h"
#include "mailstore/account_impl.h"
#include "mailstore/chunk_codec.h"
#include "mailstore/keys.h"

namespace postern::mailstore {
namespace {

constexpr std::size_t kScanStep =
    512;  // items a call, so that a huge mailbox is not one huge answer

// The reason, and which record.
std::unexpected<Error> corrupt(std::string_view key, std::string_view detail) {
  return fail(Errc::kCorrupt, "record " + keys::printable(key) + ": " + std::string(detail));
}

// Calls visit(Item) -> Result<void> for all keys in the range, in steps.
template <class Visit>
task<Result<void>> scan_all(engine::Engine& engine, AccountId account, keys::Range range,
                            Visit visit) {
  for (;;) {
    POSTERN_CO_TRY(const std::vector<engine::Item> items,
                   co_await engine.scan(account, range.first, range.second, kScanStep));
    for (const engine::Item& item : items) POSTERN_CO_CHECK_OK(visit(item));
    if (items.size() < kScanStep) co_return Result<void>{};
    range.first = items.back().key + '\0';
  }
}

}  // namespace

// -- the account --------------------------------------------------------------------------------

Result<engine::Batch> AccountImpl::first_batch(const Vault& vault, std::string wrapped_key,
                                               Quota quota, std::int64_t now) {
  static constexpr std::pair<std::string_view, SpecialUse> kFolders[] = {
      {"INBOX", SpecialUse::kNone},    {"Archive", SpecialUse::kArchive},
      {"Drafts", SpecialUse::kDrafts}, {"Junk", SpecialUse::kJunk},
      {"Sent", SpecialUse::kSent},     {"Trash", SpecialUse::kTrash},
  };
  engine::Batch batch;
  const auto put = [&](std::string key, std::string_view plain) {
    std::string sealed = vault.seal(key, plain);
    batch.puts.emplace_back(std::move(key), std::move(sealed));
  };
  Counters counters;
  counters.limit_bytes = quota.bytes;
  counters.limit_messages = quota.messages;
  counters.limit_mailboxes = quota.mailboxes;
  if (now < 1 || now > std::int64_t{UidValidity::kMaxValue} - 6)
    return fail(Errc::kLimit, "the clock is wrong");
  counters.last_uid_validity = static_cast<std::uint32_t>(now - 1);
  for (const auto& [name, use] : kFolders) {
    Folder folder;
    folder.id = MailboxId(counters.next_mailbox++);
    folder.name = name;
    folder.uid_validity = UidValidity(++counters.last_uid_validity);
    folder.special_use = use;
    folder.subscribed = true;
    put(keys::of_mailbox(keys::kMailbox, folder.id), encode_mailbox({folder, {}}));
    put(keys::of_mailbox(keys::kHeader, folder.id), encode_header({}));
  }
  put(keys::plain(keys::kCounters), encode_counters(counters));
  batch.puts.emplace_back(keys::plain(keys::kAccountKey), std::move(wrapped_key));
  return batch;
}

task<Result<std::shared_ptr<AccountImpl>>> AccountImpl::load(engine::Engine& engine,
                                                             const crypto::Secret& master,
                                                             AccountId id, Clock& clock,
                                                             Random& random, Settings settings,
                                                             TotalsPtr totals) {
  // An account that is not there is not acquired: that could make the engine remember it.
  POSTERN_CO_TRY(const auto wrapped, co_await engine.get(id, {keys::plain(keys::kAccountKey)}));
  if (!wrapped[0]) co_return fail(Errc::kNotFound, "no such account");
  POSTERN_CO_TRY(crypto::Secret key, unwrap_key(master, id, *wrapped[0]));
  POSTERN_CO_TRY(const Epoch epoch, co_await engine.acquire(id));
  auto vault = std::make_unique<Vault>(id, std::move(key), random);
  const Vault& open = *vault;
  auto account = std::make_shared<AccountImpl>(engine, std::move(vault), epoch, clock, settings,
                                               std::move(totals));

  POSTERN_CO_TRY(const auto stored, co_await engine.get(id, {keys::plain(keys::kCounters)}));
  if (!stored[0]) co_return corrupt(keys::plain(keys::kCounters), "missing");
  POSTERN_CO_TRY(const std::string opened, open.open(keys::plain(keys::kCounters), *stored[0]));
  POSTERN_CO_TRY(const Counters counters, decode_counters(opened));

  NameChanges names;
  bool incomplete = false;
  std::unordered_map<MailboxId, MailboxPtr> mailboxes;
  const auto visit_mailbox = [&](const engine::Item& item) -> Result<void> {
    const auto plain = open.open(item.key, item.value);
    auto record =
        plain ? decode_mailbox(*plain) : Result<MailboxRecord>(std::unexpected(plain.error()));
    if (!record) {
      // One unreadable name must not keep the other mailboxes from their owner.
      incomplete = true;
      log_error("mailbox_damaged", {{"account", id.value()}, {"key", keys::printable(item.key)}});
      return {};
    }
    auto mailbox = std::make_shared<Mailbox>();
    record->folder.id = mailbox->id = keys::mailbox_of(item.key);
    mailbox->validity = record->folder.uid_validity;
    mailbox->damaged = true;  // until its header is found
    mailbox->durable.exists = true;
    mailbox->durable.keywords =
        std::make_shared<const std::vector<std::string>>(std::move(record->keywords));
    mailboxes.emplace(mailbox->id, mailbox);
    names.push_back({record->folder.name, std::move(record->folder)});
    return {};
  };
  POSTERN_CO_CHECK_OK(co_await scan_all(engine, id, keys::all_of(keys::kMailbox), visit_mailbox));

  const auto visit_header = [&](const engine::Item& item) -> Result<void> {
    const auto mailbox = mailboxes.find(keys::mailbox_of(item.key));
    if (mailbox == mailboxes.end()) return {};
    const auto plain = open.open(item.key, item.value);
    if (!plain) return {};
    const auto header = decode_header(*plain);
    if (!header) return {};
    mailbox->second->damaged = false;
    mailbox->second->durable.header = *header;
    mailbox->second->recent = header->recent;
    return {};
  };
  POSTERN_CO_CHECK_OK(co_await scan_all(engine, id, keys::all_of(keys::kHeader), visit_header));

  const auto visit_subscription = [&](const engine::Item& item) -> Result<void> {
    auto plain = open.open(item.key, item.value);
    if (!plain) {
      log_error("subscription_damaged",
                {{"account", id.value()}, {"key", keys::printable(item.key)}});
      return {};
    }
    names.push_back({*plain, Folder{.name = *plain, .subscribed = true}});
    return {};
  };
  POSTERN_CO_CHECK_OK(
      co_await scan_all(engine, id, keys::all_of(keys::kSubscription), visit_subscription));

  std::map<MailboxId, MetadataEntries> annotated;
  const auto visit_metadata = [&](const engine::Item& item) -> Result<void> {
    const auto plain = open.open(item.key, item.value);
    auto record =
        plain ? decode_metadata(*plain) : Result<MetadataRecord>(std::unexpected(plain.error()));
    if (!record) {
      log_error("metadata_damaged", {{"account", id.value()}, {"key", keys::printable(item.key)}});
      return {};
    }
    annotated[keys::mailbox_of(item.key)].insert_or_assign(
        std::move(record->entry), std::make_shared<const std::string>(std::move(record->value)));
    return {};
  };
  POSTERN_CO_CHECK_OK(co_await scan_all(engine, id, keys::all_of(keys::kMetadata), visit_metadata));
  MetadataEffects metadata;
  for (auto& [mailbox, found] : annotated)
    metadata.emplace_back(mailbox, std::make_shared<const MetadataEntries>(std::move(found)));

  const keys::Range releases = keys::all_of(keys::kRelease);
  POSTERN_CO_TRY(const auto released, co_await engine.scan(id, releases.first, releases.second, 1));

  {
    const MutexLock lock(account->mutex_);
    for (auto& [mailbox_id, mailbox] : mailboxes) {
      if (mailbox->damaged) {
        incomplete = true;
        log_error("mailbox_damaged",
                  {{"account", id.value()},
                   {"key", keys::printable(keys::of_mailbox(keys::kHeader, mailbox_id))}});
      }
      mailbox->head = mailbox->durable;
    }
    account->mailboxes_ = std::move(mailboxes);
    account->counters_ = account->counters_head_ = counters;
    account->names_.apply(names);
    account->names_head_ = account->names_;
    account->metadata_.apply(metadata);
    account->metadata_head_ = account->metadata_;
    account->releases_ = !released.empty();
    account->incomplete_ = incomplete;
  }
  co_return account;
}

// -- rows ---------------------------------------------------------------------------------------

struct AccountImpl::Rows {
  MailboxPtr mailbox;
  Header header;  // when the load began
  KeywordsPtr keywords;
  std::vector<ChunkPtr> stored;
  std::deque<Vanished> vanished;
  std::deque<Mailbox::VanishedRecord> vanished_records;
  std::deque<std::pair<ModSeq, LogRecord>> log;  // read and not yet applied
  ModSeq read_to;                                // last log record read
  VersionPtr version;                            // rows as of `applied`
  ModSeq applied;
};

// One load of a mailbox at a time; the others wait for it, however it ends.
class AccountImpl::LoadTurn {
 public:
  LoadTurn(std::shared_ptr<AccountImpl> account, MailboxPtr mailbox)
      : account_(std::move(account)), mailbox_(std::move(mailbox)) {}
  LoadTurn(const LoadTurn&) = delete;
  LoadTurn& operator=(const LoadTurn&) = delete;
  ~LoadTurn() {
    std::vector<OneShot<bool>> waiters;
    {
      const MutexLock lock(account_->mutex_);
      mailbox_->loading = false;
      waiters = std::exchange(mailbox_->load_waiters, {});
    }
    for (const auto& waiter : waiters) waiter.set(true);
  }

 private:
  std::shared_ptr<AccountImpl> account_;  // outlives the turn
  MailboxPtr mailbox_;
};

task<Result<void>> AccountImpl::load_rows(MailboxId id) {
  struct Step {
    MailboxPtr mailbox;  // null: nothing to do
    std::optional<OneShot<bool>> wait;
    Rows rows;
  };
  const auto begin = [this, id]() -> Result<Step> {
    const MutexLock lock(mutex_);
    POSTERN_CHECK_OK(check_alive());
    Step step;
    POSTERN_TRY(const MailboxPtr mailbox, find_head(id));
    if (mailbox->head.version) return step;
    step.mailbox = mailbox;
    if (mailbox->loading) {
      mailbox->load_waiters.push_back(step.wait.emplace());
      return step;
    }
    mailbox->loading = true;
    step.rows.mailbox = mailbox;
    step.rows.header = mailbox->durable.header;
    step.rows.keywords = mailbox->durable.keywords;
    return step;
  };
  for (;;) {
    POSTERN_CO_TRY(Step step, begin());
    if (!step.mailbox) co_return Result<void>{};
    if (step.wait) {
      co_await step.wait->wait();
      continue;
    }
    const LoadTurn turn(shared_from_this(), step.mailbox);
    step.rows.read_to = step.rows.applied = step.rows.header.folded;
    for (bool installed = false; !installed;) {
      POSTERN_CO_CHECK_OK(co_await read_rows(step.rows));
      POSTERN_CO_TRY(installed, install_rows(step.rows));
    }
    co_return Result<void>{};
  }
}

// The chunks and the history once, then the log after what was read of it. No fold can run
// meanwhile: only loaded mailboxes are folded.
task<Result<void>> AccountImpl::read_rows(Rows& rows) {
  const MailboxId mailbox = rows.mailbox->id;
  if (!rows.version) {
    MailboxCounts counts;
    const auto visit_chunk = [&](const engine::Item& item) -> Result<void> {
      POSTERN_TRY(std::string plain, vault_->open(item.key, item.value));
      auto chunk = decode_chunk(std::move(plain), counts);
      if (!chunk) return corrupt(item.key, chunk.error().detail);
      if (keys::chunk(mailbox, (*chunk)->first_uid()) != item.key ||
          (!rows.stored.empty() && rows.stored.back()->last_uid() >= (*chunk)->first_uid())) {
        return corrupt(item.key, "out of order");
      }
      rows.stored.push_back(std::move(*chunk));
      return {};
    };
    POSTERN_CO_CHECK_OK(
        co_await scan_all(engine_, id(), keys::all_of_mailbox(keys::kChunk, mailbox), visit_chunk));
    counts.highest_modseq = rows.header.folded;
    rows.version = std::make_shared<const MailboxVersion>(rows.mailbox->validity, counts,
                                                          rows.keywords, rows.stored);

    const auto visit_vanished = [&](const engine::Item& item) -> Result<void> {
      POSTERN_TRY(const std::string plain, vault_->open(item.key, item.value));
      auto entries = decode_vanished(plain);
      if (!entries) return corrupt(item.key, entries.error().detail);
      rows.vanished_records.push_back({keys::modseq_of(item.key), entries->size()});
      std::move(entries->begin(), entries->end(), std::back_inserter(rows.vanished));
      return {};
    };
    POSTERN_CO_CHECK_OK(co_await scan_all(
        engine_, id(), keys::all_of_mailbox(keys::kVanished, mailbox), visit_vanished));
  }
  const auto visit_log = [&](const engine::Item& item) -> Result<void> {
    POSTERN_TRY(const std::string plain, vault_->open(item.key, item.value));
    auto record = decode_log_record(plain);
    if (!record) return corrupt(item.key, record.error().detail);
    const ModSeq modseq = keys::modseq_of(item.key);
    // Each change of a mailbox is one record: a gap is a lost change (I8).
    if (modseq.value() != rows.read_to.value() + 1)
      return corrupt(item.key, "the log has a gap before it");
    rows.read_to = modseq;
    rows.log.emplace_back(modseq, std::move(*record));
    return {};
  };
  keys::Range range = keys::all_of_mailbox(keys::kLog, mailbox);
  range.first = keys::of_modseq(keys::kLog, mailbox, ModSeq(rows.read_to.value() + 1));
  co_return co_await scan_all(engine_, id(), std::move(range), visit_log);
}

Result<bool> AccountImpl::install_rows(Rows& rows) {
  Mailbox& mailbox = *rows.mailbox;
  const auto log_key = [&](ModSeq modseq) {
    return keys::of_modseq(keys::kLog, mailbox.id, modseq);
  };
  const auto replay = [&](ModSeq to, const KeywordsPtr& keywords) -> Result<void> {
    if (rows.log.empty() || rows.log.front().first > to) return {};
    VersionEditor editor(*rows.version);
    while (!rows.log.empty() && rows.log.front().first <= to) {
      auto& [modseq, record] = rows.log.front();
      const auto applied = editor.apply(record, modseq, keywords->size());
      if (!applied) return corrupt(log_key(modseq), applied.error().detail);
      for (auto& section : record.sections) {
        if (auto* gone = std::get_if<ExpungeSection>(&section)) {
          rows.vanished.push_back({modseq, std::move(gone->uids)});
        }
      }
      rows.applied = modseq;
      rows.log.pop_front();
    }
    rows.version = editor.build(keywords);
    return {};
  };
  // The bulk is replayed without the mutex; only what was committed meanwhile is left for under it.
  POSTERN_CHECK_OK(replay(rows.header.counts.highest_modseq, rows.keywords));

  const MutexLock lock(mutex_);
  POSTERN_CHECK_OK(check_alive());
  if (!mailbox.durable.exists) return fail(Errc::kNotFound, "no such mailbox");
  const Header& header = mailbox.durable.header;
  const ModSeq target = header.counts.highest_modseq;
  if (rows.read_to < target) {
    if (rows.header.counts.highest_modseq == target) return corrupt(log_key(target), "missing");
    rows.header = header;  // it moved on while the log was read: read on
    rows.keywords = mailbox.durable.keywords;
    return false;
  }
  // The engine may be ahead of what is published here; what is beyond stays for the changes under
  // way.
  POSTERN_CHECK_OK(replay(target, mailbox.durable.keywords));
  const MailboxCounts& found = rows.version->counts();
  const MailboxCounts& wanted = header.counts;
  if (found.exists != wanted.exists || found.unseen != wanted.unseen ||
      found.deleted != wanted.deleted || found.bytes != wanted.bytes ||
      found.uid_next > wanted.uid_next) {
    return corrupt(keys::of_mailbox(keys::kHeader, mailbox.id), "counts do not fit the rows");
  }
  mailbox.durable.version = std::make_shared<const MailboxVersion>(
      mailbox.validity, header.counts, mailbox.durable.keywords, rows.version->chunks());
  totals_->loaded_rows += mailbox.durable.version->exists();
  mailbox.stored = std::move(rows.stored);
  mailbox.vanished = std::move(rows.vanished);
  mailbox.vanished_records = std::move(rows.vanished_records);

  // Changes under way were made without rows; now each gets the version it leaves.
  VersionPtr newest = mailbox.durable.version;
  const auto catch_up = [&](Pending& pending) -> Result<void> {
    for (Effect& effect : pending.effects) {
      if (effect.mailbox.get() != &mailbox || !effect.after.exists) continue;
      if (effect.record) {
        VersionEditor editor(*newest);
        POSTERN_CHECK_OK(editor.apply(*effect.record, effect.after.header.counts.highest_modseq,
                                      effect.after.keywords->size()));
        newest = editor.build(effect.after.keywords);
      }
      effect.after.version = newest;
    }
    return {};
  };
  for (const PendingPtr& pending : in_flight_) POSTERN_CHECK_OK(catch_up(*pending));
  for (const PendingPtr& pending : queue_) POSTERN_CHECK_OK(catch_up(*pending));
  if (mailbox.head.exists) mailbox.head.version = newest;
  return true;
}

task<Result<VersionPtr>> AccountImpl::version(MailboxId id) {
  for (;;) {
    POSTERN_CO_CHECK_OK(co_await load_rows(id));
    const auto loaded = [this, id]() -> Result<VersionPtr> {
      const MutexLock lock(mutex_);
      POSTERN_CHECK_OK(check_alive());
      POSTERN_TRY(const MailboxPtr mailbox, find_durable(id));
      return mailbox->durable.version;
    };
    POSTERN_CO_TRY(VersionPtr version, loaded());
    if (version) co_return version;
  }
}

UidSet AccountImpl::vanished_since(MailboxId id, ModSeq since, const VersionPtr& at) const {
  {
    const MutexLock lock(mutex_);
    const MailboxPtr mailbox = find(id);
    if (mailbox && mailbox->durable.version && since >= mailbox->durable.header.vanished_floor) {
      std::vector<UidSet::Interval> intervals;
      const auto first = std::upper_bound(
          mailbox->vanished.begin(), mailbox->vanished.end(), since,
          [](ModSeq modseq, const Vanished& entry) { return modseq < entry.modseq; });
      for (auto entry = first; entry != mailbox->vanished.end(); ++entry) {
        if (entry->modseq > at->counts().highest_modseq) break;
        intervals.insert(intervals.end(), entry->uids.intervals().begin(),
                         entry->uids.intervals().end());
      }
      UidSet gone = UidSet::from_unsorted(std::move(intervals));
      // A version may keep rows that were expunged (keep_expunged): they have yet to vanish.
      UidSet kept;
      at->visit_uids(gone, [&kept](const MailboxVersion::MessageRef& message) {
        kept.add(message.row->uid);
        return true;
      });
      return gone.subtract(kept);
    }
  }
  // RFC 7162 §3.2.6: with the history gone, every UID that is not there counts as expunged since.
  return UidSet::range(1, at->counts().uid_next.value() - 1).subtract(at->all_uids());
}

}  // namespace postern::mailstore
