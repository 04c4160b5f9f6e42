// View: the selected mailbox as its client knows it. It holds the version it has shown last; what
// the client must be told is the difference to a newer one.
//
// One owner, one coroutine. The view never changes by itself: sequence numbers move only in tell().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "mailstore/version.h"
#include "session/open.h"
#include "session/output.h"

namespace postern::session {

// Extensions the client switched on; they change what it is told.
struct Enabled {
  bool condstore = false;
  bool qresync = false;
  bool rev2 = false;
  bool utf8 = false;
  bool uid_only = false;  // RFC 9586: no sequence number goes in either direction
  // RFC 5464 §4.4: changes of metadata by others are told, all of them or those of the server.
  bool metadata = false;
  bool metadata_server = false;
  bool flag_change = false;  // NOTIFY asked for FlagChange of the selected mailbox
  // RFC 9051 §5.1, RFC 9755 §3: names go out as UTF-8.
  [[nodiscard]] bool utf8_names() const { return rev2 || utf8; }
  // RFC 7162 §3.2.4, RFC 9051 §7.5.2, RFC 5465 §5.1: unsolicited FETCH data carries the UID.
  [[nodiscard]] bool uid_in_updates() const { return rev2 || condstore || qresync || flag_change; }
  // RFC 7162 §3.2.10, RFC 9586 §3.4: VANISHED takes the place of EXPUNGE.
  [[nodiscard]] bool vanished() const { return qresync || uid_only; }
};

// Renders flags of rows; remembers the texts of the chunk it saw last, because few sets serve many
// rows. A chunk is known by its address: reset() before the version that keeps it alive is let go.
class FlagText {
 public:
  void reset() { chunk_ = nullptr; }
  // Appends "(\Seen $Forwarded)".
  void append(std::string& out, const mailstore::MailboxVersion& version,
              const mailstore::MailboxVersion::MessageRef& message, bool recent);

 private:
  const mailstore::Chunk* chunk_ = nullptr;  // identity only; never followed
  std::vector<std::string> texts_;           // of chunk_->flag_sets(); empty: not rendered yet
};

// Begins the data of one message: "* n FETCH (", or "* uid UIDFETCH (" (RFC 9586 §3.3).
void append_fetch_head(std::string& out, const mailstore::MailboxVersion::MessageRef& message,
                       const Enabled& enabled);

class View {
 public:
  enum class Access : std::uint8_t { kReadWrite, kReadOnly };
  enum class Expunges : std::uint8_t { kTell, kHold };
  enum class Flags : std::uint8_t { kTell, kHold };

  View(MailboxHandle handle, mailstore::VersionPtr shown, Access access);

  [[nodiscard]] const MailboxHandle& handle() const { return handle_; }
  [[nodiscard]] bool read_only() const { return access_ == Access::kReadOnly; }
  // Never null. With expunges on hold it still has the rows that are gone.
  [[nodiscard]] const mailstore::VersionPtr& shown() const { return shown_; }
  // The newest version that was told, and whether some of its expunges are on hold.
  [[nodiscard]] const mailstore::VersionPtr& newest() const { return newest_; }
  [[nodiscard]] bool holds_expunges() const { return shown_ != newest_; }
  // RFC 7162 §6: the highest MODSEQ from which the client misses nothing when it comes back. While
  // expunges are on hold, or changes of flags, it is what was told before the first of them.
  [[nodiscard]] ModSeq safe_modseq() const;

  // RFC 5465 §5.1: whether tell() sends changed flags. What was held back comes with the first
  // tell() that may.
  void set_flags(Flags flags) { flags_ = flags; }
  [[nodiscard]] bool holds_flags() const { return flags_held_since_.has_value(); }
  [[nodiscard]] bool owes_flags() const { return flags_ == Flags::kTell && holds_flags(); }

  // The UIDs between the last call (at first: the opening) and the newest version that was told.
  UidSet take_arrivals();

  // \Recent (rev1): claims what arrived since and is new to all sessions.
  void claim_recent();
  [[nodiscard]] bool is_recent(Uid uid) const { return recent_.contains(uid); }
  [[nodiscard]] const UidSet& recent() const { return recent_; }
  [[nodiscard]] std::uint32_t recent_count() const;

  // Moves to `newest` and tells the client: EXPUNGE or VANISHED (unless on hold), EXISTS, RECENT,
  // and FETCH for changed rows other than `skip` (the caller tells those). False when the peer is
  // gone.
  task<bool> tell(Output& out, mailstore::VersionPtr newest, Expunges expunges,
                  const Enabled& enabled, const UidSet* skip = nullptr);

  // "* FLAGS (...)" for the shown version.
  void append_flags_response(std::string& out) const;
  void append_flag_list(std::string& out) const;  // "\Answered ... $Forwarded", without parentheses

  // "* n FETCH (UID u FLAGS (...) MODSEQ (m))": what tell() sends for one changed row.
  void append_update(std::string& out, const mailstore::MailboxVersion::MessageRef& message,
                     const Enabled& enabled);
  void append_flags(std::string& out, const mailstore::MailboxVersion::MessageRef& message,
                    const Enabled& enabled);

 private:
  task<bool> tell_expunged(Output& out, const mailstore::Delta& delta, const Enabled& enabled);
  task<bool> tell_held_flags(Output& out, const Enabled& enabled, const UidSet* skip);

  MailboxHandle handle_;
  Access access_;
  mailstore::VersionPtr shown_;
  mailstore::VersionPtr newest_;
  ModSeq safe_modseq_;  // of use while expunges are on hold
  Flags flags_ = Flags::kTell;
  std::optional<ModSeq> flags_held_since_;  // rows with a greater MODSEQ may be untold
  Uid arrivals_from_;
  UidSet recent_;
  FlagText flag_text_;
};

// Walks the rows of `uids` in a version, in UID order, some at a time; it may change version
// between two takes as long as no row before the last one taken moved.
class RowCursor {
 public:
  explicit RowCursor(const UidSet& uids) : uids_(uids) {}  // outlives the cursor
  // Up to `limit` next rows; empty at the end. They live as long as `version`.
  [[nodiscard]] std::vector<mailstore::MailboxVersion::MessageRef> take(
      const mailstore::MailboxVersion& version, std::size_t limit);

 private:
  const UidSet& uids_;
  std::size_t interval_ = 0;
  std::uint64_t next_ = 1;  // least UID not yet looked at
};

}  // namespace postern::session
