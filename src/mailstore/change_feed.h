// ChangeFeed: what changed in an account since its reader looked last, for NOTIFY (RFC 5465).
//
// The account adds to it, from any thread, in the same moment in which a change becomes visible to
// readers; the reader takes all of it at once and looks up the new state itself. Changes of one
// mailbox coalesce into one entry, so what waits here is bounded by the mailboxes there are and by
// kMaxNameEvents. Nothing is lost silently: past that limit the feed says so.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/signal.h"
#include "mailstore/mutex.h"
#include "mailstore/name_table.h"

namespace postern::mailstore {

// LIMIT: name events that wait in one feed. A reader that is that far behind must start anew.
inline constexpr std::size_t kMaxNameEvents = 4'096;

// What happened to the messages of a mailbox; bits.
enum MessageChange : std::uint8_t {
  kArrivals = 1,
  kExpunges = 2,
  kFlagChanges = 4,
  kUnseenCount = 8,  // beside the others: the number of messages without \Seen is another
};

// What happened to a name; bits.
enum NameChangeKind : std::uint8_t {
  kExistence = 1,     // created or deleted
  kRenamed = 2,       // from NameEvent::old_name; told for the root of what moved only
  kSubscription = 4,  // subscribed or unsubscribed
  kIdentity = 8,      // it names another mailbox than before, with another UIDVALIDITY
};

struct NameEvent {
  std::string name;
  std::string old_name;  // of kRenamed
  std::uint8_t kinds = 0;
};

// The events of one change, in order.
struct NameEvents {
  std::string requested;  // the name that its command gave (the new one of RENAME)
  std::vector<NameEvent> events;
  std::vector<MailboxId> messages;  // mailboxes whose messages the same change moved
};
using NameEventsPtr = std::shared_ptr<const NameEvents>;  // shared by the feeds of an account

// What a command that changes names asked for; `from` only for RENAME.
struct Naming {
  std::string name;
  std::string from;
};

// What `changes` mean to those who know the names as of `before`. O(changes).
[[nodiscard]] NameEventsPtr name_events(const NameTable& before, const NameChanges& changes,
                                        const Naming& naming, std::vector<MailboxId> messages);

class ChangeFeed {
 public:
  // `signal` is raised whenever something was added; it outlives the feed.
  explicit ChangeFeed(Signal& signal) : signal_(signal) {}
  ChangeFeed(const ChangeFeed&) = delete;
  ChangeFeed& operator=(const ChangeFeed&) = delete;

  struct Changes {
    std::unordered_map<MailboxId, std::uint8_t> messages;  // MessageChange bits
    std::vector<NameEventsPtr> names;                      // in order
    bool metadata = false;                                 // of some mailbox, or of the server
    bool overflow = false;  // more name events than kMaxNameEvents; some are missing
    bool dead = false;      // the account can no longer be used
    [[nodiscard]] bool empty() const {
      return messages.empty() && names.empty() && !metadata && !overflow && !dead;
    }
  };

  // -- for the reader, any thread
  [[nodiscard]] Changes take();
  [[nodiscard]] bool pending() const;
  // The reader's own command changed the messages of `mailbox`, once; it need not be told. A
  // change of somebody else that coalesced with it is still told.
  void disown(MailboxId mailbox);
  // The same for what was changed on behalf of the name `requested`.
  void disown(std::string_view requested);

  // -- for the account
  void add(MailboxId mailbox, std::uint8_t kinds);
  void add(NameEventsPtr names);
  void forget(MailboxId mailbox);  // it is gone
  void add_metadata();
  void die();
  void raise();  // the signal, if something is pending

 private:
  struct Entry {
    std::uint8_t kinds = 0;
    std::uint32_t changes = 0;
  };

  void disown_one(MailboxId mailbox) POSTERN_REQUIRES(mutex_);

  Signal& signal_;
  mutable Mutex mutex_;
  std::unordered_map<MailboxId, Entry> messages_ POSTERN_GUARDED_BY(mutex_);
  std::vector<NameEventsPtr> names_ POSTERN_GUARDED_BY(mutex_);
  std::size_t name_events_ POSTERN_GUARDED_BY(mutex_) = 0;
  bool metadata_ POSTERN_GUARDED_BY(mutex_) = false;
  bool overflow_ POSTERN_GUARDED_BY(mutex_) = false;
  bool dead_ POSTERN_GUARDED_BY(mutex_) = false;
};

}  // namespace postern::mailstore
