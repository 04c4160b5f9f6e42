// SEARCH and UID SEARCH (RFC 9051 §6.4.4; ESEARCH of RFC 4731, SEARCHRES of RFC 5182, MODSEQ of RFC
// 7162, contexts of RFC 5267, PARTIAL of RFC 9394, RELEVANCY of RFC 6203), and CANCELUPDATE (RFC
// 5267 §4.3.5).
#include "search/search.h"

#include <utility>

#include "imap/encoder.h"
#include "session/cmd/searching.h"

namespace postern::session {
namespace {

task<void> write_search(Context& context, const imap::SearchArgs& args, const Found& found) {
  const mailstore::VersionPtr shown = context.view->shown();
  std::string& out = context.out.buffer();
  out += "* SEARCH";
  RowCursor cursor(found.hits.uids);
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
  append_modseq_suffix(out, args, found);
  out += "\r\n";
}

}  // namespace

task<Reply> do_search(Context& context, std::string_view tag, imap::SearchArgs& args) {
  const Wanted wanted(args);
  if (auto refused = refuse_tag(context, tag, wanted)) co_return std::move(*refused);
  if (auto refused = convert_charset(context, args)) co_return std::move(*refused);
  if (auto refused = refuse_charset(context, args)) co_return std::move(*refused);
  auto found = co_await search_selected(context, tag, args);
  if (!found) co_return std::move(found.error());
  if (args.return_options || context.enabled.rev2) {
    // RFC 9051 §6.4.4: rev2 answers with ESEARCH always; SAVE and UPDATE alone answer with nothing.
    if (wanted.any_data())
      co_await write_esearch(context, esearch_head(tag, args.by), context.shown(), args, *found,
                             wanted);
  } else {
    co_await write_search(context, args, *found);
  }
  UidSet saved = wanted.save ? returned(*found, wanted) : UidSet();
  if (wanted.update)
    start_update(context, tag, esearch_head(tag, args.by), args, {}, std::move(*found));
  if (wanted.save) context.saved_result = std::move(saved);
  co_return Reply::okay(wanted.save ? "SEARCH completed; the result is saved."
                                    : "SEARCH completed.");
}

task<Reply> do_cancel_update(Context& context, const imap::CancelUpdateArgs& args) {
  bool all = true;
  for (const std::string& tag : args.tags) all = context.updates.cancel(tag) && all;
  co_return all ? Reply::okay("CANCELUPDATE completed.")
                : Reply::no("", "There is no update with such a tag.");
}

}  // namespace postern::session
