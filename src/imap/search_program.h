// search-key (RFC 9051 §6.4.4, RFC 7162 §3.1.5, RFC 5032, RFC 8514 §4.3, RFC 8474 §6, RFC 6203 §3)
// as a flat program in postfix order: operands before
// their operator, so that building and evaluating need no recursion.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imap/number_set.h"

namespace postern::imap {

enum class SearchOp : std::uint8_t {
  // operators; `count` operands precede them
  kAnd,
  kOr,
  kNot,
  // leaves without argument
  kAll,
  kAnswered,
  kDeleted,
  kDraft,
  kFlagged,
  kNew,
  kOld,
  kRecent,
  kSeen,
  kUnanswered,
  kUndeleted,
  kUndraft,
  kUnflagged,
  kUnseen,
  // leaves with `text`
  kBcc,
  kBody,
  kCc,
  kFrom,
  kSubject,
  kText,
  kTo,
  kKeyword,
  kUnkeyword,
  kHeader,  // `name` and `text`
  // leaves with `number`
  kLarger,
  kSmaller,  // octets
  kModSeq,   // at least
  // leaves with `date`
  kBefore,
  kOn,
  kSince,
  kSentBefore,
  kSentOn,
  kSentSince,
  // leaves with `set`
  kSeqSet,
  kUid,
  // leaves with `number`: seconds before now (RFC 5032 §2)
  kOlder,
  kYounger,
  // leaves with `date` (RFC 8514 §4.3)
  kSavedBefore,
  kSavedOn,
  kSavedSince,
  kSaveDateSupported,  // without argument
  // leaves with `text`: an objectid (RFC 8474 §6)
  kEmailId,
  kThreadId,
};

struct SearchNode {
  SearchOp op = SearchOp::kAll;
  std::uint32_t count = 0;
  std::uint64_t number = 0;
  // Days since 1970-01-01, without zone (RFC 9051 §6.4.4: time and zone are disregarded).
  std::int32_t date = 0;
  std::string name;  // header field name as sent
  // As sent, not folded: valid UTF-8, unless SearchArgs::charset names another charset than UTF-8
  // and US-ASCII; then the session converts it or refuses the command.
  std::string text;
  NumberSet set;
  bool fuzzy = false;  // stands under FUZZY (RFC 6203 §3)
};

struct SearchProgram {
  std::vector<SearchNode> nodes;  // postfix; never empty after parsing
  // A MODSEQ key occurs (RFC 7162 §3.1.5: the answer carries MODSEQ, CONDSTORE is enabled).
  bool uses_modseq = false;
  // A key counts messages ("$" does not): EXPUNGE must wait, under UID SEARCH too (RFC 7162
  // §3.2.10.2).
  bool uses_sequence = false;
  // A FUZZY key occurs: RELEVANCY may be asked for (RFC 6203 §4).
  bool uses_fuzzy = false;
};

}  // namespace postern::imap
