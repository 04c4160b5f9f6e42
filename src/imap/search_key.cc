#include "imap/search_key.h"

#include <array>

#include "base/ascii.h"
#include "imap/date.h"
#include "imap/syntax.h"

namespace postern::imap {
namespace {

enum class KeyArg : std::uint8_t {
  kNone,
  kText,
  kFlag,
  kHeader,
  kNumber,
  kModSeq,
  kDate,
  kUidSet,
  kInterval,
  kObjectId
};

struct KeyRow {
  std::string_view name;
  SearchOp op;
  KeyArg arg;
};

constexpr std::array<KeyRow, 42> kKeys = {{
    {"ALL", SearchOp::kAll, KeyArg::kNone},
    {"ANSWERED", SearchOp::kAnswered, KeyArg::kNone},
    {"DELETED", SearchOp::kDeleted, KeyArg::kNone},
    {"DRAFT", SearchOp::kDraft, KeyArg::kNone},
    {"FLAGGED", SearchOp::kFlagged, KeyArg::kNone},
    {"NEW", SearchOp::kNew, KeyArg::kNone},
    {"OLD", SearchOp::kOld, KeyArg::kNone},
    {"RECENT", SearchOp::kRecent, KeyArg::kNone},
    {"SEEN", SearchOp::kSeen, KeyArg::kNone},
    {"UNANSWERED", SearchOp::kUnanswered, KeyArg::kNone},
    {"UNDELETED", SearchOp::kUndeleted, KeyArg::kNone},
    {"UNDRAFT", SearchOp::kUndraft, KeyArg::kNone},
    {"UNFLAGGED", SearchOp::kUnflagged, KeyArg::kNone},
    {"UNSEEN", SearchOp::kUnseen, KeyArg::kNone},
    {"BCC", SearchOp::kBcc, KeyArg::kText},
    {"BODY", SearchOp::kBody, KeyArg::kText},
    {"CC", SearchOp::kCc, KeyArg::kText},
    {"FROM", SearchOp::kFrom, KeyArg::kText},
    {"SUBJECT", SearchOp::kSubject, KeyArg::kText},
    {"TEXT", SearchOp::kText, KeyArg::kText},
    {"TO", SearchOp::kTo, KeyArg::kText},
    {"KEYWORD", SearchOp::kKeyword, KeyArg::kFlag},
    {"UNKEYWORD", SearchOp::kUnkeyword, KeyArg::kFlag},
    {"HEADER", SearchOp::kHeader, KeyArg::kHeader},
    {"LARGER", SearchOp::kLarger, KeyArg::kNumber},
    {"SMALLER", SearchOp::kSmaller, KeyArg::kNumber},
    {"MODSEQ", SearchOp::kModSeq, KeyArg::kModSeq},
    {"BEFORE", SearchOp::kBefore, KeyArg::kDate},
    {"ON", SearchOp::kOn, KeyArg::kDate},
    {"SINCE", SearchOp::kSince, KeyArg::kDate},
    {"SENTBEFORE", SearchOp::kSentBefore, KeyArg::kDate},
    {"SENTON", SearchOp::kSentOn, KeyArg::kDate},
    {"SENTSINCE", SearchOp::kSentSince, KeyArg::kDate},
    {"UID", SearchOp::kUid, KeyArg::kUidSet},
    {"OLDER", SearchOp::kOlder, KeyArg::kInterval},
    {"YOUNGER", SearchOp::kYounger, KeyArg::kInterval},
    {"SAVEDBEFORE", SearchOp::kSavedBefore, KeyArg::kDate},
    {"SAVEDON", SearchOp::kSavedOn, KeyArg::kDate},
    {"SAVEDSINCE", SearchOp::kSavedSince, KeyArg::kDate},
    {"SAVEDATESUPPORTED", SearchOp::kSaveDateSupported, KeyArg::kNone},
    {"EMAILID", SearchOp::kEmailId, KeyArg::kObjectId},
    {"THREADID", SearchOp::kThreadId, KeyArg::kObjectId},
}};

// objectid = 1*255(ALPHA / DIGIT / "_" / "-") (RFC 8474 §7)
std::string parse_object_id(Cursor& in) {
  constexpr std::size_t kMaxObjectId = 255;
  const std::size_t start = in.offset();
  const std::string_view id = in.run([](char c) {
    return ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '_' ||
           c == '-';
  });
  if (id.empty() || id.size() > kMaxObjectId) in.fail_at(start, Errc::kInvalid, "an object id");
  return std::string(id);
}

std::string parse_search_text(Cursor& in, SearchText charset) {
  const std::size_t start = in.offset();
  std::string text = in.astring("a search string");
  const bool valid = charset == SearchText::kOther ||
                     (charset == SearchText::kUtf8 && is_utf8(text)) ||
                     (charset == SearchText::kAscii && is_ascii(text));
  if (!valid) in.fail_at(start, Errc::kInvalid, "a search string in the command's charset");
  return text;
}

std::int32_t parse_search_date(Cursor& in) {
  const std::size_t start = in.offset();
  const bool quotes = in.try_char('"');
  const auto date = parse_date(in.run(is_atom_char));
  if (quotes) in.expect('"', "a closed quoted date");
  if (!date.has_value()) in.fail_at(start, Errc::kInvalid, "a date such as 1-Feb-1994");
  return date.value_or(0);
}

// search-modsequence = "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer. There is
// one mod-sequence per message here, so the entry is read and not kept (RFC 7162 §3.1.5 allows
// that).
std::uint64_t parse_search_modseq(Cursor& in) {
  if (in.peek() == '"') {
    const std::size_t start = in.offset();
    if (!in.quoted("an entry name").starts_with("/flags/")) {
      in.fail_at(start, Errc::kInvalid, "an entry name of the form \"/flags/...\"");
    }
    in.space();
    if (!in.try_keyword("priv") && !in.try_keyword("shared") && !in.try_keyword("all")) {
      in.fail("priv, shared or all");
    }
    in.space();
  }
  return in.number64("a mod-sequence");
}

void parse_key_args(Cursor& in, KeyArg arg, SearchText charset, SearchNode& node) {
  if (arg != KeyArg::kNone) in.space();
  switch (arg) {
    case KeyArg::kNone:
      break;
    case KeyArg::kText:
      node.text = parse_search_text(in, charset);
      break;
    case KeyArg::kFlag:
      node.text = in.atom("a keyword");
      break;
    case KeyArg::kHeader:
      node.name = in.astring("a header field name");
      in.space();
      node.text = parse_search_text(in, charset);
      break;
    case KeyArg::kNumber:
      node.number = in.number64("a number of octets");
      break;
    case KeyArg::kModSeq:
      node.number = parse_search_modseq(in);
      break;
    case KeyArg::kDate:
      node.date = parse_search_date(in);
      break;
    case KeyArg::kUidSet:
      node.set = in.sequence_set("a set of UIDs");
      break;
    case KeyArg::kInterval:
      node.number = in.nz_number("a number of seconds, not 0");
      break;
    case KeyArg::kObjectId:
      node.text = parse_object_id(in);
      break;
  }
}

}  // namespace

SearchNode parse_search_key(Cursor& in, SearchText text) {
  SearchNode node;
  if (ascii_digit(in.peek()) || in.peek() == '*' || in.peek() == '$') {
    node.op = SearchOp::kSeqSet;
    node.set = in.sequence_set("a sequence set");
    return node;
  }
  const std::size_t start = in.offset();
  const std::string_view name = in.run(is_atom_char);
  for (const KeyRow& row : kKeys) {
    if (!iequals(row.name, name)) continue;
    node.op = row.op;
    parse_key_args(in, row.arg, text, node);
    return node;
  }
  in.fail_at(start, Errc::kInvalid, "a search key");
  return node;
}

}  // namespace postern::imap
