// SessionRegistry: every live session of the process; eviction, kick, drain and `sessions list` go
// through it.
//
// All methods may be called from any thread. A session enters at its start and leaves before its
// transport dies, so the registry may abort the transport of an entry it still holds.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/signal.h"
#include "base/transport.h"

namespace postern::session {

enum class CloseReason : std::uint8_t { kNone, kKicked, kTooManySessions, kShutdown };

// What the session and the registry share of one session.
class SessionEntry {
 public:
  SessionEntry(std::uint64_t number, Transport& transport, TimePoint now);

  // Raised when the session is asked to close and, in IDLE, when its mailbox changes.
  Signal wake;

  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] CloseReason close_reason() const { return close_.load(std::memory_order_acquire); }

  // The session says what it is doing; one relaxed store each.
  void set_waiting(bool waiting, TimePoint now);
  void set_writing(bool writing, TimePoint now);

 private:
  friend class SessionRegistry;

  const std::uint64_t number_;
  std::atomic<CloseReason> close_{CloseReason::kNone};
  std::atomic<bool> waiting_{false};
  std::atomic<std::int64_t> last_active_ns_{0};
  std::atomic<std::int64_t> writing_since_ns_{0};  // 0: not writing

  // Guarded by SessionRegistry::mutex_.
  Transport* transport_;
  AccountId account_;
  bool signed_in_ = false;
  std::string address_;
  std::string client_;
  std::string mailbox_;
  std::string peer_;
  TimePoint since_;
};

// Shared: the registry may still hold an entry while its session ends on another thread.
using EntryPtr = std::shared_ptr<SessionEntry>;

struct SessionInfo {
  std::uint64_t number = 0;
  AccountId account;
  bool signed_in = false;
  std::string address;  // of the account; empty before login
  std::string client;   // IMAP ID name
  std::string mailbox;  // selected, empty when none
  std::string peer;
  Duration age{};
  bool waiting = false;
};

class SessionRegistry {
 public:
  // LIMIT: 100 sessions per account.
  explicit SessionRegistry(Clock& clock, std::size_t per_account = 100);

  // For sign-ins from now on; sessions that are there stay.
  void set_per_account(std::size_t per_account);

  [[nodiscard]] EntryPtr enter(Transport& transport);
  void leave(const EntryPtr& entry);  // a second time is nothing

  // Counts the session for `account`. At the limit another one of that account is asked to close: a
  // dead one (nobody reads its output), else the one that waits longest, else the oldest. Never
  // refuses.
  void sign_in(const EntryPtr& entry, AccountId account, std::string_view address);
  // Counts the session for no account any more; it stays in the list.
  void sign_out(const EntryPtr& entry);
  void set_client(const EntryPtr& entry, std::string_view client);
  void set_mailbox(const EntryPtr& entry, std::string_view mailbox);

  // Asks sessions to say BYE and close; returns how many were asked.
  std::size_t kick(AccountId account);
  std::size_t kick_session(std::uint64_t number);
  std::size_t close_all(CloseReason reason);

  [[nodiscard]] std::vector<SessionInfo> list() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t size_of(AccountId account) const;

 private:
  void uncount(const EntryPtr& entry);
  void make_room(std::vector<EntryPtr>& sessions, TimePoint now);
  static void ask_to_close(SessionEntry& entry, CloseReason reason);

  Clock& clock_;
  mutable std::mutex mutex_;  // guards everything below, and the guarded part of each entry
  std::size_t per_account_;
  std::uint64_t next_number_ = 1;
  std::unordered_map<std::uint64_t, EntryPtr> all_;
  std::unordered_map<AccountId, std::vector<EntryPtr>> by_account_;
};

}  // namespace postern::session
