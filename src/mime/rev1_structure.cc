#include "mime/rev1_structure.h"

#include <algorithm>

#include "base/ascii.h"

namespace postern::mime {
namespace {

constexpr std::string_view kGlobal = R"(("message" "global" )";

// Behind the string that begins at `at`; the end of the text when it is not finished.
std::size_t skip_string(std::string_view text, std::size_t at) {
  if (text[at] == '{') {
    const std::size_t brace = text.find('}', at);
    if (brace == std::string_view::npos) return text.size();
    const auto octets = parse_decimal<std::size_t>(text.substr(at + 1, brace - at - 1));
    const std::size_t begin = std::min(brace + 3, text.size());  // "}" CRLF
    return octets ? begin + std::min(*octets, text.size() - begin) : text.size();
  }
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// Behind the `count` values, a space apart, that begin at `at`.
std::size_t skip_values(std::string_view text, std::size_t at, std::size_t count) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"' || c == '{') {
      at = skip_string(text, at);
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')' && depth-- == 0) break;
    if (c == ' ' && depth == 0 && --count == 0) break;
    ++at;
  }
  return at;
}

}  // namespace

std::optional<std::string> rev1_structure(std::string_view text) {
  if (text.find(kGlobal) == std::string_view::npos) return std::nullopt;
  std::string out;
  std::size_t copied = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '"' || text[at] == '{') {
      at = skip_string(text, at);
      continue;
    }
    // A list of strings may begin with the same words; of a part they are followed by its
    // parameters.
    const std::size_t fields = at + kGlobal.size();
    if (!text.substr(at).starts_with(kGlobal) || fields >= text.size() ||
        (text[fields] != '(' && text[fields] != 'N')) {
      ++at;
      continue;
    }
    at = skip_values(text, fields, 5);  // parameters, id, description, encoding, size
    if (!text.substr(at).starts_with(" (")) continue;
    out += text.substr(copied, at - copied);
    copied = at = skip_values(text, at + 1, 3);  // envelope, body, lines
  }
  if (copied == 0) return std::nullopt;
  out += text.substr(copied);
  return out;
}

}  // namespace postern::mime
