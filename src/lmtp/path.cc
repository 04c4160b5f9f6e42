#include "lmtp/path.h"

#include "base/ascii.h"

namespace postern::lmtp {
namespace {

constexpr std::size_t kLongestPath = 1024;  // LIMIT: far above RFC 5321 §4.5.3.1.3 (256)

bool is_atext(unsigned char c) {
  if (c >= 0x80) return true;
  if (ascii_digit(static_cast<char>(c)) ||
      (ascii_lower(static_cast<char>(c)) >= 'a' && ascii_lower(static_cast<char>(c)) <= 'z')) {
    return true;
  }
  return std::string_view("!#$%&'*+-/=?^_`{|}~").find(static_cast<char>(c)) !=
         std::string_view::npos;
}

// The length of a UTF-8 sequence that starts `text`, or 0 when malformed (RFC 3629: no overlong
// forms, no surrogates, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) ||
      (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f)) {
    return 0;
  }
  return length;
}

bool valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// Quoted-string content with quoted-pairs resolved; consumes both quotes.
Result<std::string> parse_quoted(std::string_view& text) {
  std::string local;
  for (std::size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      text.remove_prefix(i + 1);
      return local;
    }
    if (c == '\\' && ++i < text.size()) c = text[i];
    if (i == text.size() || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) break;
    local += c;
  }
  return fail(Errc::kInvalid, "bad quoted local part");
}

Result<std::string> parse_dot_string(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && (is_atext(static_cast<unsigned char>(text[end])) || text[end] == '.'))
    ++end;
  const std::string_view local = text.substr(0, end);
  if (local.empty() || local.front() == '.' || local.back() == '.' ||
      local.find("..") != std::string_view::npos) {
    return fail(Errc::kInvalid, "bad local part");
  }
  text.remove_prefix(end);
  return std::string(local);
}

}  // namespace

Result<Path> parse_path(std::string_view& text) {
  const std::size_t close_limit = std::min(text.size(), kLongestPath);
  if (text.empty() || text.front() != '<') return fail(Errc::kInvalid, "a path begins with '<'");
  std::string_view rest = text.substr(1, close_limit - 1);
  if (!rest.empty() && rest.front() == '>') {
    text.remove_prefix(2);
    return Path{};
  }
  if (!rest.empty() && rest.front() == '@') {  // source route: "@a,@b:"
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos) return fail(Errc::kInvalid, "source route without ':'");
    rest.remove_prefix(colon + 1);
  }
  if (rest.empty()) return fail(Errc::kInvalid, "path without '>'");

  Path path;
  POSTERN_TRY(path.address, rest.front() == '"' ? parse_quoted(rest) : parse_dot_string(rest));
  if (path.address.empty()) return fail(Errc::kInvalid, "empty local part");
  if (!rest.empty() && rest.front() == '@') {
    std::size_t end = 1;
    while (end < rest.size() && rest[end] != '>') {
      const auto c = static_cast<unsigned char>(rest[end]);
      // Domain or address literal: letters, digits, '-', '.', "[...]" with ':'.
      if (!(is_atext(c) || c == '.' || c == '[' || c == ']' || c == ':') || c == '/') {
        return fail(Errc::kInvalid, "bad domain");
      }
      ++end;
    }
    if (end == 1) return fail(Errc::kInvalid, "empty domain");
    path.address += rest.substr(0, end);
    rest.remove_prefix(end);
  }
  if (rest.empty() || rest.front() != '>') return fail(Errc::kInvalid, "path without '>'");
  for (const char c : path.address) path.utf8 = path.utf8 || static_cast<unsigned char>(c) >= 0x80;
  if (path.utf8 && !valid_utf8(path.address)) return fail(Errc::kInvalid, "path is not UTF-8");
  text.remove_prefix(static_cast<std::size_t>(rest.data() + 1 - text.data()));
  return path;
}

}  // namespace postern::lmtp
