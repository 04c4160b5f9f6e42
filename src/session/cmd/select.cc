// SELECT, EXAMINE, CLOSE, UNSELECT (RFC 9051 §6.3.2, CONDSTORE and QRESYNC of RFC 7162,
// MAILBOXID of RFC 8474).
#include <utility>

#include "imap/encoder.h"
#include "mailstore/object_id.h"
#include "session/handlers.h"

namespace postern::session {
namespace {

using mailstore::MailboxVersion;

void ok_code(std::string& out, std::string_view name, std::uint64_t value, std::string_view text) {
  out += "* OK [";
  out += name;
  out += ' ';
  imap::append_number(out, value);
  out += "] ";
  out += text;
  out += "\r\n";
}

void append_mailbox_state(Context& context, std::string_view sent) {
  std::string& out = context.out.buffer();
  View& view = *context.view;
  const MailboxVersion& shown = context.shown();
  const mailstore::MailboxCounts& counts = shown.counts();
  view.append_flags_response(out);
  out += "* OK [PERMANENTFLAGS (";
  if (!view.read_only()) {
    view.append_flag_list(out);
    // RFC 9051 §7.1: "\\*" promises that a new keyword can be created.
    if (shown.keywords().size() < mailstore::kMaxKeywords) out += " \\*";
  }
  out += ")] Flags that are kept.\r\n* ";
  imap::append_number(out, shown.exists());
  out += " EXISTS\r\n";
  if (!context.enabled.rev2) {
    // RFC 9051 Appendix E 11, 12: RECENT and UNSEEN are for IMAP4rev1 only.
    view.claim_recent();
    out += "* ";
    imap::append_number(out, view.recent_count());
    out += " RECENT\r\n";
    // RFC 9586 §3: once UIDONLY is enabled no sequence number is sent.
    const auto unseen = context.enabled.uid_only ? std::nullopt : shown.first_unseen();
    if (unseen) ok_code(out, "UNSEEN", unseen->value(), "First unseen.");
  }
  ok_code(out, "UIDVALIDITY", shown.uid_validity().value(), "UIDs are valid.");
  ok_code(out, "UIDNEXT", counts.uid_next.value(), "Predicted next UID.");
  ok_code(out, "HIGHESTMODSEQ", counts.highest_modseq.value(), "Highest mod-sequence.");
  out += "* OK [MAILBOXID (";
  out += mailstore::mailbox_object_id(view.handle().account->id(), view.handle().id);
  out += ")] The mailbox's id.\r\n";
  if (context.enabled.rev2) {
    // RFC 9051 §6.3.2: the LIST response is required, and in it OLDNAME.
    const auto folders = context.account().folders();
    if (const auto* folder = folders->find(view.handle().id))
      append_list_line(context, *folders, *folder, sent);
  }
}

// RFC 7162 §3.2.5.2: the highest UID up to which the client and we count the same messages. Nothing
// was expunged below it: UIDs are never inserted, so the same number at the same UID means the same
// set.
std::uint32_t agreed_up_to(const imap::QresyncParam& param, const MailboxVersion& shown) {
  if (!param.known_seqs || !param.matching_uids) return 0;
  const SeqSet seqs = param.known_seqs->resolve<SeqNum>(0);
  const UidSet uids = param.matching_uids->resolve<Uid>(0);
  auto seq_at = seqs.intervals().begin();
  auto uid_at = uids.intervals().begin();
  std::uint32_t seq = seq_at == seqs.intervals().end() ? 0 : seq_at->first;
  std::uint32_t uid = uid_at == uids.intervals().end() ? 0 : uid_at->first;
  std::uint32_t agreed = 0;
  while (seq_at != seqs.intervals().end() && uid_at != uids.intervals().end() &&
         seq <= shown.exists()) {
    const auto message = shown.by_seq(SeqNum(seq));
    if (!message || message->row->uid.value() != uid) break;
    agreed = uid;
    if (seq == seq_at->last) {
      if (++seq_at != seqs.intervals().end()) seq = seq_at->first;
    } else {
      ++seq;
    }
    if (uid == uid_at->last) {
      if (++uid_at != uids.intervals().end()) uid = uid_at->first;
    } else {
      ++uid;
    }
  }
  return agreed;
}

task<bool> resynchronise(Context& context, const imap::QresyncParam& param) {
  const mailstore::VersionPtr shown = context.view->shown();
  // RFC 7162 §3.2.5: another UIDVALIDITY means the client's cache is worthless; nothing is sent.
  if (param.uid_validity != shown->uid_validity().value()) co_return true;
  const UidSet known = param.known_uids ? param.known_uids->resolve<Uid>(shown->last_uid().value())
                                        : UidSet::range(1, UINT32_MAX);
  UidSet vanished = context.account()
                        .vanished_since(context.view->handle().id, ModSeq(param.mod_seq), shown)
                        .intersect(known);
  const std::uint32_t agreed = agreed_up_to(param, *shown);
  if (agreed != 0) vanished = vanished.subtract(UidSet::range(1, agreed));
  if (!vanished.empty()) {
    context.out.append("* VANISHED (EARLIER) ");
    if (!co_await context.out.write(vanished.to_string())) co_return false;
    context.out.append("\r\n");
  }
  RowCursor cursor(known);
  while (true) {
    const auto rows = cursor.take(*shown, 512);
    if (rows.empty()) co_return true;
    for (const auto& row : rows) {
      if (row.row->modseq.value() > param.mod_seq) {
        context.view->append_update(context.out.buffer(), row, context.enabled);
      }
    }
    if (context.out.full() && !co_await context.out.flush()) co_return false;
    if (context.pace.due()) co_await context.pace.yield();
  }
}

}  // namespace

task<Reply> do_select(Context& context, const imap::SelectArgs& args, View::Access access) {
  if (args.qresync && !context.enabled.qresync) {
    co_return Reply::client_bug("ENABLE QRESYNC comes before its use.");  // RFC 7162 §3.2.5
  }
  if (args.qresync && args.qresync->known_seqs && context.enabled.uid_only) {
    // RFC 9586 §3.7.
    co_return Reply{Reply::Status::kBad, "UIDREQUIRED", "UIDONLY takes no known sequence numbers."};
  }
  if (context.view != nullptr) {
    // RFC 9051 §7.1 CLOSED. A SELECT that fails leaves no mailbox selected.
    context.unselect();
    context.out.append("* OK [CLOSED] The previous mailbox is closed.\r\n");
  }
  auto handle = open_mailbox(context.principal, args.mailbox, Right::kRead);
  if (!handle) co_return reply_for(handle.error());
  auto version = co_await context.account().version(handle->id);
  if (!version) co_return reply_for(version.error());
  if (args.condstore || args.qresync) context.enable_condstore();

  context.last_mailbox = handle->name;
  context.services.registry.set_mailbox(context.entry, handle->name);
  context.view = std::make_unique<View>(std::move(*handle), std::move(*version), access);
  context.state = State::kSelected;
  context.saved_result = {};
  context.answered_batches.reset();
  context.apply_notify();
  append_mailbox_state(context, args.mailbox);
  if (args.qresync) static_cast<void>(co_await resynchronise(context, *args.qresync));
  co_return access == View::Access::kReadOnly ? Reply::okay("READ-ONLY", "EXAMINE completed.")
                                              : Reply::okay("READ-WRITE", "SELECT completed.");
}

task<Reply> do_close(Context& context) {
  const MailboxHandle handle = context.view->handle();
  const bool read_only = context.view->read_only();
  context.unselect();
  if (!read_only) {
    // RFC 9051 §6.4.1: expunges without telling. What fails stays, and the mailbox is closed all
    // the same.
    const auto done = co_await context.account().expunge(handle.id, std::nullopt);
    if (done && !done->uids.empty()) context.made(handle.id);
    if (!done && done.error().code != Errc::kNotFound) {
      co_return Reply{
          Reply::Status::kOk, {}, "CLOSE completed; the deleted messages are still there."};
    }
  }
  co_return Reply::okay("CLOSE completed.");
}

task<Reply> do_unselect(Context& context) {
  context.unselect();
  co_return Reply::okay("UNSELECT completed.");
}

}  // namespace postern::session
