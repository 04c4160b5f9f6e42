#include "session/search_update.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/quote.h"
#include "imap/encoder.h"
#include "session/cmd/searching.h"
#include "session/context.h"
#include "session/result_set.h"

namespace postern::session {
namespace {

using mailstore::MailboxVersion;

// RFC 5267 §4.3: message numbers mean the messages they meant when the command came, and "$" what
// it held. False when such a set has more intervals than a set may have.
bool bind(imap::SearchProgram& program, const MailboxVersion& shown, const UidSet& saved_result) {
  for (imap::SearchNode& node : program.nodes) {
    const bool number = node.op == imap::SearchOp::kSeqSet;
    if (!number && !(node.op == imap::SearchOp::kUid && node.set.is_saved_result())) continue;
    const UidSet uids = node.set.is_saved_result()
                            ? saved_result
                            : shown.uids_of(node.set.resolve<SeqNum>(shown.exists()));
    node.op = imap::SearchOp::kUid;
    node.set = imap::NumberSet();
    if (uids.empty()) continue;
    auto set = imap::NumberSet::parse(uids.to_string());
    if (!set) return false;
    node.set = std::move(*set);
  }
  return true;
}

std::uint32_t number_of(const SearchUpdate& update, const MailboxVersion& shown, Uid uid) {
  if (update.by == imap::Addressing::kUid) return uid.value();
  const auto row = shown.by_uid(uid);
  return row ? row->seq.value() : 0;
}

// RFC 5267 §4.3.3, §4.3.4: position 0 and mailbox order is the short form for SEARCH.
std::string unsorted_item(const SearchUpdate& update, const MailboxVersion& shown,
                          const UidSet& uids) {
  if (update.by == imap::Addressing::kUid) return "(0 " + uids.to_string() + ")";
  SeqSet seqs;
  shown.visit_uids(uids, [&](const MailboxVersion::MessageRef& message) {
    seqs.add(message.seq);
    return true;
  });
  return "(0 " + seqs.to_string() + ")";
}

// Results side by side, from a position on.
struct Run {
  std::size_t position = 0;  // from 1
  std::vector<std::uint32_t> numbers;
};

std::string sorted_item(const std::vector<Run>& runs) {
  std::string text;
  for (const Run& run : runs) {
    text += text.empty() ? '(' : ' ';
    imap::append_number(text, run.position);
    text += ' ';
    text += ordered_set(run.numbers);
  }
  text += ')';
  return text;
}

void add_to_runs(std::vector<Run>& runs, std::size_t position, std::uint32_t number) {
  if (runs.empty() || runs.back().position + runs.back().numbers.size() != position)
    runs.push_back({position, {}});
  runs.back().numbers.push_back(number);
}

// Takes `uids`, all of them members, out of the results. The runs come last first: each leaves the
// positions of those that follow as they were.
std::string take_out(SearchUpdate& update, const MailboxVersion& shown, const UidSet& uids) {
  update.found = update.found.subtract(uids);
  if (!update.sorted) return unsorted_item(update, shown, uids);
  std::vector<Run> runs;
  std::vector<search::SortedMessage> rest;
  rest.reserve(update.order.size());
  for (std::size_t i = 0; i < update.order.size(); ++i) {
    search::SortedMessage& message = update.order[i];
    if (uids.contains(message.uid)) {
      add_to_runs(runs, i + 1, number_of(update, shown, message.uid));
    } else {
      rest.push_back(std::move(message));
    }
  }
  update.order = std::move(rest);
  std::reverse(runs.begin(), runs.end());
  return sorted_item(runs);
}

// Puts `fresh`, none of them a member, into a sorted result. First run first: each finds those
// before it in place.
std::string put_in(SearchUpdate& update, const MailboxVersion& shown,
                   std::vector<search::SortedMessage> fresh) {
  std::vector<Run> runs;
  std::vector<search::SortedMessage> merged;
  merged.reserve(update.order.size() + fresh.size());
  auto old = update.order.begin();
  for (search::SortedMessage& message : fresh) {
    while (old != update.order.end() && *old < message) merged.push_back(std::move(*old++));
    add_to_runs(runs, merged.size() + 1, number_of(update, shown, message.uid));
    merged.push_back(std::move(message));
  }
  std::move(old, update.order.end(), std::back_inserter(merged));
  update.order = std::move(merged);
  return sorted_item(runs);
}

task<bool> write_item(Context& context, const SearchUpdate& update, std::string_view name,
                      std::string item) {
  context.out.append(update.head);
  context.out.append(" ");
  context.out.append(name);
  context.out.append(" ");
  const bool written = co_await context.out.write(item);
  context.out.append("\r\n");
  co_return written;
}

// What changed in one update. The peer's absence shows in the output.
task<Result<void>> tell_one(Context& context, SearchUpdate& update, mailstore::VersionPtr newest,
                            UidSet changed) {
  search::SearchContext facts = facts_of(context);
  facts.saved_result = {};
  facts.within = changed;
  POSTERN_CO_TRY(const search::SearchHits hits,
                 co_await search::search(context.account(), newest, update.program, facts));
  const mailstore::VersionPtr shown = context.view->shown();
  const UidSet gone = update.found.intersect(changed).subtract(hits.uids);
  if (!gone.empty()) {
    static_cast<void>(
        co_await write_item(context, update, "REMOVEFROM", take_out(update, *shown, gone)));
  }
  const UidSet fresh = hits.uids.subtract(update.found);
  if (fresh.empty()) co_return Result<void>();
  std::string item;
  if (update.sorted) {
    POSTERN_CO_TRY(auto sorted, co_await search::sort(context.account(), newest, fresh,
                                                      update.criteria, facts.stop));
    item = put_in(update, *shown, std::move(sorted));
  } else {
    item = unsorted_item(update, *shown, fresh);
  }
  update.found = update.found.unite(fresh);
  static_cast<void>(co_await write_item(context, update, "ADDTO", std::move(item)));
  co_return Result<void>();
}

}  // namespace

bool SearchUpdate::uses_star() const {
  return std::any_of(program.nodes.begin(), program.nodes.end(),
                     [](const imap::SearchNode& node) { return node.set.uses_star(); });
}

bool SearchUpdates::has(std::string_view tag) const {
  return std::any_of(list_.begin(), list_.end(),
                     [tag](const SearchUpdate& update) { return update.tag == tag; });
}

bool SearchUpdates::add(SearchUpdate update, imap::SearchProgram program,
                        const MailboxVersion& shown, const UidSet& saved_result) {
  const auto sorted = static_cast<std::size_t>(std::count_if(
      list_.begin(), list_.end(), [](const SearchUpdate& other) { return other.sorted; }));
  if (list_.size() == kMax || (update.sorted && sorted == kMaxSorted)) return false;
  if (!bind(program, shown, saved_result)) return false;
  update.program = std::move(program);
  list_.push_back(std::move(update));
  return true;
}

bool SearchUpdates::cancel(std::string_view tag) {
  return std::erase_if(list_, [tag](const SearchUpdate& update) { return update.tag == tag; }) > 0;
}

task<bool> SearchUpdates::tell_expunged(Context& context, UidSet vanished) {
  const mailstore::VersionPtr shown = context.view->shown();
  for (SearchUpdate& update : list_) {
    const UidSet gone = update.found.intersect(vanished);
    if (gone.empty()) continue;
    if (!co_await write_item(context, update, "REMOVEFROM", take_out(update, *shown, gone)))
      co_return false;
  }
  co_return true;
}

task<bool> SearchUpdates::tell_changed(Context& context, mailstore::VersionPtr newest,
                                       UidSet changed, UidSet ends) {
  for (std::size_t i = 0; i < list_.size() && !context.out.failed();) {
    SearchUpdate& update = list_[i];
    // "*" in a set of UIDs moves with the last message.
    UidSet candidates = update.uses_star() ? changed.unite(ends) : changed;
    if (!candidates.empty()) {
      const Result<void> told = co_await tell_one(context, update, newest, std::move(candidates));
      if (!told) {
        // What the client knows is not right any more, and cannot be made right.
        append_no_update(context.out.buffer(), update.tag, "The search cannot be kept up to date.");
        list_.erase(list_.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
    }
    ++i;
  }
  co_return !context.out.failed();
}

void append_no_update(std::string& out, std::string_view tag, std::string_view text) {
  out += "* NO [NOUPDATE ";
  append_quoted(out, tag);
  out += "] ";
  out += text;
  out += "\r\n";
}

}  // namespace postern::session
