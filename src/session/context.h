// Context: what the command handlers of one session share. One owner, one coroutine at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "base/task.h"
#include "imap/command.h"
#include "session/command_table.h"
#include "session/compressed_transport.h"
#include "session/input.h"
#include "session/metadata_view.h"
#include "session/notify.h"
#include "session/open.h"
#include "session/output.h"
#include "session/registry.h"
#include "session/reply.h"
#include "session/search_update.h"
#include "session/services.h"
#include "session/view.h"

namespace postern::session {

// Fairness: a long command gives the thread away after about a millisecond of its own work.
class Pace {
 public:
  explicit Pace(Clock& clock) : clock_(clock), last_(clock.now()) {}
  // Looks at the clock every few calls only.
  [[nodiscard]] bool due() { return ++calls_ % 32 == 0 && due_now(); }
  // For steps that cost much each: looks every time.
  [[nodiscard]] bool due_now() const {
    return clock_.now() - last_ >= std::chrono::milliseconds(1);
  }
  task<void> yield() {
    co_await Yield{};
    last_ = clock_.now();
  }

 private:
  Clock& clock_;
  TimePoint last_;
  unsigned calls_ = 0;
};

struct Context {
  Context(Services& the_services, Transport& the_transport);

  Services& services;
  // Shared: a reload of the configuration does not change a session that runs.
  const std::shared_ptr<const Settings> settings;
  Transport& transport;  // of the connection, below any compression
  const EntryPtr entry;
  Output out;
  Input in;
  Pace pace;

  State state = State::kNotAuthenticated;
  Enabled enabled;
  Principal principal;         // set from kAuthenticated on
  std::unique_ptr<View> view;  // set in kSelected only
  UidSet saved_result;         // RFC 5182 "$" of the selected mailbox
  MetadataView metadata;       // runs once METADATA or METADATA-SERVER is enabled

  bool compress_next = false;    // COMPRESS was answered OK, which goes out uncompressed
  bool uncompress_next = false;  // UNAUTHENTICATE was answered OK, which goes out compressed
  std::unique_ptr<CompressedTransport> compressed;  // between `transport` and in, out; else null
  Notify notify;

  // RFC 10022 §3.1.1: what UIDBATCHES answered last in the selected mailbox.
  struct AnsweredBatches {
    imap::UidBatchesArgs args;
    mailstore::MailboxCounts counts;  // of the mailbox then
  };
  std::optional<AnsweredBatches> answered_batches;
  SearchUpdates updates;  // RFC 5267 §4.3, of the selected mailbox

  std::string client_name;   // IMAP ID, for the log
  std::string last_mailbox;  // selected last, for the log
  unsigned rejected_passwords = 0;
  TimePoint started;
  TimePoint login_due;  // while not authenticated

  // The session ends after the current reply: "* BYE text" is sent, `reason` is logged.
  void close_with(std::string_view bye_text, std::string_view reason);
  [[nodiscard]] bool closing() const { return !end_reason.empty(); }
  std::string bye;              // text; empty: close without a word
  std::string_view end_reason;  // a literal
  bool closed_by_peer = false;

  [[nodiscard]] const mailstore::MailboxVersion& shown() const { return *view->shown(); }
  [[nodiscard]] mailstore::Account& account() const { return *principal.account; }
  [[nodiscard]] imap::ParseMode parse_mode() const {
    return {enabled.utf8_names(), state != State::kNotAuthenticated};
  }

  // Sends what waits, and compresses from there on; or no more (RFC 8437 §4.1).
  task<void> start_compression();
  task<void> end_compression();

  // Leaves the selected state.
  void unselect();
  // Leaves the authenticated state: everything the client did since its login is undone (RFC 8437
  // §4.1). What a capability adds to the state of a session is reset here.
  void unauthenticate();

  // Moves the view to the newest version and tells the client. A mailbox that was deleted, or an
  // account that is gone, ends the session with BYE. False when the session must end.
  task<bool> sync(View::Expunges expunges, const UidSet* skip = nullptr);
  // Tells what others changed in the metadata, once that is enabled. False when the session must
  // end.
  task<bool> sync_metadata();
  // View::tell, and with it what changes in the results that are kept up to date. The only way to
  // move the view.
  task<bool> tell(mailstore::VersionPtr newest, View::Expunges expunges,
                  const UidSet* skip = nullptr);
  // Before a UID command: what arrived must be found, so the view learns of it first.
  task<bool> sync_arrivals();
  // The same as sync() as far as the client wants to know of the selected mailbox without asking
  // for something that needs it (RFC 5465 §3.1).
  task<bool> sync_wanted(View::Expunges expunges);
  // Tells all that NOTIFY asked for and that waits (notify.cc), and calls sync_wanted(). For the
  // time between commands, and for IDLE.
  task<bool> tell_changes(View::Expunges expunges);

  // A command of this session changed messages of `mailbox`, in one change; `arrived` are those it
  // put there. Once it is done, so that NOTIFY does not tell the client what it did itself.
  void made(MailboxId mailbox, const UidSet& arrived = {});
  // After the rules of NOTIFY or the selected mailbox changed.
  void apply_notify();

  // RFC 7162 §3.1: the first CONDSTORE enabling command; tells HIGHESTMODSEQ when a mailbox is
  // selected.
  void enable_condstore();

  // RFC 7162 §6: told before each tagged answer while a VANISHED is on hold. The client would
  // otherwise resume from the highest MODSEQ of a FETCH and never learn of it.
  void append_held_modseq();

  // The rows a command names, as UIDs. A sequence number beyond EXISTS is BAD (RFC 9051 §9
  // seq-number); UIDs that are not there are simply absent.
  [[nodiscard]] std::expected<UidSet, Reply> resolve(const imap::NumberSet& set,
                                                     imap::Addressing by) const;

 private:
  void expect_login();                        // the bounds of a stranger
  void append_modseq(std::string_view text);  // of the view
  // RFC 5464 §4.4, RFC 5465 §5.6 and §5.7; null: the server's.
  [[nodiscard]] bool wants_metadata(const mailstore::Folder* folder) const;
  // Closes the session when the selected mailbox is gone.
  [[nodiscard]] std::optional<mailstore::MailboxCounts> selected_counts();
  task<bool> tell_arrivals();
};

}  // namespace postern::session
