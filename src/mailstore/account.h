// Account: one account's mailboxes and messages; the unit of atomicity, owned by one writer.
//
// Loaded on first use and shared by its sessions (shared_ptr: sessions live on several threads).
// All methods may be called from any thread. A change is computed in memory under a short lock,
// committed to the engine, and only after its flush published to readers and answered; the lock is
// never held across a suspension. Every change of a mailbox gives all rows it touches one new
// MODSEQ.
//
// After kUnknownOutcome or kNotOwner the account is dead: every later call fails with kUnavailable,
// and MailStore loads a fresh one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/interval_set.h"
#include "base/result.h"
#include "base/signal.h"
#include "base/task.h"
#include "mailstore/change_feed.h"
#include "mailstore/flags.h"
#include "mailstore/folders.h"
#include "mailstore/metadata.h"
#include "mailstore/version.h"
#include "mime/message.h"

namespace postern::mailstore {

// A message whose bytes are staged in the engine but not visible: move it into append().
class StagedMessage {
 public:
  struct Impl;
  explicit StagedMessage(std::unique_ptr<Impl> impl);
  ~StagedMessage();
  StagedMessage(StagedMessage&&) noexcept;
  StagedMessage& operator=(StagedMessage&&) noexcept;
  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] bool has_attachment() const;  // mime/attachment.h
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// Streams a message in: encrypts into the engine and runs the MIME pass over the same bytes.
class MessageWriter {
 public:
  virtual ~MessageWriter() = default;  // without finish(): nothing remains
  virtual task<Result<void>> append(std::string_view bytes) = 0;
  virtual task<Result<StagedMessage>> finish() = 0;
};

struct NewMessage {
  StagedMessage staged;
  std::uint8_t system_flags = 0;
  std::vector<std::string> keywords;
  std::int64_t internal_date = 0;
  std::int16_t zone_minutes = 0;
};

struct AppendResult {
  UidValidity uid_validity;
  UidSet uids;  // ascending, in the order given
  ModSeq modseq;
};
struct StoreResult {
  UidSet modified;   // rows that satisfied UNCHANGEDSINCE and exist (changed or not)
  UidSet failed;     // rows refused by UNCHANGEDSINCE
  ModSeq modseq;     // of the rows that changed; 0 when none did
  VersionPtr after;  // holds the change
};
struct ExpungeResult {
  UidSet uids;
  ModSeq modseq;  // 0 when nothing was expunged
};
struct CopyResult {
  UidValidity uid_validity;  // of the target
  UidSet from, to;           // pairs in order; empty when nothing was there to copy
};
// Pairs in order need the sets to ascend together: they do, because copies get ascending UIDs.

struct StoredMessage {
  std::uint64_t size = 0;
  mime::MessageInfo info;
};

// The most that an account may hold; 0 = no limit. A lower limit than what is there takes nothing
// away and refuses what would add to it.
struct Quota {
  // A number alone is a limit of bytes.
  Quota(std::uint64_t the_bytes = 0, std::uint64_t the_messages = 0,
        std::uint64_t the_mailboxes = 0)
      : bytes(the_bytes), messages(the_messages), mailboxes(the_mailboxes) {}

  std::uint64_t bytes;  // sum of the messages' sizes
  std::uint64_t messages;
  std::uint64_t mailboxes;
  friend bool operator==(const Quota&, const Quota&) = default;
};

// Keeps `signal` raised on every change while it lives.
class Watch {
 public:
  Watch() = default;
  explicit Watch(std::shared_ptr<void> registration) : registration_(std::move(registration)) {}

 private:
  std::shared_ptr<void> registration_;
};

class Account {
 public:
  virtual ~Account() = default;

  [[nodiscard]] virtual AccountId id() const = 0;

  // -- names ------------------------------------------------------------------------------------
  [[nodiscard]] virtual FoldersPtr folders() const = 0;
  // Missing parents are created as mailboxes. kAlreadyExists, kInvalid, kLimit, kOverQuota;
  // kAlreadyExists also when another mailbox has the special use.
  virtual task<Result<MailboxId>> create(std::string name, SpecialUse use) = 0;
  // A parent with children stays as a \NonExistent name. The metadata goes with the mailbox. INBOX:
  // kCannot. Absent: kNotFound.
  virtual task<Result<void>> remove(std::string name) = 0;
  // With children, and missing parents of `to`. INBOX: moves its messages to a new mailbox and
  // stays (RFC 9051 §6.3.6). kNotFound, kAlreadyExists (also for a child), kLimit, kOverQuota;
  // kCannot to a place below itself. The old name stays subscribed and the new one gets the
  // subscription.
  virtual task<Result<void>> rename(std::string from, std::string to) = 0;
  // SUBSCRIBE of an absent name: kNotFound. UNSUBSCRIBE of an unsubscribed one is fine.
  virtual task<Result<void>> subscribe(std::string name, bool on) = 0;

