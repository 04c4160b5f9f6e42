// FETCH and UID FETCH (RFC 9051 §6.4.5), CHANGEDSINCE and VANISHED (RFC 7162 §3.1.4, §3.2.6),
// EMAILID and THREADID (RFC 8474 §5.3), SAVEDATE (RFC 8514 §4.2), PREVIEW (RFC 8970), PARTIAL (RFC
// 9394 §3.3).
//
// Rows go out in batches: \Seen is set for a batch in one commit before its bytes leave, so a
// client that hangs up has not lost the unseen state of what it never got.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/quote.h"
#include "imap/encoder.h"
#include "mailstore/object_id.h"
#include "mime/rev1_structure.h"
#include "session/cmd/fetch_body.h"
#include "session/handlers.h"
#include "session/result_set.h"

namespace postern::session {
namespace {

using imap::FetchItem;
using mailstore::MailboxVersion;

// Rows a batch: as many as are cheap to hold with what is loaded for them.
constexpr std::size_t kRowBatch = 512;
// With structure records: as many as the last ones say fit kStructureBytes.
constexpr std::size_t kStructureBytes = 256 << 10;
constexpr std::size_t kFirstStructureBatch = 64;
constexpr std::size_t kLeastStructureBatch = 16;
constexpr std::size_t kSeenBatch = 16;

std::size_t memory_of(const mime::MessageInfo& info) {
  return info.envelope.size() + info.body.size() + info.body_structure.size() +
         info.hot_header.size() + info.preview.size() + info.parts.size() * sizeof(mime::PartInfo);
}

struct Plan {
  std::vector<imap::FetchAtt> items;
  bool structure = false;
  bool seen = false;    // some item sets \Seen, and the mailbox is open for writing
  bool flags = false;   // FLAGS was asked for
  bool modseq = false;  // MODSEQ goes out with every row
  std::uint64_t changed_since = 0;
};

Plan make_plan(Context& context, const imap::FetchArgs& args) {
  Plan plan;
  const auto has = [&](FetchItem item) {
    return std::any_of(args.items.begin(), args.items.end(),
                       [&](const auto& a) { return a.item == item; });
  };
  // RFC 9051 §6.4.9: a UID command's FETCH data always has the UID; apps like it first. UIDFETCH
  // begins with it (RFC 9586 §3.3).
  if (args.by == imap::Addressing::kUid && !has(FetchItem::kUid) && !context.enabled.uid_only) {
    plan.items.push_back({FetchItem::kUid, false, {}, {}});
  }
  plan.items.insert(plan.items.end(), args.items.begin(), args.items.end());
  // RFC 7162 §3.1.4.1: CHANGEDSINCE implies MODSEQ.
  if (args.changed_since && !has(FetchItem::kModSeq))
    plan.items.push_back({FetchItem::kModSeq, false, {}, {}});
  plan.modseq = has(FetchItem::kModSeq) || args.changed_since.has_value();
  plan.flags = has(FetchItem::kFlags);
  plan.changed_since = args.changed_since.value_or(0);
  plan.structure = std::any_of(plan.items.begin(), plan.items.end(), needs_structure);
  plan.seen =
      !context.view->read_only() && std::any_of(plan.items.begin(), plan.items.end(), sets_seen);
  return plan;
}

class Fetch {
 public:
  Fetch(Context& context, Plan plan) : context_(context), plan_(std::move(plan)) {}

