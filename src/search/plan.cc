#include "search/plan.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "mailstore/object_id.h"
#include "mime/decode.h"

namespace postern::search {
namespace {

using imap::SearchOp;
using mailstore::MailboxVersion;
using mailstore::SystemFlag;

Source source_of(SearchOp op) {
  switch (op) {
    case SearchOp::kAnd:
    case SearchOp::kOr:
    case SearchOp::kNot:
      return Source::kOperator;
    case SearchOp::kSentBefore:
    case SearchOp::kSentOn:
    case SearchOp::kSentSince:
    case SearchOp::kThreadId:
      return Source::kRecord;
    case SearchOp::kBcc:
    case SearchOp::kCc:
    case SearchOp::kFrom:
    case SearchOp::kSubject:
    case SearchOp::kTo:
    case SearchOp::kHeader:
      return Source::kHeader;
    case SearchOp::kText:
      return Source::kText;
    case SearchOp::kBody:
      return Source::kBody;
    default:
      return Source::kRow;
  }
}

std::string field_name(const imap::SearchNode& node) {
  switch (node.op) {
    case SearchOp::kBcc:
      return "bcc";
    case SearchOp::kCc:
      return "cc";
    case SearchOp::kFrom:
      return "from";
    case SearchOp::kSubject:
      return "subject";
    case SearchOp::kTo:
      return "to";
    default:
      return to_lower(node.name);
  }
}

std::int64_t day_at(std::int64_t seconds) {
  constexpr std::int64_t kDay = 86400;
  return seconds >= 0 ? seconds / kDay : -((-seconds + kDay - 1) / kDay);
}

// RFC 9051 §6.4.4: INTERNALDATE disregarding time and zone, so the day it names in its own zone.
std::int64_t day_of(const mailstore::MessageRow& row) {
  return day_at(row.internal_date + std::int64_t{row.zone_minutes} * 60);
}

// LIMIT: words of one fuzzy text; more would not narrow what a person looks for.
constexpr std::size_t kMaxWords = 16;

}  // namespace

bool has_text(SearchOp op) {
  return op >= SearchOp::kBcc && op <= SearchOp::kHeader && op != SearchOp::kKeyword &&
         op != SearchOp::kUnkeyword;
}

std::vector<std::string> words_of(std::string_view folded) {
  std::vector<std::string> words;
  std::string word;
  const auto finish = [&] {
    if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end())
      words.push_back(word);
    word.clear();
  };
  for (const char c : folded) {
    const bool inside = static_cast<unsigned char>(c) >= 0x80 || ascii_digit(c) ||
                        (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
    if (inside) {
      word += c;
    } else {
      finish();
    }
    if (words.size() == kMaxWords) return words;
  }
  finish();
  return words;
}

std::string fold_text(std::string_view utf8, Folding folding) {
  return folding == Folding::kLoose ? mime::fold(utf8) : mime::unicode_casemap(utf8);
}

void Plan::bind_text(PlanNode& node, const imap::SearchNode& from) {
  node.folding = from.fuzzy ? Folding::kLoose : Folding::kCasemap;
  node.text = fold_text(from.text, node.folding);
  if (node.source == Source::kHeader) {
    node.name = field_name(from);
  } else if (node.text.empty()) {
    // RFC 9051 §6.4.4: the empty string is in every message.
    node.op = SearchOp::kAll;
    node.source = Source::kRow;
  }
}

void Plan::bind(PlanNode& node, const imap::SearchNode& from, const MailboxVersion& version,
                const SearchContext& context) {
  node.op = from.op;
  node.source = source_of(from.op);
  node.number = from.number;
  node.date = from.date;
  if (has_text(from.op)) bind_text(node, from);
  switch (from.op) {
    case SearchOp::kOlder:
    case SearchOp::kYounger:
      node.moment = context.now - static_cast<std::int64_t>(from.number);
      break;
    case SearchOp::kEmailId:
      // No message has an id that is none of ours.
      if (const auto email = mailstore::parse_email_object_id(account_, from.text))
        node.number = email->value();
      break;
    case SearchOp::kThreadId:
      node.text = from.text;
      break;
    default:
      break;
  }
  if (from.op == SearchOp::kKeyword || from.op == SearchOp::kUnkeyword) {
    const std::vector<std::string>& table = version.keywords();
    const auto at = std::find_if(table.begin(), table.end(),
                                 [&](const std::string& k) { return iequals(k, from.text); });
    if (at != table.end()) node.keyword = static_cast<std::size_t>(at - table.begin());
  }
  if (from.op == SearchOp::kUid || from.op == SearchOp::kSeqSet) {
    if (from.set.is_saved_result()) {
      node.op = SearchOp::kUid;
      node.uids = context.saved_result;
    } else if (from.op == SearchOp::kUid) {
      node.uids = from.set.resolve<Uid>(version.last_uid().value());
    } else {
      node.seqs = from.set.resolve<SeqNum>(version.exists());
    }
  }
}

std::uint32_t Plan::add(PlanNode node) {
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  for (const std::uint32_t operand : node.operands) nodes_[operand].parent = index;
  if (node.source == Source::kHeader) by_field_[node.name].push_back(index);
  node.parent = index;
  nodes_.push_back(std::move(node));
  return index;
}

void Plan::add_leaf(PlanNode node, std::vector<std::uint32_t>& stack) {
  std::vector<std::string> words;
  if (node.folding == Folding::kLoose) words = words_of(node.text);
  if (words.size() < 2) {
    if (!words.empty()) node.text = std::move(words.front());
    stack.push_back(add(std::move(node)));
    return;
  }
  PlanNode all;
  all.op = SearchOp::kAnd;
  for (std::string& word : words) {
    PlanNode leaf = node;
    leaf.text = std::move(word);
    all.operands.push_back(add(std::move(leaf)));
  }
  stack.push_back(add(std::move(all)));
}

Result<Plan> Plan::compile(const imap::SearchProgram& program, const MailboxVersion& version,
                           AccountId account, const SearchContext& context) {
  if (program.nodes.size() > kMaxSearchNodes) return fail(Errc::kLimit, "search keys");
  Plan plan;
  plan.account_ = account;
  plan.recent_ = context.recent;
  std::vector<std::uint32_t> stack;
  for (const imap::SearchNode& from : program.nodes) {
    PlanNode node;
    plan.bind(node, from, version, context);
    if (node.source != Source::kOperator) {
      plan.add_leaf(std::move(node), stack);
      if (plan.nodes_.size() > kMaxSearchNodes) return fail(Errc::kLimit, "search keys");
      continue;
    }
    const std::size_t count = from.count;
    if (count > stack.size() || (from.op == SearchOp::kNot && count != 1))
      return fail(Errc::kInvalid, "search program");
    node.operands.assign(stack.end() - static_cast<std::ptrdiff_t>(count), stack.end());
    stack.resize(stack.size() - count);
    stack.push_back(plan.add(std::move(node)));
  }
  if (stack.size() != 1) return fail(Errc::kInvalid, "search program");
  return plan;
}

const std::vector<std::uint32_t>* Plan::leaves_for_field(const std::string& lower_name) const {
  const auto found = by_field_.find(lower_name);
  return found == by_field_.end() ? nullptr : &found->second;
}

bool Plan::decide_by_row(const PlanNode& leaf, const MailboxVersion::MessageRef& message) const {
  const mailstore::MessageRow& row = *message.row;
  const auto has = [&message](SystemFlag flag) { return (message.flags().system & flag) != 0; };
  const bool recent = recent_.contains(row.uid);
  switch (leaf.op) {
    case SearchOp::kAll:
      return true;
    case SearchOp::kAnswered:
      return has(mailstore::kAnswered);
    case SearchOp::kDeleted:
      return has(mailstore::kDeleted);
    case SearchOp::kDraft:
      return has(mailstore::kDraft);
    case SearchOp::kFlagged:
      return has(mailstore::kFlagged);
    case SearchOp::kSeen:
      return has(mailstore::kSeen);
    case SearchOp::kUnanswered:
      return !has(mailstore::kAnswered);
    case SearchOp::kUndeleted:
      return !has(mailstore::kDeleted);
    case SearchOp::kUndraft:
      return !has(mailstore::kDraft);
    case SearchOp::kUnflagged:
      return !has(mailstore::kFlagged);
    case SearchOp::kUnseen:
      return !has(mailstore::kSeen);
    case SearchOp::kNew:
      return recent && !has(mailstore::kSeen);
    case SearchOp::kOld:
      return !recent;
    case SearchOp::kRecent:
      return recent;
    case SearchOp::kKeyword:
      return leaf.keyword != SIZE_MAX && message.flags().keywords.test(leaf.keyword);
    case SearchOp::kUnkeyword:
      return leaf.keyword == SIZE_MAX || !message.flags().keywords.test(leaf.keyword);
    case SearchOp::kLarger:
      return row.size > leaf.number;
    case SearchOp::kSmaller:
      return row.size < leaf.number;
    case SearchOp::kModSeq:
      return row.modseq.value() >= leaf.number;
    case SearchOp::kBefore:
      return day_of(row) < leaf.date;
    case SearchOp::kOn:
      return day_of(row) == leaf.date;
    case SearchOp::kSince:
      return day_of(row) >= leaf.date;
    case SearchOp::kSeqSet:
      return leaf.seqs.contains(message.seq);
    case SearchOp::kUid:
      return leaf.uids.contains(row.uid);
    // RFC 5032 §2: to the second, and the target time itself belongs to both.
    case SearchOp::kOlder:
      return row.internal_date <= leaf.moment;
    case SearchOp::kYounger:
      return row.internal_date >= leaf.moment;
    // RFC 8514 §4.3: disregarding the time; save dates are told in UTC.
    case SearchOp::kSavedBefore:
      return day_at(row.save_date) < leaf.date;
    case SearchOp::kSavedOn:
      return day_at(row.save_date) == leaf.date;
    case SearchOp::kSavedSince:
      return day_at(row.save_date) >= leaf.date;
    case SearchOp::kSaveDateSupported:
      return true;
    case SearchOp::kEmailId:
      return row.email.value() == leaf.number;
    default:
      return false;
  }
}

Evaluation::Evaluation(const Plan& plan)
    : plan_(plan), values_(plan.nodes().size(), Truth::kUnknown) {}

void Evaluation::start(const MailboxVersion::MessageRef& message) {
  const std::vector<PlanNode>& nodes = plan_.nodes();
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].source == Source::kRow) {
      set(i, plan_.decide_by_row(nodes[i], message));
    } else {
      values_[i] = Truth::kUnknown;
    }
  }
}

