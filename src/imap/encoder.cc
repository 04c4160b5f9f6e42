#include "imap/encoder.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/quote.h"
#include "imap/parser.h"
#include "imap/syntax.h"

namespace postern::imap {
namespace {

// header-fld-name as astring: most are atoms and are repeated as the client sent them.
void append_field_name(std::string& out, std::string_view name) {
  if (!name.empty() && std::all_of(name.begin(), name.end(), is_astring_char)) {
    out += name;
  } else {
    append_string(out, name);
  }
}

std::string_view section_text_name(SectionText text) {
  switch (text) {
    case SectionText::kAll:
      break;
    case SectionText::kHeader:
      return "HEADER";
    case SectionText::kHeaderFields:
      return "HEADER.FIELDS";
    case SectionText::kHeaderFieldsNot:
      return "HEADER.FIELDS.NOT";
    case SectionText::kText:
      return "TEXT";
    case SectionText::kMime:
      return "MIME";
  }
  return {};
}

}  // namespace

void append_mailbox(std::string& out, std::string_view name, bool utf8) {
  if (!utf8) {
    // Modified UTF-7 is printable ASCII throughout.
    append_quoted(out, encode_mutf7(name));
    return;
  }
  // SECURITY: a name cannot hold line ends, and if one did it would be counted, not sent as a line.
  const bool line_safe =
      name.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
  if (line_safe) {
    append_quoted(out, name);
  } else {
    append_literal(out, name);
  }
}

void append_section(std::string& out, const Section& section,
                    const std::optional<Partial>& partial) {
  out += '[';
  for (const std::uint32_t number : section.part) {
    append_number(out, number);
    out += '.';
  }
  if (section.text == SectionText::kAll && !section.part.empty()) out.pop_back();
  out += section_text_name(section.text);
  if (section.text == SectionText::kHeaderFields || section.text == SectionText::kHeaderFieldsNot) {
    out += " (";
    for (const std::string& field : section.fields) {
      if (&field != &section.fields.front()) out += ' ';
      append_field_name(out, field);
    }
    out += ')';
  }
  out += ']';
  // RFC 9051 §7.5.2: the origin octet only; the length is told by the string itself.
  if (partial.has_value()) {
    out += '<';
    append_number(out, partial->offset);
    out += '>';
  }
}

void append_date_time(std::string& out, const DateTime& when) {
  out += '"';
  out += encode_date_time(when);
  out += '"';
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), end);
}

std::string_view to_string(StatusItem item) {
  switch (item) {
    case StatusItem::kMessages:
      return "MESSAGES";
    case StatusItem::kRecent:
      return "RECENT";
    case StatusItem::kUidNext:
      return "UIDNEXT";
    case StatusItem::kUidValidity:
      return "UIDVALIDITY";
    case StatusItem::kUnseen:
      return "UNSEEN";
    case StatusItem::kDeleted:
      return "DELETED";
    case StatusItem::kSize:
      return "SIZE";
    case StatusItem::kHighestModSeq:
      return "HIGHESTMODSEQ";
    case StatusItem::kAppendLimit:
      return "APPENDLIMIT";
    case StatusItem::kDeletedStorage:
      return "DELETED-STORAGE";
    case StatusItem::kMailboxId:
      return "MAILBOXID";
  }
  return {};
}

}  // namespace postern::imap
