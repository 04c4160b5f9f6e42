// section, section-binary and partial of FETCH (RFC 9051 §9).
#include <array>

#include "imap/parse_rules.h"

namespace postern::imap {
namespace {

// LIMIT: deeper than any structure that is kept (MIME depth 100).
constexpr std::size_t kMaxPartDepth = 200;

// section-part = nz-number *("." nz-number), and "." before a section-text that follows.
// True if a section-text must follow.
bool parse_section_part(Cursor& in, std::vector<std::uint32_t>& part) {
  const auto at_digit = [&in] { return in.peek() >= '0' && in.peek() <= '9'; };
  while (at_digit()) {
    part.push_back(in.nz_number("a part number"));
    if (part.size() > kMaxPartDepth) in.fail_at(in.offset(), Errc::kLimit, "part number too deep");
    if (!in.try_char('.')) return false;
  }
  return true;
}

// header-list = "(" header-fld-name *(SP header-fld-name) ")"
void parse_header_list(Cursor& in, std::vector<std::string>& fields) {
  in.expect('(', "header field names in parentheses");
  while (in.ok()) {
    fields.push_back(in.astring("a header field name"));
    if (fields.size() > kMaxItems)
      in.fail_at(in.offset(), Errc::kLimit, "too many header field names");
    if (in.try_char(')')) break;
    in.expect(' ', "one space or \")\" in the list of header field names");
  }
}

void parse_section_text(Cursor& in, Section& section) {
  if (in.try_keyword("HEADER.FIELDS.NOT")) {
    section.text = SectionText::kHeaderFieldsNot;
  } else if (in.try_keyword("HEADER.FIELDS")) {
    section.text = SectionText::kHeaderFields;
  } else if (in.try_keyword("HEADER")) {
    section.text = SectionText::kHeader;
  } else if (in.try_keyword("TEXT")) {
    section.text = SectionText::kText;
  } else if (!section.part.empty() && in.try_keyword("MIME")) {
    // section-text: MIME is the header of a part, never of the message.
    section.text = SectionText::kMime;
  } else {
    in.fail("HEADER, HEADER.FIELDS, TEXT, MIME or a part number");
  }
  if (section.text == SectionText::kHeaderFields || section.text == SectionText::kHeaderFieldsNot) {
    in.space();
    parse_header_list(in, section.fields);
  }
}

}  // namespace

Section parse_section(Cursor& in) {
  Section section;
  in.expect('[', "a section in brackets");
  if (in.try_char(']')) return section;
  if (parse_section_part(in, section.part)) parse_section_text(in, section);
  in.expect(']', "\"]\" after the section");
  return section;
}

Section parse_section_binary(Cursor& in) {
  Section section;
  in.expect('[', "a part number in brackets");
  if (in.try_char(']')) return section;
  if (parse_section_part(in, section.part)) in.fail("a part number");
  in.expect(']', "\"]\" after the part number");
  return section;
}

std::optional<Partial> parse_partial(Cursor& in) {
  if (!in.try_char('<')) return std::nullopt;
  Partial partial;
  partial.offset = in.number64("an offset");
  in.expect('.', "\".\" between offset and length");
  partial.length = in.nz_number64("a length");
  in.expect('>', "\">\" after the length");
  return partial;
}

}  // namespace postern::imap
