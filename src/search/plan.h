// Plan: a search program bound to one mailbox version. Sets are resolved, keywords looked up, texts
// folded.
//
// Evaluation: what is known of each node for one message, in three values. Unknown leaves are
// filled in by whoever has read the record, the header or the text; irrelevant ones never need to
// be.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "imap/search_program.h"
#include "mailstore/version.h"
#include "mime/message.h"
#include "search/search.h"

namespace postern::search {

// What must be at hand to decide a leaf, by cost.
enum class Source : std::uint8_t { kOperator, kRow, kRecord, kHeader, kText, kBody };

// How texts are compared: by i;unicode-casemap, or as FUZZY does.
enum class Folding : std::uint8_t { kCasemap, kLoose };
[[nodiscard]] std::string fold_text(std::string_view utf8, Folding folding);
// Keys whose text is looked for in the message.
[[nodiscard]] bool has_text(imap::SearchOp op);
// The words of a folded text, each once: runs of letters, digits and whatever is not ASCII.
[[nodiscard]] std::vector<std::string> words_of(std::string_view folded);

struct PlanNode {
  imap::SearchOp op = imap::SearchOp::kAll;
  Source source = Source::kOperator;
  std::uint32_t parent = 0;             // of the root: itself
  std::vector<std::uint32_t> operands;  // of an operator
  std::uint64_t number = 0;
  std::int64_t moment = 0;  // unix seconds
  std::int32_t date = 0;
  std::string name;  // header field, lower case
  std::string text;  // folded; an objectid as it is
  Folding folding = Folding::kCasemap;
  UidSet uids;
  SeqSet seqs;
  std::size_t keyword = SIZE_MAX;  // index into the version's table; SIZE_MAX: nobody has it
};

class Plan {
 public:
  // `account` is that of the mailbox: object ids name it.
  [[nodiscard]] static Result<Plan> compile(const imap::SearchProgram& program,
                                            const mailstore::MailboxVersion& version,
                                            AccountId account, const SearchContext& context);

  [[nodiscard]] AccountId account() const { return account_; }

  [[nodiscard]] const std::vector<PlanNode>& nodes() const { return nodes_; }
  [[nodiscard]] bool decide_by_row(const PlanNode& leaf,
                                   const mailstore::MailboxVersion::MessageRef& message) const;
  // Leaves that look at the header field `lower_name`; null when none does.
  [[nodiscard]] const std::vector<std::uint32_t>* leaves_for_field(
      const std::string& lower_name) const;

 private:
  void bind(PlanNode& node, const imap::SearchNode& from, const mailstore::MailboxVersion& version,
            const SearchContext& context);
  void bind_text(PlanNode& node, const imap::SearchNode& from);
  // Adds a leaf, or for a fuzzy text one for each word and their AND.
  void add_leaf(PlanNode node, std::vector<std::uint32_t>& stack);
  std::uint32_t add(PlanNode node);

  AccountId account_;
  std::vector<PlanNode> nodes_;  // postfix: the root is the last
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_field_;
  UidSet recent_;
};

enum class Truth : std::uint8_t { kFalse, kUnknown, kTrue };

class Evaluation {
 public:
  explicit Evaluation(const Plan& plan);  // the plan outlives it

  // Forgets the message before, decides all leaves the row decides.
  void start(const mailstore::MailboxVersion::MessageRef& message);
  void set(std::uint32_t leaf, bool holds) { values_[leaf] = holds ? Truth::kTrue : Truth::kFalse; }
  // Computes the operators from the leaves. The program's value follows.
  Truth settle();
  // After settle(): the unknown leaves that can still change the program's value and have this
  // source.
  [[nodiscard]] std::vector<std::uint32_t> open_leaves(Source source);

 private:
  [[nodiscard]] Truth combine(const PlanNode& node) const;
  const Plan& plan_;
  std::vector<Truth> values_;
  std::vector<bool> relevant_;
};

}  // namespace postern::search
