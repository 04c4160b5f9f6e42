#include "session/cmd/searching.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/quote.h"
#include "imap/encoder.h"
#include "mime/decode.h"
#include "search/relevancy.h"
#include "session/progress.h"
#include "session/result_set.h"

namespace postern::session {
namespace {

using imap::ReturnOption;
using mailstore::MailboxVersion;

ModSeq highest(const MailboxVersion& version, const UidSet& uids) {
  ModSeq result;
  version.visit_uids(uids, [&](const MailboxVersion::MessageRef& row) {
    result = std::max(result, row.row->modseq);
    return true;
  });
  return result;
}

std::uint32_t number_of(const MailboxVersion& version, Uid uid, imap::Addressing by) {
  if (by == imap::Addressing::kUid) return uid.value();
  const auto row = version.by_uid(uid);
  return row ? row->seq.value() : 0;
}

// A sorted result as the command counts messages.
std::vector<std::uint32_t> numbers_of(const MailboxVersion& version, const Found& found,
                                      const Positions& positions, imap::Addressing by) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(positions.to - positions.from);
  for (std::uint64_t i = positions.from; i < positions.to; ++i)
    numbers.push_back(number_of(version, found.order[i].uid, by));
  return numbers;
}

Uid first_of(const Found& found) {
  return found.sorted ? found.order.front().uid : found.hits.uids.min();
}
Uid last_of(const Found& found) {
  return found.sorted ? found.order.back().uid : found.hits.uids.max();
}

bool is_whole(const Wanted& wanted) {
  return wanted.all || wanted.count || (!wanted.min && !wanted.max && !wanted.partial);
}

// The results at `positions` as a sequence-set. False when the peer is gone.
task<bool> write_results(Context& context, const MailboxVersion& version, imap::Addressing by,
                         const Found& found, Positions positions) {
  if (!found.sorted) {
    co_return co_await context.out.write(by == imap::Addressing::kUid
                                             ? slice(found.hits.uids, positions).to_string()
                                             : slice(found.hits.seqs, positions).to_string());
  }
  constexpr std::uint64_t kStride = 4096;
  for (std::uint64_t at = positions.from; at < positions.to; at += kStride) {
    const std::vector<std::uint32_t> numbers =
        numbers_of(version, found, {at, std::min(at + kStride, positions.to)}, by);
    if (at != positions.from) context.out.append(",");
    context.out.append(ordered_set(numbers));
    if (context.out.full() && !co_await context.out.flush()) co_return false;
    if (context.pace.due_now()) co_await context.pace.yield();
  }
  co_return true;
}

// RFC 6203 §4, §6: a score for each message of ALL or PARTIAL, in their order; else for each that
// was found. False when the peer is gone.
task<bool> write_scores(Context& context, const Found& found, const Wanted& wanted) {
  const std::uint64_t count = found.hits.uids.count();
  const Positions positions =
      wanted.partial ? positions_of(*wanted.partial, count) : Positions{0, count};
  std::unordered_map<Uid, std::uint8_t> of_uid;
  if (found.sorted) {
    std::size_t at = 0;
    for (const auto& interval : found.hits.uids.intervals()) {
      for (std::uint64_t uid = interval.first; uid <= interval.last && at < found.scores.size();
           ++uid)
        of_uid.emplace(Uid(static_cast<std::uint32_t>(uid)), found.scores[at++]);
    }
  }
  context.out.append(" RELEVANCY (");
  for (std::uint64_t i = positions.from; i < positions.to && i < found.scores.size(); ++i) {
    if (i != positions.from) context.out.append(" ");
    imap::append_number(context.out.buffer(),
                        found.sorted ? of_uid[found.order[i].uid] : found.scores[i]);
    if (context.out.full() && !co_await context.out.flush()) co_return false;
    if (context.pace.due()) co_await context.pace.yield();
  }
  context.out.append(")");
  co_return true;
}

}  // namespace