  // -- mailboxes --------------------------------------------------------------------------------
  // From the hot header; loads no rows. kNotFound; kCorrupt when the header is damaged.
  [[nodiscard]] virtual Result<MailboxCounts> status(MailboxId mailbox) const = 0;
  // The newest durable version; loads the rows on first use.
  virtual task<Result<VersionPtr>> version(MailboxId mailbox) = 0;
  // The newest version if the rows are loaded, else null. No I/O.
  [[nodiscard]] virtual VersionPtr loaded_version(MailboxId mailbox) const = 0;
  // UIDs expunged after `since` and not after `at`. May name UIDs that never existed when the
  // history was cut; never one that is in `at` (RFC 7162 §3.2.6).
  [[nodiscard]] virtual UidSet vanished_since(MailboxId mailbox, ModSeq since,
                                              const VersionPtr& at) const = 0;
  // \Recent watermark: messages with UID >= the result are recent for the caller; moved to UIDNEXT
  // unless `peek` (EXAMINE). Not flushed.
  virtual Uid claim_recent(MailboxId mailbox, bool peek) = 0;

  // -- messages ---------------------------------------------------------------------------------
  virtual Result<std::unique_ptr<MessageWriter>> begin_message(std::uint64_t size_hint) = 0;
  // All or none. kTryCreate when the mailbox is gone, kOverQuota, kLimit (keywords), kFull.
  virtual task<Result<AppendResult>> append(MailboxId mailbox,
                                            std::vector<NewMessage> messages) = 0;
  virtual task<Result<StoreResult>> store(MailboxId mailbox, UidSet uids, FlagChange change,
                                          std::optional<ModSeq> unchanged_since) = 0;
  // Removes messages with \Deleted, of `uids` if given.
  virtual task<Result<ExpungeResult>> expunge(MailboxId mailbox, std::optional<UidSet> uids) = 0;
  // UIDs that are not there are skipped. MOVE is one commit.
  virtual task<Result<CopyResult>> copy(MailboxId from, UidSet uids, MailboxId to) = 0;
  virtual task<Result<CopyResult>> move(MailboxId from, UidSet uids, MailboxId to) = 0;

  // -- reading ----------------------------------------------------------------------------------
  // Structure records, in the order asked. A damaged or missing record is rebuilt from the body;
  // kCorrupt only where the body fails too. kExpunged when the message was freed: a while after
  // its last row went.
  virtual task<Result<std::vector<StoredMessage>>> read_info(std::vector<EmailId> emails) = 0;
  // Plain bytes of the message, at most `length` from `offset`; fewer only at its end. kExpunged.
  virtual task<Result<std::string>> read_body(EmailId email, std::uint64_t offset,
                                              std::size_t length) = 0;

  // -- metadata ---------------------------------------------------------------------------------
  // All that is durable, of one moment. No I/O.
  [[nodiscard]] virtual MetadataPtr metadata() const = 0;
  // All of the changes or none, in their order; of kServerMetadata or a mailbox. kNotFound; kTooBig
  // for a value, kLimit for too many.
  virtual task<Result<void>> set_metadata(MailboxId mailbox,
                                          std::vector<MetadataChange> changes) = 0;

  // -- change -----------------------------------------------------------------------------------
  // Raises `signal` after every published change of `mailbox`, its deletion included, and when the
  // account dies. kServerMetadata: after every change of metadata, of whatever mailbox. The signal
  // outlives the Watch.
  [[nodiscard]] virtual Watch watch(MailboxId mailbox, Signal& signal) = 0;
  // Adds every change of messages, names, subscriptions and metadata that is published from now on
  // to `feed`, in the order of publishing; a change is in the feed before its command is answered.
  // The feed outlives the Watch.
  [[nodiscard]] virtual Watch follow(ChangeFeed& feed) = 0;

  // -- quota ------------------------------------------------------------------------------------
  struct Usage {
    std::uint64_t bytes = 0;
    std::uint64_t messages = 0;
    std::uint64_t mailboxes = 0;
    Quota limit;
    // Whether so much more stays within the limits.
    [[nodiscard]] bool fits(std::uint64_t more_bytes, std::uint64_t more_messages) const {
      return within(bytes, more_bytes, limit.bytes) &&
             within(messages, more_messages, limit.messages);
    }
    [[nodiscard]] static bool within(std::uint64_t used, std::uint64_t more, std::uint64_t limit) {
      return limit == 0 || (more <= limit && used <= limit - more);
    }
  };
  // Exact: the sums over what is durable, of one moment.
  [[nodiscard]] virtual Usage usage() const = 0;
  virtual task<Result<void>> set_quota(Quota limit) = 0;
};

}  // namespace postern::mailstore