Truth Evaluation::combine(const PlanNode& node) const {
  if (node.op == SearchOp::kNot) {
    const Truth value = values_[node.operands.front()];
    return value == Truth::kUnknown ? value : value == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
  }
  // The least operand decides an AND, the greatest an OR; Truth is ordered for that.
  const bool all = node.op == SearchOp::kAnd;
  Truth result = all ? Truth::kTrue : Truth::kFalse;
  for (const std::uint32_t operand : node.operands) {
    result = all ? std::min(result, values_[operand]) : std::max(result, values_[operand]);
  }
  return result;
}

Truth Evaluation::settle() {
  const std::vector<PlanNode>& nodes = plan_.nodes();
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].source == Source::kOperator) values_[i] = combine(nodes[i]);
  }
  return values_.back();
}

std::vector<std::uint32_t> Evaluation::open_leaves(Source source) {
  const std::vector<PlanNode>& nodes = plan_.nodes();
  relevant_.assign(nodes.size(), false);
  std::vector<std::uint32_t> open;
  // A parent comes after its operands, so downwards from the root each parent is decided first.
  for (std::size_t i = nodes.size(); i-- > 0;) {
    const bool root = nodes[i].parent == i;
    relevant_[i] = values_[i] == Truth::kUnknown && (root || relevant_[nodes[i].parent]);
    if (relevant_[i] && nodes[i].source == source) open.push_back(static_cast<std::uint32_t>(i));
  }
  return open;
}

}  // namespace postern::search