Wanted::Wanted(const imap::SearchArgs& args) : partial(args.partial) {
  // RFC 4731 §3.1: RETURN () means ALL, and so does a command that says nothing.
  all = !args.return_options || args.return_options->empty();
  if (all) return;
  const auto has = [&args](ReturnOption option) {
    return std::find(args.return_options->begin(), args.return_options->end(), option) !=
           args.return_options->end();
  };
  min = has(ReturnOption::kMin);
  max = has(ReturnOption::kMax);
  all = has(ReturnOption::kAll);
  count = has(ReturnOption::kCount);
  save = has(ReturnOption::kSave);
  // CONTEXT is a hint (RFC 5267 §4.2); nothing is cached, so there is nothing to do.
  update = has(ReturnOption::kUpdate);
  relevancy = has(ReturnOption::kRelevancy);
}

// The parser leaves strings of other charsets than UTF-8 as they came.
std::optional<Reply> convert_charset(Context& context, imap::SearchArgs& args) {
  if (args.charset.empty() || args.charset == "UTF-8" || args.charset == "US-ASCII")
    return std::nullopt;
  bool known = mime::known_charset(args.charset);
  for (imap::SearchNode& node : args.program.nodes) {
    if (!known || node.text.empty()) continue;
    auto text = mime::to_utf8(node.text, args.charset);
    known = text.has_value();
    if (known) node.text = std::move(*text);
  }
  if (known) return std::nullopt;
  // RFC 5182 §2.1: a SAVE that fails with NO leaves an empty result.
  if (Wanted(args).save) context.saved_result = {};
  // RFC 9051 §6.4.4: NO, with the charsets that every client may rely on.
  return Reply::no("BADCHARSET (US-ASCII UTF-8)", "That charset is not supported.");
}

std::optional<Reply> refuse_charset(const Context& context, const imap::SearchArgs& args) {
  // DEVIATION: RFC 9755 §3 would answer any CHARSET with BAD here; naming UTF-8 changes nothing,
  // and clients that enabled IMAP4rev2 as well are allowed to (RFC 9051 §6.4.4).
  if (!context.enabled.utf8 || args.charset.empty() || args.charset == "UTF-8") return std::nullopt;
  return Reply::client_bug("After ENABLE UTF8=ACCEPT, the charset is UTF-8.");
}

search::SearchContext facts_of(Context& context) {
  search::SearchContext facts;
  if (context.view != nullptr && !context.enabled.rev2) facts.recent = context.view->recent();
  facts.saved_result = context.saved_result;
  facts.now = context.services.clock.unix_seconds();
  // A session that is asked to close does not first finish what may take hours.
  facts.stop = [entry = context.entry] { return entry->close_reason() != CloseReason::kNone; };
  return facts;
}

task<Result<Found>> find(mailstore::Account& account, mailstore::VersionPtr version,
                         const imap::SearchArgs& args, const Wanted& wanted,
                         search::SearchContext facts) {
  Found found;
  POSTERN_CO_TRY(found.hits,
                 co_await search::search(account, version, args.program, std::move(facts)));
  if (wanted.relevancy) {
    POSTERN_CO_TRY(found.scores,
                   co_await search::score(account, version, args.program, found.hits.uids));
  }
  co_return found;
}

task<std::expected<Found, Reply>> search_selected(Context& context, std::string_view tag,
                                                  imap::SearchArgs& args) {
  if (args.program.uses_modseq) context.enable_condstore();
  if (args.by == imap::Addressing::kUid && !co_await context.sync_arrivals())
    co_return std::unexpected(Reply::okay("The search ended."));
  Progress progress(context, tag);
  search::SearchContext facts = facts_of(context);
  facts.observer = &progress;
  const Wanted wanted(args);
  auto found = co_await find(*context.view->handle().account, context.view->shown(), args, wanted,
                             std::move(facts));
  if (!found) {
    // RFC 5182 §2.1, as above.
    if (wanted.save) context.saved_result = {};
    co_return std::unexpected(reply_for(found.error()));
  }
  co_return std::move(*found);
}

