// SORT and THREAD with their UID forms (RFC 5256 §3), and extended SORT (RFC 5267 §3).
#include "search/sort.h"

#include <utility>

#include "imap/encoder.h"
#include "search/relevancy.h"
#include "session/cmd/searching.h"

namespace postern::session {
namespace {

using mailstore::MailboxVersion;

std::uint32_t number_of(const MailboxVersion& shown, Uid uid, imap::Addressing by) {
  if (by == imap::Addressing::kUid) return uid.value();
  const auto row = shown.by_uid(uid);
  return row ? row->seq.value() : 0;
}

task<void> write_sort(Context& context, const imap::SearchArgs& args, const Found& found) {
  const mailstore::VersionPtr shown = context.view->shown();
  context.out.append("* SORT");
  for (const search::SortedMessage& message : found.order) {
    context.out.append(" ");
    imap::append_number(context.out.buffer(), number_of(*shown, message.uid, args.by));
    if (context.out.full() && !co_await context.out.flush()) co_return;
    if (context.pace.due()) co_await context.pace.yield();
  }
  // RFC 7162 §3.1.9.
  append_modseq_suffix(context.out.buffer(), args, found);
  context.out.append("\r\n");
}

task<void> write_thread(Context& context, imap::Addressing by, const search::Threads& threads) {
  const mailstore::VersionPtr shown = context.view->shown();
  context.out.append(threads.tokens.empty() ? "* THREAD" : "* THREAD ");
  bool after_number = false;
  for (const std::uint32_t token : threads.tokens) {
    std::string& out = context.out.buffer();
    if (token == search::thread_token::kClose) {
      out += ')';
    } else {
      if (after_number) out += ' ';
      if (token == search::thread_token::kOpen) {
        out += '(';
      } else {
        imap::append_number(out, number_of(*shown, threads.uids[token], by));
      }
    }
    after_number = token < search::thread_token::kClose;
    if (context.out.full() && !co_await context.out.flush()) co_return;
    if (context.pace.due()) co_await context.pace.yield();
  }
  context.out.append("\r\n");
}

}  // namespace

task<Reply> do_sort(Context& context, std::string_view tag, imap::SortArgs& args) {
  imap::SearchArgs& search = args.search;
  const Wanted wanted(search);
  if (auto refused = refuse_tag(context, tag, wanted)) co_return std::move(*refused);
  if (auto refused = convert_charset(context, search)) co_return std::move(*refused);
  if (auto refused = refuse_charset(context, search)) co_return std::move(*refused);
  auto found = co_await search_selected(context, tag, search);
  if (!found) co_return std::move(found.error());
  const bool by_relevancy = imap::sorts_by_relevancy(args.criteria);
  if (by_relevancy && !wanted.relevancy) {
    auto scores = co_await search::score(context.account(), context.view->shown(), search.program,
                                         found->hits.uids);
    if (!scores) co_return reply_for(scores.error());
    found->scores = std::move(*scores);
  }
  auto order = co_await search::sort(context.account(), context.view->shown(), found->hits.uids,
                                     args.criteria, facts_of(context).stop, found->scores);
  if (!order) {
    if (wanted.save) context.saved_result = {};
    co_return reply_for(order.error());
  }
  found->sorted = true;
  found->order = std::move(*order);
  if (!search.return_options) {
    co_await write_sort(context, search, *found);
  } else if (wanted.any_data()) {
    co_await write_esearch(context, esearch_head(tag, search.by), context.shown(), search, *found,
                           wanted);
  }
  UidSet saved = wanted.save ? returned(*found, wanted) : UidSet();
  if (wanted.update && by_relevancy) {
    // RFC 5267 §4.3.1: scores are relative to what else was found, so every arrival moves them all.
    append_no_update(context.out.buffer(), tag, "An order of relevancy is not kept up to date.");
  } else if (wanted.update) {
    start_update(context, tag, esearch_head(tag, search.by), search, std::move(args.criteria),
                 std::move(*found));
  }
  if (wanted.save) context.saved_result = std::move(saved);
  co_return Reply::okay("SORT completed.");
}

task<Reply> do_thread(Context& context, std::string_view tag, imap::ThreadArgs& args) {
  imap::SearchArgs& search = args.search;
  if (auto refused = convert_charset(context, search)) co_return std::move(*refused);
  if (auto refused = refuse_charset(context, search)) co_return std::move(*refused);
  const auto found = co_await search_selected(context, tag, search);
  if (!found) co_return found.error();
  const auto threads =
      co_await search::thread(context.account(), context.view->shown(), found->hits.uids,
                              args.algorithm, facts_of(context).stop);
  if (!threads) co_return reply_for(threads.error());
  co_await write_thread(context, search.by, *threads);
  co_return Reply::okay("THREAD completed.");
}

}  // namespace postern::session