  task<Reply> run(const UidSet& uids) {
    RowCursor cursor(uids);
    while (!context_.out.failed()) {
      // A session that is asked to close does not first finish what may take hours.
      if (context_.entry->close_reason() != CloseReason::kNone)
        co_return Reply::no("UNAVAILABLE", "FETCH ended early.");
      mailstore::VersionPtr version = context_.view->shown();
      auto rows = cursor.take(*version, batch());
      if (rows.empty()) break;
      if (plan_.changed_since != 0) {
        std::erase_if(
            rows, [&](const auto& row) { return row.row->modseq.value() <= plan_.changed_since; });
      }
      UidSet newly_seen;
      if (plan_.seen) {
        newly_seen = co_await set_seen(rows);
        if (!newly_seen.empty()) {
          // The same rows at the same numbers, in the version that has the flag.
          version = context_.view->shown();
          for (auto& row : rows) row = *version->by_seq(row.seq);
        }
      }
      co_await write_batch(rows, newly_seen);
    }
    if (unknown_encoding_)
      co_return Reply::no("UNKNOWN-CTE", "A part has an encoding the server does not know.");
    if (failure_) co_return reply_for(*failure_);
    co_return Reply::okay("FETCH completed.");
  }

 private:
  [[nodiscard]] std::size_t batch() const {
    return plan_.seen ? kSeenBatch : plan_.structure ? structure_batch_ : kRowBatch;
  }
  void adapt_batch(const std::vector<std::optional<mailstore::StoredMessage>>& stored) {
    std::size_t bytes = 1;
    for (const auto& message : stored) {
      if (message) bytes += memory_of(message->info);
    }
    structure_batch_ =
        std::clamp(stored.size() * kStructureBytes / bytes, kLeastStructureBatch, kRowBatch);
  }

  // Sets \Seen on those without it and moves the view along; returns the rows that have it new.
  task<UidSet> set_seen(const std::vector<MailboxVersion::MessageRef>& rows) {
    UidSet unseen;
    for (const auto& row : rows) {
      if ((row.flags().system & mailstore::kSeen) == 0) unseen.add(row.row->uid);
    }
    if (unseen.empty()) co_return unseen;
    const mailstore::FlagChange change{mailstore::FlagMode::kAdd, mailstore::kSeen, {}};
    const auto stored =
        co_await context_.account().store(context_.view->handle().id, unseen, change, std::nullopt);
    // Reading goes on where nothing can be written, a full disk for example.
    if (!stored || stored->after == nullptr) co_return UidSet();
    const UidSet changed = stored->modified;
    static_cast<void>(co_await context_.tell(stored->after, View::Expunges::kHold, &changed));
    co_return changed;
  }

  task<void> write_batch(const std::vector<MailboxVersion::MessageRef>& rows,
                         const UidSet& newly_seen) {
    std::vector<std::optional<mailstore::StoredMessage>> stored;
    if (plan_.structure) {
      stored = co_await load(rows);
      adapt_batch(stored);
    }
    for (std::size_t i = 0; i < rows.size() && !context_.out.failed(); ++i) {
      const FetchSource source{rows[i], plan_.structure && stored[i] ? &*stored[i] : nullptr};
      co_await write_row(source, newly_seen.contains(rows[i].row->uid));
      if (context_.out.full()) static_cast<void>(co_await context_.out.flush());
      if (context_.pace.due()) co_await context_.pace.yield();
    }
  }

  // Structures of a batch; where one cannot be read, the others are.
  task<std::vector<std::optional<mailstore::StoredMessage>>> load(
      const std::vector<MailboxVersion::MessageRef>& rows) {
    std::vector<std::optional<mailstore::StoredMessage>> result(rows.size());
    std::vector<EmailId> emails;
    for (const auto& row : rows) emails.push_back(row.row->email);
    if (emails.empty()) co_return result;
    auto all = co_await context_.account().read_info(emails);
    if (all && all->size() == rows.size()) {
      for (std::size_t i = 0; i < rows.size(); ++i) result[i] = std::move((*all)[i]);
      co_return result;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::vector<EmailId> alone;
      alone.push_back(emails[i]);
      auto one = co_await context_.account().read_info(std::move(alone));
      if (one && one->size() == 1) {
        result[i] = std::move(one->front());
      } else {
        note(rows[i], one ? Error{Errc::kInternal, "read_info gave nothing", {}} : one.error());
      }
    }
    co_return result;
  }