UidSet returned(const Found& found, const Wanted& wanted) {
  const UidSet& all = found.hits.uids;
  if (all.empty() || is_whole(wanted)) return all;
  UidSet result;
  if (wanted.partial) {
    const Positions positions = positions_of(*wanted.partial, all.count());
    if (found.sorted) {
      std::vector<UidSet::Interval> list;
      for (std::uint64_t i = positions.from; i < positions.to; ++i)
        list.push_back({found.order[i].uid.value(), found.order[i].uid.value()});
      result = UidSet::from_unsorted(std::move(list));
    } else {
      result = slice(all, positions);
    }
  }
  if (wanted.min) result.add(first_of(found));
  if (wanted.max) result.add(last_of(found));
  return result;
}

void append_modseq_suffix(std::string& out, const imap::SearchArgs& args, const Found& found) {
  if (!args.program.uses_modseq || found.hits.uids.empty()) return;
  out += " (MODSEQ ";
  imap::append_number(out, found.hits.highest_modseq.value());
  out += ')';
}

std::string esearch_head(std::string_view tag, imap::Addressing by) {
  std::string head = "* ESEARCH (TAG ";
  append_string(head, tag);
  head += by == imap::Addressing::kUid ? ") UID" : ")";
  return head;
}

task<void> write_esearch(Context& context, std::string head, const MailboxVersion& version,
                         const imap::SearchArgs& args, const Found& found, const Wanted& wanted) {
  const std::uint64_t count = found.hits.uids.count();
  std::string& out = context.out.buffer();
  out += head;
  const auto item = [&out](std::string_view name, std::uint64_t value) {
    out += ' ';
    out += name;
    out += ' ';
    imap::append_number(out, value);
  };
  // RFC 4731 §3.1: MIN, MAX and ALL are left out when nothing was found; COUNT never is.
  if (wanted.min && count > 0) item("MIN", number_of(version, first_of(found), args.by));
  if (wanted.max && count > 0) item("MAX", number_of(version, last_of(found), args.by));
  if (wanted.count) item("COUNT", count);
  if (args.program.uses_modseq && count > 0) {
    // RFC 7162 §3.1.5: the highest MODSEQ of what is returned.
    const ModSeq modseq =
        is_whole(wanted) ? found.hits.highest_modseq : highest(version, returned(found, wanted));
    if (modseq.valid()) item("MODSEQ", modseq.value());
  }
  if (wanted.partial) {
    // RFC 9394 §3.1: the range as it was asked for, with what there is of it.
    const Positions positions = positions_of(*wanted.partial, count);
    out += " PARTIAL (";
    append_partial_range(out, *wanted.partial);
    out += ' ';
    if (positions.from == positions.to) {
      out += "NIL";
    } else if (!co_await write_results(context, version, args.by, found, positions)) {
      co_return;
    }
    context.out.append(")");
  }
  if (wanted.all && count > 0) {
    context.out.append(" ALL ");
    if (!co_await write_results(context, version, args.by, found, {0, count})) co_return;
  }
  if (wanted.relevancy && !co_await write_scores(context, found, wanted)) co_return;
  context.out.append("\r\n");
  if (context.out.full()) static_cast<void>(co_await context.out.flush());
}

std::optional<Reply> refuse_tag(const Context& context, std::string_view tag,
                                const Wanted& wanted) {
  if (!wanted.update || !context.updates.has(tag)) return std::nullopt;
  return Reply::bad("That tag is in use by a search with UPDATE.");
}

void start_update(Context& context, std::string_view tag, std::string head, imap::SearchArgs& args,
                  std::vector<imap::SortCriterion> criteria, Found found) {
  SearchUpdate update;
  update.tag = tag;
  update.head = std::move(head);
  update.by = args.by;
  update.sorted = found.sorted;
  update.criteria = std::move(criteria);
  update.found = std::move(found.hits.uids);
  update.order = std::move(found.order);
  if (context.updates.add(std::move(update), std::move(args.program), context.shown(),
                          context.saved_result))
    return;
  append_no_update(context.out.buffer(), tag, "Too many contexts.");
}

}  // namespace postern::session
