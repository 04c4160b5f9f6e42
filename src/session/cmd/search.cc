// SEARCH and UID SEARCH (RFC 9051 §6.4.4; ESEARCH of RFC 4731, SEARCHRES of RFC 5182, MODSEQ of RFC
// 7162, RELEVANCY of RFC 6203).
#include "search/search.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/quote.h"
#include "imap/encoder.h"
#include "mime/decode.h"
#include "search/relevancy.h"
#include "session/handlers.h"
#include "session/progress.h"

namespace postern::session {
namespace {

using imap::ReturnOption;
using mailstore::MailboxVersion;

struct Wanted {
  bool min = false, max = false, all = false, count = false, save = false, relevancy = false;
  [[nodiscard]] bool any_data() const { return min || max || all || count || relevancy; }
};

Wanted wanted(const std::vector<ReturnOption>& options) {
  Wanted w;
  for (const ReturnOption option : options) {
    switch (option) {
      case ReturnOption::kMin:
        w.min = true;
        break;
      case ReturnOption::kMax:
        w.max = true;
        break;
      case ReturnOption::kAll:
        w.all = true;
        break;
      case ReturnOption::kCount:
        w.count = true;
        break;
      case ReturnOption::kSave:
        w.save = true;
        break;
      case ReturnOption::kRelevancy:
        w.relevancy = true;
        break;
    }
  }
  // RFC 4731 §3.1: RETURN () means ALL.
  if (options.empty()) w.all = true;
  return w;
}

std::uint32_t number_of(const MailboxVersion& shown, Uid uid, imap::Addressing by) {
  if (by == imap::Addressing::kUid) return uid.value();
  const auto row = shown.by_uid(uid);
  return row ? row->seq.value() : 0;
}

ModSeq highest(const MailboxVersion& shown, const UidSet& found) {
  ModSeq result;
  shown.visit_uids(found, [&](const MailboxVersion::MessageRef& row) {
    result = std::max(result, row.row->modseq);
    return true;
  });
  return result;
}

// RFC 7162 §3.1.5: the highest MODSEQ of what is returned; for MIN and MAX alone, of those two.
ModSeq reported_modseq(const MailboxVersion& shown, const search::SearchHits& found,
                       const Wanted& w) {
  if (w.all || w.count || (!w.min && !w.max)) return found.highest_modseq;
  UidSet ends;
  if (w.min) ends.add(found.uids.min());
  if (w.max) ends.add(found.uids.max());
  return highest(shown, ends);
}

task<void> write_search(Context& context, const imap::SearchArgs& args,
                        const search::SearchHits& found) {
  const mailstore::VersionPtr shown = context.view->shown();
  std::string& out = context.out.buffer();
  out += "* SEARCH";
  RowCursor cursor(found.uids);
  while (true) {
    const auto rows = cursor.take(*shown, 512);
    if (rows.empty()) break;
    for (const auto& row : rows) {
      out += ' ';
      imap::append_number(
          out, args.by == imap::Addressing::kUid ? row.row->uid.value() : row.seq.value());
    }
    if (context.out.full() && !co_await context.out.flush()) co_return;
  }
  // RFC 7162 §3.1.5: only when something was found.
  if (args.program.uses_modseq && !found.uids.empty()) {
    out += " (MODSEQ ";
    imap::append_number(out, found.highest_modseq.value());
    out += ')';
  }
  out += "\r\n";
}

task<void> write_esearch(Context& context, std::string_view tag, const imap::SearchArgs& args,
                         const search::SearchHits& hits, const Wanted& w,
                         const std::vector<std::uint8_t>& scores) {
  const UidSet& found = hits.uids;
  const mailstore::VersionPtr shown = context.view->shown();
  std::string& out = context.out.buffer();
  out += "* ESEARCH (TAG ";
  append_string(out, tag);
  out += ')';
  if (args.by == imap::Addressing::kUid) out += " UID";
  const auto number = [&](std::string_view name, std::uint64_t value) {
    out += ' ';
    out += name;
    out += ' ';
    imap::append_number(out, value);
  };
  // RFC 4731 §3.1: MIN, MAX and ALL are left out when nothing was found; COUNT never is.
  if (w.min && !found.empty()) number("MIN", number_of(*shown, found.min(), args.by));
  if (w.max && !found.empty()) number("MAX", number_of(*shown, found.max(), args.by));
  if (w.count) number("COUNT", found.count());
  if (args.program.uses_modseq && !found.empty())
    number("MODSEQ", reported_modseq(*shown, hits, w).value());
  if (w.all && !found.empty()) {
    out += " ALL ";
    if (!co_await context.out.write(args.by == imap::Addressing::kUid ? found.to_string()
                                                                      : hits.seqs.to_string()))
      co_return;
  }
  if (w.relevancy) {
    // RFC 6203 §4: a score for each message found, in their order.
    context.out.append(" RELEVANCY (");
    std::string_view separator;
    for (const std::uint8_t score : scores) {
      context.out.append(separator);
      imap::append_number(context.out.buffer(), score);
      separator = " ";
      if (context.out.full() && !co_await context.out.flush()) co_return;
    }
    context.out.append(")");
  }
  context.out.append("\r\n");
}

// RFC 5182 §2.4: what MIN and MAX without ALL or COUNT leave of the result to be saved.
UidSet to_save(const UidSet& found, const Wanted& w) {
  if (w.all || w.count || (!w.min && !w.max) || found.empty()) return found;
  UidSet ends;
  if (w.min) ends.add(found.min());
  if (w.max) ends.add(found.max());
  return ends;
}

// The parser leaves strings of other charsets than UTF-8 as they came. False: the charset is not
// known.
bool to_utf8(imap::SearchArgs& args) {
  if (args.charset.empty() || args.charset == "UTF-8" || args.charset == "US-ASCII") return true;
  if (!mime::known_charset(args.charset)) return false;
  for (imap::SearchNode& node : args.program.nodes) {
    if (node.text.empty()) continue;
    auto text = mime::to_utf8(node.text, args.charset);
    if (!text) return false;
    node.text = std::move(*text);
  }
  return true;
}

}  // namespace

task<Reply> do_search(Context& context, std::string_view tag, imap::SearchArgs& args) {
  const bool extended = args.return_options.has_value();
  const Wanted w = extended ? wanted(*args.return_options) : wanted({});
  if (!to_utf8(args)) {
    // RFC 5182 §2.1: a SAVE that fails with NO leaves an empty result.
    if (w.save) context.saved_result = {};
    // RFC 9051 §6.4.4: NO, with the charsets that every client may rely on.
    co_return Reply::no("BADCHARSET (US-ASCII UTF-8)", "That charset is not supported.");
  }
  // DEVIATION: RFC 9755 §3 would answer any CHARSET with BAD here; naming UTF-8 changes nothing,
  // and clients that enabled IMAP4rev2 as well are allowed to (RFC 9051 §6.4.4).
  if (context.enabled.utf8 && !args.charset.empty() && args.charset != "UTF-8") {
    co_return Reply::client_bug("After ENABLE UTF8=ACCEPT, SEARCH takes UTF-8.");
  }
  if (args.program.uses_modseq) context.enable_condstore();
  if (args.by == imap::Addressing::kUid && !co_await context.sync_arrivals()) {
    co_return Reply::okay("SEARCH ended.");
  }
  search::SearchContext facts;
  if (!context.enabled.rev2) facts.recent = context.view->recent();
  facts.saved_result = context.saved_result;
  facts.now = context.services.clock.unix_seconds();
  Progress progress(context, tag);
  facts.observer = &progress;
  const mailstore::VersionPtr shown = context.view->shown();
  const auto found =
      co_await search::search(context.account(), shown, args.program, std::move(facts));
  Result<std::vector<std::uint8_t>> scores;
  if (found && w.relevancy) {
    scores = co_await search::score(context.account(), shown, args.program, found->uids);
  }
  if (!found || !scores) {
    if (w.save) context.saved_result = {};  // as above
    co_return reply_for(found ? scores.error() : found.error());
  }
  if (w.save) context.saved_result = to_save(found->uids, w);
  if (extended || context.enabled.rev2) {
    // RFC 9051 §6.4.4: rev2 answers with ESEARCH always; SAVE alone answers with nothing.
    if (w.any_data()) co_await write_esearch(context, tag, args, *found, w, *scores);
  } else {
    co_await write_search(context, args, *found);
  }
  co_return Reply::okay(w.save ? "SEARCH completed; the result is saved." : "SEARCH completed.");
}

}  // namespace postern::session
