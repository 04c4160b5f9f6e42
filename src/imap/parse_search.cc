// SEARCH (RFC 9051 §6.4.4, RFC 4731, RFC 5182) and its program: from prefix to postfix with a stack
// of its own. No recursion: NOT and "(" nest as deep as the limit and not as the machine's stack.
#include "base/ascii.h"
#include "imap/parse_rules.h"
#include "imap/search_key.h"

namespace postern::imap {
namespace {

constexpr std::size_t kMaxNodes = 2'000;
constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxCharset = 64;

struct OptionName {
  std::string_view name;
  ReturnOption option;
};
constexpr OptionName kReturnOptions[] = {
    {"MIN", ReturnOption::kMin},   {"MAX", ReturnOption::kMax},
    {"ALL", ReturnOption::kAll},   {"COUNT", ReturnOption::kCount},
    {"SAVE", ReturnOption::kSave}, {"RELEVANCY", ReturnOption::kRelevancy}};

std::vector<ReturnOption> parse_search_return_opts(Cursor& in) {
  std::vector<ReturnOption> options;
  in.expect('(', "return options in parentheses");
  if (in.try_char(')')) return options;
  while (in.ok()) {
    bool known = false;
    for (const OptionName& row : kReturnOptions) {
      if (!in.try_keyword(row.name)) continue;
      known = true;
      if (row.option == ReturnOption::kSave) in.note_save();
      if (std::find(options.begin(), options.end(), row.option) == options.end())
        options.push_back(row.option);
      break;
    }
    if (!known) in.fail("MIN, MAX, ALL, COUNT, SAVE or RELEVANCY");
    if (in.try_char(')')) break;
    in.space();
  }
  return options;
}

// An operator that waits for operands.
struct Open {
  enum class Kind : std::uint8_t { kTop, kGroup, kNot, kOr, kFuzzy };
  Kind kind = Kind::kTop;
  std::uint32_t operands = 0;
};

class ProgramParser {
 public:
  ProgramParser(Cursor& in, SearchText text) : in_(in), text_(text) { stack_.push_back({}); }

  SearchProgram parse() {
    while (in_.ok() && !stack_.empty()) {
      if (in_.try_char('(')) {
        open(Open::Kind::kGroup);
      } else if (in_.try_keyword("NOT")) {
        in_.space();
        open(Open::Kind::kNot);
      } else if (in_.try_keyword("OR")) {
        in_.space();
        open(Open::Kind::kOr);
      } else if (in_.try_keyword("FUZZY")) {
        in_.space();
        open(Open::Kind::kFuzzy);
        ++fuzzy_;
        program_.uses_fuzzy = true;
      } else {
        emit(parse_search_key(in_, text_));
        close_complete();
      }
    }
    return std::move(program_);
  }

 private:
  void open(Open::Kind kind) {
    if (stack_.size() > kMaxDepth)
      in_.fail_at(in_.offset(), Errc::kLimit, "search too deeply nested");
    stack_.push_back({.kind = kind});
  }

  void emit(SearchNode node) {
    if (program_.nodes.size() == kMaxNodes)
      in_.fail_at(in_.offset(), Errc::kLimit, "too many search keys");
    program_.uses_modseq = program_.uses_modseq || node.op == SearchOp::kModSeq;
    program_.uses_sequence =
        program_.uses_sequence || (node.op == SearchOp::kSeqSet && !node.set.is_saved_result());
    node.fuzzy = fuzzy_ > 0;
    program_.nodes.push_back(std::move(node));
  }

  // After an operand: ends every operator that it completes, then expects the next operand.
  void close_complete() {
    while (in_.ok() && !stack_.empty()) {
      Open& top = stack_.back();
      ++top.operands;
      const std::uint32_t operands = top.operands;
      bool complete = false;
      SearchOp op = SearchOp::kAnd;
      switch (top.kind) {
        case Open::Kind::kNot:
          complete = true;
          op = SearchOp::kNot;
          break;
        case Open::Kind::kOr:
          complete = operands == 2;
          op = SearchOp::kOr;
          break;
        case Open::Kind::kFuzzy:
          // No operator of its own: the keys below it say that they are fuzzy.
          complete = true;
          --fuzzy_;
          break;
        case Open::Kind::kGroup:
          complete = in_.try_char(')');
          break;
        case Open::Kind::kTop:
          complete = in_.at_end();
          break;
      }
      if (!complete) {
        in_.space();
        return;
      }
      // A list of one key is the key itself.
      if (op != SearchOp::kAnd || operands > 1) emit({.op = op, .count = operands});
      stack_.pop_back();
    }
  }

  Cursor& in_;
  SearchText text_;
  SearchProgram program_;
  std::vector<Open> stack_;
  std::size_t fuzzy_ = 0;  // FUZZYs that are open
};

}  // namespace

SearchArgs parse_search(Cursor& in, Addressing by) {
  SearchArgs args{.by = by};
  in.space();
  if (in.try_keyword("RETURN")) {
    in.space();
    args.return_options = parse_search_return_opts(in);
    in.space();
  }
  SearchText text = SearchText::kUtf8;
  if (in.try_keyword("CHARSET")) {
    in.space();
    const std::size_t start = in.offset();
    args.charset = to_upper(in.astring("a charset"));
    if (args.charset.size() > kMaxCharset)
      in.fail_at(start, Errc::kCannot, "charset not supported");
    // DEVIATION: RFC 6855 §3 would refuse CHARSET after ENABLE UTF8=ACCEPT. RFC 9051 allows it, and
    // "UTF-8" says nothing else than the mode does.
    const bool known = args.charset == "UTF-8" || args.charset == "US-ASCII";
    if (args.charset == "US-ASCII") text = SearchText::kAscii;
    if (!known) text = SearchText::kOther;
    in.space();
  }
  const std::size_t start = in.offset();
  args.program = ProgramParser(in, text).parse();
  // RFC 6203 §4: RELEVANCY is for searches with a FUZZY key.
  if (in.ok() && !args.program.uses_fuzzy && args.return_options.has_value() &&
      std::find(args.return_options->begin(), args.return_options->end(),
                ReturnOption::kRelevancy) != args.return_options->end()) {
    in.fail_at(start, Errc::kInvalid, "a FUZZY key beside RELEVANCY");
  }
  return args;
}

}  // namespace postern::imap
