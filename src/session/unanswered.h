// UnansweredAppends: messages whose APPEND was carried out for a client that was gone before it
// could be told. It will send them again from its next connection, and would have each twice.
//
// Two equal APPENDs are two messages. A repeat is taken for the message that is there only when the
// earlier connection of the same account had ended before its tagged answer was written, the
// mailbox, flags, date and every octet are the same, and the message is still there; and only once.
// Kept in memory alone: after a restart a repeat is a message of its own.
//
// Any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "imap/command.h"

namespace postern::session {

// An APPEND of one message, and what became of it.
struct UnansweredAppend {
  AccountId account;  // of the mailbox
  MailboxId mailbox;
  std::vector<imap::Flag> flags;  // as sent
  std::optional<imap::DateTime> date;
  std::uint64_t size = 0;
  Uid uid;
};

class UnansweredAppends {
 public:
  static constexpr std::size_t kMost = 1'000;        // LIMIT: of all accounts; the oldest goes
  static constexpr std::size_t kMostOfAccount = 10;  // LIMIT: its oldest goes
  static constexpr auto kPatience = std::chrono::hours(1);

  explicit UnansweredAppends(Clock& clock) : clock_(clock) {}

  void add(UnansweredAppend append);
  // Takes out one that was sent with the same words; its uid says which message it became. Whoever
  // finds that the octets differ gives it back by add().
  [[nodiscard]] std::optional<UnansweredAppend> claim(const UnansweredAppend& repeat);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Kept {
    UnansweredAppend append;
    TimePoint until;
  };

  Clock& clock_;
  mutable std::mutex mutex_;
  std::deque<Kept> kept_;  // guarded by mutex_; oldest first
};

}  // namespace postern::session
