#include "mailstore/change_feed.h"

#include <algorithm>
#include <utility>

namespace postern::mailstore {
namespace {

bool at_or_below(std::string_view name, std::string_view root) {
  return name.starts_with(root) && (name.size() == root.size() || name[root.size()] == kDelimiter);
}

bool is_mailbox(const Folder* folder) {
  return folder != nullptr && folder->exists();
}

// What the change of one name is when no RENAME explains it.
std::uint8_t kinds_of(const Folder* before, const Folder* after) {
  std::uint8_t kinds = 0;
  if (is_mailbox(before) != is_mailbox(after)) kinds |= kExistence;
  const bool was_subscribed = before != nullptr && before->subscribed;
  const bool is_subscribed = after != nullptr && after->subscribed;
  if (was_subscribed != is_subscribed) kinds |= kSubscription;
  if (is_mailbox(after) && (!is_mailbox(before) || before->id != after->id)) kinds |= kIdentity;
  return kinds;
}

}  // namespace

NameEventsPtr name_events(const NameTable& before, const NameChanges& changes, const Naming& naming,
                          std::vector<MailboxId> messages) {
  auto result = std::make_shared<NameEvents>();
  result->requested = naming.name;
  result->messages = std::move(messages);
  const bool rename = !naming.from.empty();
  bool root_told = false;
  for (const NameChange& change : changes) {
    NameEvent event;
    event.name = change.name;
    event.kinds = kinds_of(before.find(change.name), change.after ? &*change.after : nullptr);
    // RFC 5465 §5.4: a rename is one event, for the name that was renamed. INBOX stays where it is
    // with what is below it, and the new place of its messages counts as renamed.
    const bool moved = naming.from != "INBOX" && (at_or_below(change.name, naming.from) ||
                                                  at_or_below(change.name, naming.name));
    if (rename && (moved || change.name == naming.name)) {
      event.kinds &= static_cast<std::uint8_t>(~kExistence);
      if (change.name == naming.name) {
        event.kinds |= kRenamed;
        event.old_name = naming.from;
        root_told = true;
      }
    }
    if (event.kinds != 0) result->events.push_back(std::move(event));
  }
  if (rename && !root_told) {
    // Only mailboxes below it moved: the root is a name without mailbox, before and after.
    result->events.insert(result->events.begin(), {naming.name, naming.from, kRenamed});
  }
  return result;
}

ChangeFeed::Changes ChangeFeed::take() {
  const MutexLock lock(mutex_);
  Changes changes;
  changes.messages.reserve(messages_.size());
  for (const auto& [mailbox, entry] : messages_) changes.messages.emplace(mailbox, entry.kinds);
  // Swapped away, not cleared: a burst leaves no memory behind.
  std::unordered_map<MailboxId, Entry>().swap(messages_);
  changes.names = std::exchange(names_, {});
  name_events_ = 0;
  changes.metadata = std::exchange(metadata_, false);
  changes.overflow = std::exchange(overflow_, false);
  changes.dead = dead_;
  return changes;
}

bool ChangeFeed::pending() const {
  const MutexLock lock(mutex_);
  return !messages_.empty() || !names_.empty() || metadata_ || overflow_ || dead_;
}

void ChangeFeed::disown(MailboxId mailbox) {
  const MutexLock lock(mutex_);
  disown_one(mailbox);
}

void ChangeFeed::disown_one(MailboxId mailbox) {
  const auto at = messages_.find(mailbox);
  if (at != messages_.end() && --at->second.changes == 0) messages_.erase(at);
}

void ChangeFeed::disown(std::string_view requested) {
  const MutexLock lock(mutex_);
  // The newest: whoever made an older one, the name's state is told only once more.
  const auto at = std::find_if(names_.rbegin(), names_.rend(), [&](const NameEventsPtr& names) {
    return names->requested == requested;
  });
  if (at == names_.rend()) return;
  name_events_ -= (*at)->events.size();
  for (const MailboxId mailbox : (*at)->messages) disown_one(mailbox);
  names_.erase(std::next(at).base());
}

void ChangeFeed::add(MailboxId mailbox, std::uint8_t kinds) {
  const MutexLock lock(mutex_);
  Entry& entry = messages_[mailbox];
  entry.kinds |= kinds;
  ++entry.changes;
}

void ChangeFeed::add(NameEventsPtr names) {
  const MutexLock lock(mutex_);
  if (overflow_) return;
  name_events_ += names->events.size();
  names_.push_back(std::move(names));
  if (name_events_ <= kMaxNameEvents) return;
  overflow_ = true;
  name_events_ = 0;
  names_ = {};
}

void ChangeFeed::forget(MailboxId mailbox) {
  const MutexLock lock(mutex_);
  messages_.erase(mailbox);
}

void ChangeFeed::add_metadata() {
  const MutexLock lock(mutex_);
  metadata_ = true;
}

void ChangeFeed::die() {
  const MutexLock lock(mutex_);
  dead_ = true;
}

void ChangeFeed::raise() {
  if (pending()) signal_.notify();
}

}  // namespace postern::mailstore
