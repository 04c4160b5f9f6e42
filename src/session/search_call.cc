#include "session/search_call.h"

#include <vector>

#include "base/ascii.h"

namespace postern::session {
namespace {

using imap::SearchNode;
using imap::SearchOp;
using mailstore::MailboxVersion;

constexpr std::int64_t kDay = 86'400;

std::int32_t day_of(const mailstore::MessageRow& row) {
  // RFC 9051 §6.4.4: INTERNALDATE disregarding time and zone, hence in the zone it was given in.
  const std::int64_t local = row.internal_date + std::int64_t{row.zone_minutes} * 60;
  return static_cast<std::int32_t>(local >= 0 ? local / kDay : -((-local + kDay - 1) / kDay));
}

// Evaluates the keys that a row alone can answer.
class RowSearch {
 public:
  RowSearch(Context& context, const imap::SearchProgram& program)
      : context_(context), program_(program), shown_(context.shown()) {
    for (const SearchNode& node : program.nodes) {
      sets_.push_back(resolve(node));
      keywords_.push_back(keyword(node));
    }
  }

  [[nodiscard]] bool possible() const {
    for (const SearchNode& node : program_.nodes) {
      if (!by_row(node.op)) return false;
    }
    return true;
  }

  [[nodiscard]] bool match(const MailboxVersion::MessageRef& row) {
    stack_.clear();
    for (std::size_t i = 0; i < program_.nodes.size(); ++i) {
      const SearchNode& node = program_.nodes[i];
      switch (node.op) {
        case SearchOp::kAnd: fold(node.count, true); break;
        case SearchOp::kOr: fold(node.count, false); break;
        case SearchOp::kNot: stack_.back() = !stack_.back(); break;
        default: stack_.push_back(leaf(i, row)); break;
      }
    }
    return !stack_.empty() && stack_.back();
  }

 private:
  static bool by_row(SearchOp op) {
    switch (op) {
      case SearchOp::kBcc:
      case SearchOp::kBody:
      case SearchOp::kCc:
      case SearchOp::kFrom:
      case SearchOp::kSubject:
      case SearchOp::kText:
      case SearchOp::kTo:
      case SearchOp::kHeader:
      case SearchOp::kSentBefore:
      case SearchOp::kSentOn:
      case SearchOp::kSentSince: return false;
      default: return true;
    }
  }
  UidSet resolve(const SearchNode& node) const {
    if (node.op != SearchOp::kUid && node.op != SearchOp::kSeqSet) return {};
    if (node.set.is_saved_result()) return context_.saved_result;
    if (node.op == SearchOp::kUid) return node.set.resolve<Uid>(shown_.last_uid().value());
    return shown_.uids_of(node.set.resolve<SeqNum>(shown_.exists()));
  }
  std::size_t keyword(const SearchNode& node) const {
    const auto& names = shown_.keywords();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (iequals(names[i], node.text)) return i;
    }
    return names.size();
  }
  void fold(std::size_t count, bool all) {
    bool value = all;
    for (std::size_t i = 0; i < count; ++i) {
      value = all ? value && stack_.back() : value || stack_.back();
      stack_.pop_back();
    }
    stack_.push_back(value);
  }
  bool leaf(std::size_t i, const MailboxVersion::MessageRef& row) const {
    const SearchNode& node = program_.nodes[i];
    const std::uint8_t flags = row.flags().system;
    const bool recent = !context_.enabled.rev2 && context_.view->is_recent(row.row->uid);
    const auto has = [&](std::uint8_t bit) { return (flags & bit) != 0; };
    const auto keyed = [&] {
      return keywords_[i] < shown_.keywords().size() && row.flags().keywords.test(keywords_[i]);
    };
    switch (node.op) {
      case SearchOp::kAnswered: return has(mailstore::kAnswered);
      case SearchOp::kDeleted: return has(mailstore::kDeleted);
      case SearchOp::kDraft: return has(mailstore::kDraft);
      case SearchOp::kFlagged: return has(mailstore::kFlagged);
      case SearchOp::kSeen: return has(mailstore::kSeen);
      case SearchOp::kUnanswered: return !has(mailstore::kAnswered);
      case SearchOp::kUndeleted: return !has(mailstore::kDeleted);
      case SearchOp::kUndraft: return !has(mailstore::kDraft);
      case SearchOp::kUnflagged: return !has(mailstore::kFlagged);
      case SearchOp::kUnseen: return !has(mailstore::kSeen);
      case SearchOp::kNew: return recent && !has(mailstore::kSeen);
      case SearchOp::kOld: return !recent;
      case SearchOp::kRecent: return recent;
      case SearchOp::kKeyword: return keyed();
      case SearchOp::kUnkeyword: return !keyed();
      case SearchOp::kLarger: return row.row->size > node.number;
      case SearchOp::kSmaller: return row.row->size < node.number;
      case SearchOp::kModSeq: return row.row->modseq.value() >= node.number;
      case SearchOp::kBefore: return day_of(*row.row) < node.date;
      case SearchOp::kOn: return day_of(*row.row) == node.date;
      case SearchOp::kSince: return day_of(*row.row) >= node.date;
      case SearchOp::kSeqSet:
      case SearchOp::kUid: return sets_[i].contains(row.row->uid);
      default: return true;
    }
  }

  Context& context_;
  const imap::SearchProgram& program_;
  const MailboxVersion& shown_;
  std::vector<UidSet> sets_;           // per node
  std::vector<std::size_t> keywords_;  // per node: index into the keyword table, its size when absent
  std::vector<bool> stack_;
};

}  // namespace

task<Result<UidSet>> find_messages(Context& context, const imap::SearchProgram& program) {
  RowSearch search(context, program);
  if (!search.possible()) co_return fail(Errc::kCannot, "text search");
  const mailstore::VersionPtr shown = context.view->shown();
  const UidSet everything = UidSet::range(1, UINT32_MAX);
  RowCursor cursor(everything);
  UidSet found;
  while (true) {
    const auto rows = cursor.take(*shown, 512);
    if (rows.empty()) break;
    for (const auto& row : rows) {
      if (search.match(row)) found.add(row.row->uid);
      if (context.pace.due()) co_await context.pace.yield();
    }
  }
  co_return Result<UidSet>(std::move(found));
}

}  // namespace postern::session
