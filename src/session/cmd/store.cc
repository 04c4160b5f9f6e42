// STORE and UID STORE (RFC 9051 §6.4.6), with UNCHANGEDSINCE (RFC 7162 §3.1.3).
#include <bitset>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "imap/encoder.h"
#include "session/flag_names.h"
#include "session/handlers.h"

namespace postern::session {
namespace {

using mailstore::MailboxVersion;

mailstore::FlagMode mode_of(imap::StoreMode mode) {
  switch (mode) {
    case imap::StoreMode::kReplace:
      return mailstore::FlagMode::kReplace;
    case imap::StoreMode::kAdd:
      return mailstore::FlagMode::kAdd;
    case imap::StoreMode::kRemove:
      break;
  }
  return mailstore::FlagMode::kRemove;
}

// What a client that sent .SILENT believes the flags to be now: its change over what it was shown.
// Keywords are compared by bit: the table only grows within a mailbox's life.
class Expectation {
 public:
  Expectation(const mailstore::FlagChange& change, const std::vector<std::string>& keywords)
      : mode_(change.mode), system_(change.system) {
    for (const std::string& wanted : change.keywords) {
      for (std::size_t i = 0; i < keywords.size(); ++i) {
        if (iequals(keywords[i], wanted)) keywords_.set(i);
      }
    }
  }
  [[nodiscard]] bool met(mailstore::FlagSet before, const mailstore::FlagSet& after) const {
    switch (mode_) {
      case mailstore::FlagMode::kReplace:
        before.system = system_;
        before.keywords = keywords_;
        break;
      case mailstore::FlagMode::kAdd:
        before.system = static_cast<std::uint8_t>(before.system | system_);
        before.keywords |= keywords_;
        break;
      case mailstore::FlagMode::kRemove:
        before.system = static_cast<std::uint8_t>(before.system & ~system_);
        before.keywords &= ~keywords_;
        break;
    }
    return before == after;
  }

 private:
  mailstore::FlagMode mode_;
  std::uint8_t system_;
  std::bitset<mailstore::kMaxKeywords> keywords_;
};

struct Telling {
  bool with_uid;     // UID STORE, or the session wants UIDs in updates
  bool always;       // not .SILENT: every row the command named
  bool with_modseq;  // RFC 7162 §3.1.3: told even when .SILENT
};

void append_row(Context& context, const MailboxVersion::MessageRef& row, const Telling& telling,
                bool flags) {
  std::string& out = context.out.buffer();
  append_fetch_head(out, row, context.enabled);
  const std::size_t start = out.size();
  const auto space = [&] {
    if (out.size() != start) out += ' ';
  };
  if (telling.with_uid) {
    out += "UID ";
    imap::append_number(out, row.row->uid.value());
  }
  if (flags) {
    space();
    context.view->append_flags(out, row, context.enabled);
  }
  if (telling.with_modseq) {
    space();
    out += "MODSEQ (";
    imap::append_number(out, row.row->modseq.value());
    out += ')';
  }
  out += ")\r\n";
}

// Tells the rows the command changed. `before` is what the client was shown when it wrote the
// command.
task<bool> tell_rows(Context& context, const MailboxVersion& before, const UidSet& uids,
                     const Telling& telling, const Expectation& expected) {
  const mailstore::VersionPtr shown = context.view->shown();
  RowCursor cursor(uids);
  while (true) {
    const auto rows = cursor.take(*shown, 512);
    if (rows.empty()) co_return true;
    for (const auto& row : rows) {
      bool flags = telling.always;
      if (!flags) {
        const auto old = before.by_uid(row.row->uid);
        flags = !old || !expected.met(old->flags(), row.flags());
      }
      if (flags || telling.with_modseq) append_row(context, row, telling, flags);
      if (context.out.full() && !co_await context.out.flush()) co_return false;
      if (context.pace.due()) co_await context.pace.yield();
    }
  }
}

std::string modified_code(Context& context, const UidSet& failed, imap::Addressing by) {
  std::string code = "MODIFIED ";
  if (by == imap::Addressing::kUid) return code + failed.to_string();
  SeqSet seqs;
  context.shown().visit_uids(failed, [&](const MailboxVersion::MessageRef& row) {
    seqs.add(row.seq);
    return true;
  });
  return code + seqs.to_string();
}

}  // namespace

task<Reply> do_store(Context& context, const imap::StoreArgs& args) {
  if (context.view->read_only()) co_return reply_for(Error{Errc::kReadOnly, {}, {}});
  auto names = sort_flags(args.flags);
  if (!names) co_return reply_for(names.error());
  if (args.unchanged_since) context.enable_condstore();
  if (args.by == imap::Addressing::kUid && !co_await context.sync_arrivals())
    co_return Reply::okay("STORE ended.");
  auto uids = context.resolve(args.set, args.by);
  if (!uids) co_return std::move(uids.error());

  const mailstore::VersionPtr before = context.view->shown();
  const mailstore::FlagChange change{mode_of(args.mode), names->system, std::move(names->keywords)};
  std::optional<ModSeq> unchanged_since;
  if (args.unchanged_since) unchanged_since = ModSeq(*args.unchanged_since);
  const auto stored =
      co_await context.account().store(context.view->handle().id, *uids, change, unchanged_since);
  if (!stored) co_return reply_for(stored.error());

  if (stored->after != nullptr &&
      !co_await context.tell(stored->after, View::Expunges::kHold, &stored->modified)) {
    co_return Reply::okay("STORE ended.");
  }
  const bool with_uid = !context.enabled.uid_only &&
                        (args.by == imap::Addressing::kUid || context.enabled.uid_in_updates());
  const Telling telling{with_uid, !args.silent, context.enabled.condstore};
  const Expectation expected(change, context.shown().keywords());
  if (!co_await tell_rows(context, *before, stored->modified, telling, expected))
    co_return Reply::okay("STORE ended.");

  if (!stored->failed.empty()) {
    co_return Reply::okay(modified_code(context, stored->failed, args.by),
                          "Conditional STORE failed for some.");
  }
  // RFC 2180 §4.2: rows that another session expunged could not be changed. By UID they are just
  // absent.
  if (args.by == imap::Addressing::kSequence && stored->modified.count() < uids->count() &&
      context.view->holds_expunges()) {
    co_return reply_for(Error{Errc::kExpunged, {}, {}});
  }
  co_return Reply::okay("STORE completed.");
}

}  // namespace postern::session
