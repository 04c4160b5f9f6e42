#include "session/notify.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "session/handlers.h"

namespace postern::session {
namespace {

using imap::StatusItem;
using mailstore::ChangeFeed;
using mailstore::Folder;
using mailstore::NameEvent;

Subscribed subscribed(const Folder* folder) {
  return folder != nullptr && folder->subscribed ? Subscribed::kYes : Subscribed::kNo;
}

// What happened to a mailbox that is not selected, for a client that wants to know of `wanted`;
// empty when none of it is its business.
std::vector<StatusItem> items_for(std::uint8_t happened, std::uint8_t wanted,
                                  const Enabled& enabled) {
  std::vector<StatusItem> items;
  const bool counts = (wanted & imap::kMessageNew) != 0 &&
                      (happened & (mailstore::kArrivals | mailstore::kExpunges)) != 0;
  const bool unseen =
      (wanted & imap::kFlagChange) != 0 && (happened & mailstore::kUnseenCount) != 0;
  // RFC 5465 §5.1: without HIGHESTMODSEQ a change of other flags has nothing to show.
  const bool flags = (wanted & imap::kFlagChange) != 0 &&
                     (happened & mailstore::kFlagChanges) != 0 && (enabled.condstore || unseen);
  if (!counts && !flags) return items;
  if (counts) {
    items.push_back(StatusItem::kMessages);
    items.push_back(StatusItem::kUidNext);
  }
  if (flags) items.push_back(StatusItem::kUidValidity);
  if (unseen) items.push_back(StatusItem::kUnseen);
  if (enabled.condstore) items.push_back(StatusItem::kHighestModSeq);
  return items;
}

class Teller {
 public:
  explicit Teller(Context& context)
      : context_(context), folders_(context.account().folders()), rules_(context.notify.rules()) {}

  task<void> tell(const ChangeFeed::Changes& changes) {
    for (const auto& names : changes.names) {
      for (const NameEvent& event : names->events) {
        co_await tell_name(event);
        if (!co_await breathe()) co_return;
      }
    }
    for (const auto& [mailbox, happened] : changes.messages) {
      co_await tell_messages(mailbox, happened);
      if (!co_await breathe()) co_return;
    }
  }

 private:
  task<bool> breathe() {
    if (context_.out.full() && !co_await context_.out.flush()) co_return false;
    if (context_.pace.due()) co_await context_.pace.yield();
    co_return true;
  }

  [[nodiscard]] std::uint8_t wanted_of(std::string_view name) const {
    return rules_.events_of(name, subscribed(folders_->find(name)));
  }

  task<void> tell_name(const NameEvent& event) {
    const Folder* folder = folders_->find(event.name);
    const bool subscription = (event.kinds & mailstore::kSubscription) != 0;
    // RFC 5465 §6.4: whoever watches the subscribed names learns of one that is no more.
    std::uint8_t wanted =
        rules_.events_of(event.name, subscription ? Subscribed::kYes : subscribed(folder));
    const bool renamed = (event.kinds & mailstore::kRenamed) != 0;
    if (renamed) wanted |= wanted_of(event.old_name);
    const bool existence = (event.kinds & mailstore::kExistence) != 0;
    if (((existence || renamed) && (wanted & imap::kMailboxName) != 0) ||
        (subscription && (wanted & imap::kSubscriptionChange) != 0)) {
      list(event.name, event.old_name);
    }
    // §5.4: with a mailbox that is created or deleted its parent counts as affected.
    const std::size_t end = event.name.rfind(mailstore::kDelimiter);
    if (existence && end != std::string::npos) {
      const std::string parent = event.name.substr(0, end);
      if ((wanted_of(parent) & imap::kMailboxName) != 0) list(parent, {});
    }
    // §5.1: the name has another UIDVALIDITY now.
    if ((event.kinds & mailstore::kIdentity) != 0 && (wanted & imap::kFlagChange) != 0) {
      co_await status(folder, {StatusItem::kMessages, StatusItem::kUidNext,
                               StatusItem::kUidValidity, StatusItem::kUnseen});
    }
  }

  // Once for all events of a name that waited: the line says what is now.
  void list(const std::string& name, const std::string& old_name) {
    if (old_name.empty() && !listed_.insert(name).second) return;
    append_name_event(context_, *folders_, name, old_name);
  }

  task<void> tell_messages(MailboxId mailbox, std::uint8_t happened) {
    const Folder* folder = folders_->find(mailbox);
    if (folder == nullptr) co_return;
    const std::uint8_t wanted = rules_.events_of(folder->name, subscribed(folder));
    std::vector<StatusItem> items = items_for(happened, wanted, context_.enabled);
    if (!items.empty()) co_await status(folder, std::move(items));
  }

  task<void> status(const Folder* folder, std::vector<StatusItem> items) {
    if (folder == nullptr) co_return;
    // §3.1: of the selected mailbox only what SELECTED says.
    if (context_.view != nullptr && context_.view->handle().id == folder->id) co_return;
    // §5: the right to read is asked for each event anew.
    const auto handle = open_mailbox(context_.principal, folder->name, Right::kRead);
    if (handle) static_cast<void>(co_await append_status(context_, *handle, items));
  }

  Context& context_;
  const mailstore::FoldersPtr folders_;
  const NotifyRules& rules_;
  std::set<std::string, std::less<>> listed_;
};

}  // namespace

void Notify::set(mailstore::Account& account, NotifyRules rules) {
  if (!active()) watch_ = account.follow(feed_);
  rules_ = std::move(rules);
  brought_ = {};
  owed_ = true;
}

void Notify::none() {
  reset();
  by_default_.messages = false;
  by_default_.flags = false;
}

void Notify::reset() {
  watch_ = mailstore::Watch();
  static_cast<void>(feed_.take());
  rules_.reset();
  by_default_ = SelectedRules();
  brought_ = {};
  owed_ = false;
}

task<bool> Context::tell_changes(View::Expunges expunges) {
  const auto before = view == nullptr ? nullptr : view->newest();
  if (notify.active()) {
    const ChangeFeed::Changes changes = notify.take();
    if (changes.dead) {
      close_with("The mail store is not available now.", "store_unavailable");
      co_return false;
    }
    if (changes.overflow) {
      // RFC 5465 §5.8: from here on as after NOTIFY NONE.
      out.append("* OK [NOTIFICATIONOVERFLOW] Too many changes; notifications are off.\r\n");
      notify.none();
      apply_notify();
    } else if (!changes.empty()) {
      Teller teller(*this);
      co_await teller.tell(changes);
      if (changes.metadata && !co_await sync_metadata()) co_return false;
    }
  }
  const bool open = co_await sync_wanted(expunges);
  // RFC 7162 §6: the FETCH data that went out may have a MODSEQ beyond what is on hold.
  if (open && view != nullptr && view->newest() != before) append_held_modseq();
  co_return open;
}

}  // namespace postern::session
