#include "session/registry.h"

#include <algorithm>
#include <utility>

namespace postern::session {
namespace {

// A session whose write made no progress for this long has nobody at the other end.
constexpr Duration kDeadAfter = std::chrono::seconds(30);

std::int64_t ns(TimePoint at) {
  return at.time_since_epoch().count();
}

}  // namespace

SessionEntry::SessionEntry(std::uint64_t number, Transport& transport, TimePoint now)
    : number_(number), transport_(&transport), peer_(transport.peer().address), since_(now) {
  last_active_ns_.store(ns(now), std::memory_order_relaxed);
}

void SessionEntry::set_waiting(bool waiting, TimePoint now) {
  waiting_.store(waiting, std::memory_order_relaxed);
  last_active_ns_.store(ns(now), std::memory_order_relaxed);
}

void SessionEntry::set_writing(bool writing, TimePoint now) {
  writing_since_ns_.store(writing ? ns(now) : 0, std::memory_order_relaxed);
}

SessionRegistry::SessionRegistry(Clock& clock, std::size_t per_account)
    : clock_(clock), per_account_(per_account) {}

void SessionRegistry::set_per_account(std::size_t per_account) {
  const std::lock_guard lock(mutex_);
  per_account_ = per_account;
}

EntryPtr SessionRegistry::enter(Transport& transport) {
  const TimePoint now = clock_.now();
  const std::lock_guard lock(mutex_);
  auto entry = std::make_shared<SessionEntry>(next_number_++, transport, now);
  all_.emplace(entry->number(), entry);
  return entry;
}

void SessionRegistry::leave(const EntryPtr& entry) {
  const std::lock_guard lock(mutex_);
  entry->transport_ = nullptr;
  all_.erase(entry->number());
  uncount(entry);
}

void SessionRegistry::uncount(const EntryPtr& entry) {
  if (!std::exchange(entry->signed_in_, false)) return;
  const auto found = by_account_.find(entry->account_);
  if (found == by_account_.end()) return;
  std::erase(found->second, entry);
  if (found->second.empty()) by_account_.erase(found);
}

void SessionRegistry::sign_out(const EntryPtr& entry) {
  const std::lock_guard lock(mutex_);
  uncount(entry);
  entry->account_ = AccountId();
  entry->address_.clear();
}

void SessionRegistry::sign_in(const EntryPtr& entry, AccountId account, std::string_view address) {
  const TimePoint now = clock_.now();
  const std::lock_guard lock(mutex_);
  std::vector<EntryPtr>& sessions = by_account_[account];
  make_room(sessions, now);
  entry->account_ = account;
  entry->signed_in_ = true;
  entry->address_ = address;
  sessions.push_back(entry);
}

void SessionRegistry::make_room(std::vector<EntryPtr>& sessions, TimePoint now) {
  SessionEntry* dead = nullptr;
  SessionEntry* waiting = nullptr;
  SessionEntry* oldest = nullptr;
  std::size_t staying = 0;
  const auto active = [](const SessionEntry* e) {
    return e->last_active_ns_.load(std::memory_order_relaxed);
  };
  for (const EntryPtr& entry : sessions) {
    if (entry->close_reason() != CloseReason::kNone) continue;
    ++staying;
    SessionEntry* const e = entry.get();
    const std::int64_t writing = e->writing_since_ns_.load(std::memory_order_relaxed);
    if (writing != 0 && ns(now) - writing >= kDeadAfter.count()) dead = e;
    if (e->waiting_.load(std::memory_order_relaxed) &&
        (waiting == nullptr || active(e) < active(waiting))) {
      waiting = e;
    }
    if (oldest == nullptr || active(e) < active(oldest)) oldest = e;
  }
  if (staying < per_account_) return;
  if (dead != nullptr) {
    ask_to_close(*dead, CloseReason::kTooManySessions);
    if (dead->transport_ != nullptr) dead->transport_->abort();
    return;
  }
  ask_to_close(waiting != nullptr ? *waiting : *oldest, CloseReason::kTooManySessions);
}

void SessionRegistry::ask_to_close(SessionEntry& entry, CloseReason reason) {
  CloseReason none = CloseReason::kNone;
  entry.close_.compare_exchange_strong(none, reason, std::memory_order_acq_rel);
  entry.wake.notify();
}

void SessionRegistry::set_client(const EntryPtr& entry, std::string_view client) {
  const std::lock_guard lock(mutex_);
  entry->client_ = client;
}

void SessionRegistry::set_mailbox(const EntryPtr& entry, std::string_view mailbox) {
  const std::lock_guard lock(mutex_);
  entry->mailbox_ = mailbox;
}

std::size_t SessionRegistry::kick(AccountId account) {
  const std::lock_guard lock(mutex_);
  const auto found = by_account_.find(account);
  if (found == by_account_.end()) return 0;
  for (const EntryPtr& entry : found->second) ask_to_close(*entry, CloseReason::kKicked);
  return found->second.size();
}

std::size_t SessionRegistry::kick_session(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = all_.find(number);
  if (found == all_.end()) return 0;
  ask_to_close(*found->second, CloseReason::kKicked);
  return 1;
}

std::size_t SessionRegistry::close_all(CloseReason reason) {
  const std::lock_guard lock(mutex_);
  for (const auto& [number, entry] : all_) ask_to_close(*entry, reason);
  return all_.size();
}

std::vector<SessionInfo> SessionRegistry::list() const {
  const TimePoint now = clock_.now();
  std::vector<SessionInfo> result;
  const std::lock_guard lock(mutex_);
  result.reserve(all_.size());
  for (const auto& [number, e] : all_) {
    result.push_back({number, e->account_, e->signed_in_, e->address_, e->client_, e->mailbox_,
                      e->peer_, now - e->since_, e->waiting_.load(std::memory_order_relaxed)});
  }
  std::sort(result.begin(), result.end(),
            [](const SessionInfo& a, const SessionInfo& b) { return a.number < b.number; });
  return result;
}

std::size_t SessionRegistry::size() const {
  const std::lock_guard lock(mutex_);
  return all_.size();
}

std::size_t SessionRegistry::size_of(AccountId account) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_account_.find(account);
  return found == by_account_.end() ? 0 : found->second.size();
}

}  // namespace postern::session
