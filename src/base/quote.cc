#include "base/quote.h"

namespace postern {

bool fits_quoted(std::string_view text) {
  constexpr std::size_t kLongest = 1024;
  if (text.size() > kLongest) return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || byte == '\r' || byte == '\n' || byte == 0) return false;
  }
  return true;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append_literal(std::string& out, std::string_view text) {
  out += '{';
  out += std::to_string(text.size());
  out += "}\r\n";
  out += text;
}

void append_string(std::string& out, std::string_view text) {
  if (fits_quoted(text)) {
    append_quoted(out, text);
  } else {
    append_literal(out, text);
  }
}

void append_nstring(std::string& out, std::optional<std::string_view> text) {
  if (text.has_value()) {
    append_string(out, *text);
  } else {
    out += "NIL";
  }
}

}  // namespace postern