  // The message of a row that is kept although it was expunged may be gone: that is no damage.
  void note(const MailboxVersion::MessageRef& row, Error error) {
    if (!context_.view->newest()->by_uid(row.row->uid)) error.code = Errc::kExpunged;
    if (!failure_) failure_ = std::move(error);
  }

  task<void> write_row(const FetchSource& source, bool newly_seen) {
    Output& out = context_.out;
    append_fetch_head(out.buffer(), source.row, context_.enabled);
    bool first = true;
    const auto space = [&] {
      if (!std::exchange(first, false)) out.append(" ");
    };
    for (const imap::FetchAtt& item : plan_.items) {
      if (reads_bytes(item)) {
        space();
        const Result<void> written = co_await write_body_item(context_, source, item);
        if (!written) note_item(source.row, item, written.error());
        if (out.failed()) co_return;
        continue;
      }
      if (needs_structure(item)) {
        // ENVELOPE and BODYSTRUCTURE are never NIL: without a record they are left out.
        if (source.stored == nullptr && item.item != FetchItem::kPreview) continue;
        space();
        if (item.item == FetchItem::kPreview) {
          append_preview(item, source);
        } else if (item.item == FetchItem::kThreadId) {
          append_thread_id(source);
        } else if (!co_await write_structure(item, source.stored->info)) {
          co_return;
        }
        continue;
      }
      space();
      append_simple(item, source.row);
    }
    // RFC 9051 §6.4.5: a flag that the fetch itself set is told in its response.
    if (newly_seen && !plan_.flags) {
      space();
      context_.view->append_flags(out.buffer(), source.row, context_.enabled);
    }
    if (newly_seen && context_.enabled.condstore && !plan_.modseq) {
      space();
      append_simple({FetchItem::kModSeq, false, {}, {}}, source.row);
    }
    out.append(")\r\n");
  }

  void note_item(const MailboxVersion::MessageRef& row, const imap::FetchAtt& item,
                 const Error& error) {
    const bool binary = item.item == FetchItem::kBinary || item.item == FetchItem::kBinarySize;
    if (binary && error.code == Errc::kCannot) {
      unknown_encoding_ = true;
    } else {
      note(row, error);
    }
  }

  task<bool> write_structure(const imap::FetchAtt& item, const mime::MessageInfo& info) {
    switch (item.item) {
      case FetchItem::kEnvelope:
        context_.out.append("ENVELOPE ");
        co_return co_await context_.out.write(info.envelope);
      case FetchItem::kBody:
        context_.out.append("BODY ");
        co_return co_await write_parts(info.body);
      default:
        context_.out.append("BODYSTRUCTURE ");
        co_return co_await write_parts(info.body_structure);
    }
  }

  // The preview was made when the message came in and lies in its record, so LAZY (RFC 8970 §4.1)
  // changes nothing but what is said when there is no record: NIL, and without LAZY never NIL.
  void append_preview(const imap::FetchAtt& item, const FetchSource& source) {
    std::string& out = context_.out.buffer();
    out += "PREVIEW ";
    if (source.stored == nullptr) {
      out += item.lazy ? "NIL" : "\"\"";
    } else {
      append_string(out, source.stored->info.preview);
    }
  }

  void append_thread_id(const FetchSource& source) {
    std::string& out = context_.out.buffer();
    out += "THREADID (";
    out += mailstore::thread_object_id(account_id(), source.row.row->email, source.stored->info);
    out += ')';
  }

  [[nodiscard]] AccountId account_id() const { return context_.view->handle().account->id(); }

  task<bool> write_parts(std::string_view text) {
    if (!context_.enabled.rev2) {
      if (const auto older = mime::rev1_structure(text))
        co_return co_await context_.out.write(*older);
    }
    co_return co_await context_.out.write(text);
  }

