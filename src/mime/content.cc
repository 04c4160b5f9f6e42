#include "mime/content.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "mime/fields.h"
#include "mime/lexer.h"
#include "mime/limits.h"

namespace postern::mime {
namespace {

// One parameter as written: name*section*= (RFC 2231 §7).
struct Piece {
  std::string base;
  std::optional<std::uint32_t> section;
  bool extended = false;
  std::string value;
  bool used = false;
};

Piece make_piece(std::string name, std::string value) {
  Piece piece{.base = std::move(name), .section = std::nullopt, .value = std::move(value)};
  if (piece.base.size() > 1 && piece.base.back() == '*') {
    piece.extended = true;
    piece.base.pop_back();
  }
  const std::size_t star = piece.base.rfind('*');
  if (star != std::string::npos && star > 0) {
    piece.section = parse_decimal<std::uint32_t>(std::string_view(piece.base).substr(star + 1));
    if (piece.section.has_value()) piece.base.resize(star);
  }
  return piece;
}

// A parameter value outside quotes ends at a blank, except for file names, which senders forget to
// quote.
std::string bare_value(Lexer& lexer, std::string_view name) {
  if (name == "name" || name == "filename") return std::string(trim(lexer.until(";")));
  return std::string(lexer.run(";("));
}

std::vector<Piece> parse_pieces(Lexer& lexer) {
  std::vector<Piece> pieces;
  while (pieces.size() < kMaxParameters) {
    // Whatever stands before the next ';' is junk.
    for (;;) {
      lexer.skip_cfws();
      if (lexer.at_end() || lexer.peek() == ';') break;
      if (lexer.peek() == '"') {
        lexer.quoted();
      } else if (lexer.run(";\"(").empty()) {
        lexer.skip();
      }
    }
    if (!lexer.accept(';')) return pieces;
    lexer.skip_cfws();
    std::string name = to_lower(lexer.run("=;(\""));
    lexer.skip_cfws();
    if (name.empty() || !lexer.accept('=')) continue;
    lexer.skip_cfws();
    std::string value = lexer.peek() == '"' ? lexer.quoted() : bare_value(lexer, name);
    pieces.push_back(make_piece(std::move(name), std::move(value)));
  }
  return pieces;
}

// RFC 2231 §7 attribute-char is what needs no encoding in an extended value.
void append_percent_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kEncode = "*'%()<>@,;:\\\"/[]?=";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f || kEncode.find(c) != kEncode.npos) {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
}

// Joins the sections of `base` in the order of their numbers. At most kMaxParameters pieces: the
// double loop over them is bounded.
Parameter join_sections(std::vector<Piece>& pieces, std::string_view base) {
  std::vector<Piece*> sections;
  for (Piece& piece : pieces) {
    if (!piece.section.has_value() || piece.base != base || piece.used) continue;
    piece.used = true;
    sections.push_back(&piece);
  }
  // Equal numbers in the order they were sent.
  std::sort(sections.begin(), sections.end(), [](const Piece* a, const Piece* b) {
    return *a->section != *b->section ? *a->section < *b->section : a < b;
  });
  std::size_t count = 0;
  while (count < sections.size() && *sections[count]->section == count) ++count;
  sections.resize(count);
  const bool extended =
      std::any_of(sections.begin(), sections.end(), [](const Piece* p) { return p->extended; });
  Parameter joined{.name = std::string(base) + (extended ? "*" : ""), .value = {}};
  // An extended value begins with charset'language'; a plain first piece has neither.
  if (extended && !sections.front()->extended) joined.value = "''";
  for (const Piece* piece : sections) {
    if (extended && !piece->extended) {
      append_percent_encoded(joined.value, piece->value);
    } else {
      joined.value += piece->value;
    }
  }
  return joined;
}

std::vector<Parameter> parse_parameters(Lexer& lexer) {
  std::vector<Piece> pieces = parse_pieces(lexer);
  std::vector<Parameter> list;
  for (Piece& piece : pieces) {
    if (piece.used) continue;
    if (piece.section.has_value()) {
      Parameter joined = join_sections(pieces, std::string(piece.base));
      if (!joined.value.empty()) list.push_back(std::move(joined));
      continue;
    }
    list.push_back(
        {piece.extended ? piece.base + "*" : std::move(piece.base), std::move(piece.value)});
  }
  return list;
}

int hex_digit(char c) {
  if (ascii_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void set_once(std::optional<std::string>& slot, std::string_view raw_value) {
  if (!slot.has_value()) slot = unfold(raw_value);
}

std::vector<std::string> parse_language(std::string_view unfolded) {
  std::vector<std::string> tags;
  Lexer lexer(unfolded);
  while (!lexer.at_end() && tags.size() < kMaxParameters) {
    lexer.skip_cfws();
    const std::string_view tag = lexer.run(",(");
    if (!tag.empty()) tags.emplace_back(tag);
    lexer.skip_cfws();
    lexer.accept(',');
  }
  return tags;
}

}  // namespace

const std::string* find_parameter(const std::vector<Parameter>& list, std::string_view name) {
  for (const Parameter& parameter : list) {
    if (parameter.name == name) return &parameter.value;
  }
  return nullptr;
}

std::optional<std::string> parameter_value(const std::vector<Parameter>& list,
                                           std::string_view name) {
  if (const std::string* plain = find_parameter(list, name)) return *plain;
  const std::string* extended = find_parameter(list, std::string(name) + "*");
  if (extended == nullptr) return std::nullopt;
  std::string_view rest = *extended;
  const std::size_t first = rest.find('\'');
  const std::size_t second = first == rest.npos ? rest.npos : rest.find('\'', first + 1);
  if (second != rest.npos) rest.remove_prefix(second + 1);
  std::string value;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const int high = rest[i] == '%' && i + 2 < rest.size() ? hex_digit(rest[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(rest[i + 2]) : -1;
    if (low < 0) {
      value += rest[i];
    } else {
      value += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return value;
}

std::optional<ContentType> parse_content_type(std::string_view unfolded) {
  Lexer lexer(unfolded);
  ContentType result;
  lexer.skip_cfws();
  result.type = to_lower(lexer.run("/;(\""));
  lexer.skip_cfws();
  if (lexer.accept('/')) {
    lexer.skip_cfws();
    // RFC 2045 §5.1 tspecials end a token: "text/plain>" is read as text/plain.
    result.subtype = to_lower(lexer.run("()<>@,;:\\\"/[]?="));
  } else if (result.type == "text") {
    result.subtype = "plain";
  } else if (result.type == "multipart") {
    result.subtype = "mixed";
  }
  if (result.type.empty() || result.subtype.empty()) return std::nullopt;
  if (result.type.size() > kMaxTypeName || result.subtype.size() > kMaxTypeName)
    return std::nullopt;
  result.parameters = parse_parameters(lexer);
  return result;
}

std::optional<Disposition> parse_disposition(std::string_view unfolded) {
  Lexer lexer(unfolded);
  Disposition result;
  lexer.skip_cfws();
  result.kind = to_lower(lexer.run(";(\"="));
  if (result.kind.empty()) return std::nullopt;
  result.parameters = parse_parameters(lexer);
  return result;
}

Encoding to_encoding(std::string_view token) {
  if (iequals(token, "base64")) return Encoding::kBase64;
  if (iequals(token, "quoted-printable")) return Encoding::kQuotedPrintable;
  if (token.empty() || iequals(token, "7bit") || iequals(token, "8bit") ||
      iequals(token, "binary")) {
    return Encoding::kIdentity;
  }
  return Encoding::kUnknown;
}

void ContentFields::add(std::string_view lower_name, std::string_view raw_value) {
  if (!lower_name.starts_with("content-")) return;
  lower_name.remove_prefix(8);
  if (lower_name == "type") {
    if (!type.has_value()) type = parse_content_type(unfold(raw_value));
  } else if (lower_name == "transfer-encoding") {
    if (encoding.has_value()) return;
    const std::string text = unfold(raw_value);
    Lexer lexer(text);
    lexer.skip_cfws();
    const std::string token = lexer.peek() == '"' ? lexer.quoted() : std::string(lexer.run(";("));
    if (!trim(token).empty()) encoding = std::string(trim(token));
  } else if (lower_name == "id") {
    set_once(id, raw_value);
  } else if (lower_name == "description") {
    set_once(description, raw_value);
  } else if (lower_name == "md5") {
    set_once(md5, raw_value);
  } else if (lower_name == "location") {
    set_once(location, raw_value);
  } else if (lower_name == "disposition") {
    if (!disposition.has_value()) disposition = parse_disposition(unfold(raw_value));
  } else if (lower_name == "language") {
    if (language.empty()) language = parse_language(unfold(raw_value));
  }
}

}  // namespace postern::mime
