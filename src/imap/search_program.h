// search-key (RFC 9051 §6.4.4, RFC 7162 §3.1.5) as a flat program in postfix order: operands before
// their operator, so that building and evaluating need no recursion.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imap/number_set.h"

namespace postern::imap {

enum class SearchOp : std::uint8_t {
  // operators; `count` operands precede them
  kAnd, kOr, kNot,
  // leaves without argument
  kAll, kAnswered, kDeleted, kDraft, kFlagged, kNew, kOld, kRecent, kSeen,
  kUnanswered, kUndeleted, kUndraft, kUnflagged, kUnseen,
  // leaves with `text`
  kBcc, kBody, kCc, kFrom, kSubject, kText, kTo, kKeyword, kUnkeyword,
  kHeader,  // `name` and `text`
  // leaves with `number`
  kLarger, kSmaller,  // octets
  kModSeq,            // at least
  // leaves with `date`
  kBefore, kOn, kSince, kSentBefore, kSentOn, kSentSince,
  // leaves with `set`
  kSeqSet, kUid,
};

struct SearchNode {
  SearchOp op = SearchOp::kAll;
  std::uint32_t count = 0;
  std::uint64_t number = 0;
  std::int32_t date = 0;  // days since 1970-01-01, no zone (RFC 9051: date without regard to time and zone)
  std::string name;       // header field name as sent
  std::string text;       // UTF-8, converted from the command's charset; as sent, not folded
  NumberSet set;
};

struct SearchProgram {
  std::vector<SearchNode> nodes;  // postfix; never empty after parsing
  bool uses_modseq = false;       // a MODSEQ key occurs (RFC 7162: answer with MODSEQ, enables CONDSTORE)
};

}  // namespace postern::imap