  void append_simple(const imap::FetchAtt& item, const MailboxVersion::MessageRef& row) {
    std::string& out = context_.out.buffer();
    switch (item.item) {
      case FetchItem::kUid:
        out += "UID ";
        imap::append_number(out, row.row->uid.value());
        break;
      case FetchItem::kFlags:
        context_.view->append_flags(out, row, context_.enabled);
        break;
      case FetchItem::kInternalDate:
        out += "INTERNALDATE ";
        imap::append_date_time(out, {row.row->internal_date, row.row->zone_minutes});
        break;
      case FetchItem::kRfc822Size:
        out += "RFC822.SIZE ";
        imap::append_number(out, row.row->size);
        break;
      case FetchItem::kModSeq:
        out += "MODSEQ (";
        imap::append_number(out, row.row->modseq.value());
        out += ')';
        break;
      case FetchItem::kSaveDate:
        out += "SAVEDATE ";
        imap::append_date_time(out, {row.row->save_date, 0});
        break;
      case FetchItem::kEmailId:
        out += "EMAILID (";
        out += mailstore::email_object_id(account_id(), row.row->email);
        out += ')';
        break;
      default:
        break;
    }
  }

  Context& context_;
  Plan plan_;
  std::size_t structure_batch_ = kFirstStructureBatch;
  std::optional<Error> failure_;
  bool unknown_encoding_ = false;
};

task<bool> tell_vanished(Context& context, const UidSet& asked, std::uint64_t since) {
  const mailstore::VersionPtr shown = context.view->shown();
  const UidSet vanished = context.account()
                              .vanished_since(context.view->handle().id, ModSeq(since), shown)
                              .intersect(asked);
  if (vanished.empty()) co_return true;
  context.out.append("* VANISHED (EARLIER) ");
  const bool written = co_await context.out.write(vanished.to_string());
  context.out.append("\r\n");
  co_return written;
}

// RFC 9394 §3.3, §3.4: by position among the messages that are there, before CHANGEDSINCE chooses.
UidSet choose(const MailboxVersion& shown, const UidSet& asked, const imap::PartialRange& range) {
  UidSet there;
  shown.visit_uids(asked, [&there](const MailboxVersion::MessageRef& message) {
    there.add(message.row->uid);
    return true;
  });
  return slice(there, positions_of(range, there.count()));
}

}  // namespace

task<bool> fetch_arrivals(Context& context, UidSet uids) {
  imap::FetchArgs args;
  args.items = context.notify.selected().fetch;
  Plan plan = make_plan(context, args);
  plan.seen = false;
  Fetch fetch(context, std::move(plan));
  // What cannot be read of one message is left out; there is no tagged answer to say so in.
  static_cast<void>(co_await fetch.run(uids));
  co_return !context.out.failed();
}

task<Reply> do_fetch(Context& context, const imap::FetchArgs& args) {
  if (args.vanished) {
    // RFC 7162 §3.2.6: UID FETCH with CHANGEDSINCE, after ENABLE QRESYNC; anything else is BAD.
    if (!context.enabled.qresync)
      co_return Reply::client_bug("ENABLE QRESYNC comes before VANISHED.");
    if (args.by != imap::Addressing::kUid || !args.changed_since) {
      co_return Reply::bad("VANISHED belongs to UID FETCH with CHANGEDSINCE.");
    }
  }
  Plan plan = make_plan(context, args);
  if (plan.modseq) context.enable_condstore();
  if (args.by == imap::Addressing::kUid && !co_await context.sync_arrivals()) {
    co_return Reply::okay("FETCH ended.");
  }
  auto uids = context.resolve(args.set, args.by);
  if (!uids) co_return uids.error();
  if (args.vanished && !co_await tell_vanished(context, *uids, *args.changed_since)) {
    co_return Reply::okay("FETCH ended.");
  }
  if (args.partial_messages) *uids = choose(context.shown(), *uids, *args.partial_messages);
  Fetch fetch(context, std::move(plan));
  co_return co_await fetch.run(*uids);
}

}  // namespace postern::session
