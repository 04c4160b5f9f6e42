#include "imap/imap_url.h"

#include <limits>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "imap/parse_rules.h"
#include "imap/syntax.h"

namespace postern::imap {
namespace {

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::kInvalid, std::string(what));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// bchar of RFC 5092 §11, but for "%".
bool is_url_char(char c) {
  const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  constexpr std::string_view kOther = "-._~!$'()*+,&=:@/";
  return alnum || kOther.find(c) != std::string_view::npos;
}

// 1*bchar without its percent-encoding.
Result<std::string> decode(std::string_view text) {
  if (text.empty()) return bad("an empty component");
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (!is_url_char(text[i])) return bad("an octet that does not stand in a URL");
      plain += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return bad("a broken percent-encoding");
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

// RFC 3986 §5.2.4 of a path that begins with "/".
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool ends_in_slash = false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    ends_in_slash = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!ends_in_slash) kept.push_back(segment);
  }
  std::string result;
  for (const std::string_view segment : kept) result.append("/").append(segment);
  if (ends_in_slash) result += '/';
  return result;
}

// What follows `name` in any case; nullopt: the component is another one.
std::optional<std::string_view> value_of(std::string_view component, std::string_view name) {
  if (!iequals(component.substr(0, name.size()), name)) return std::nullopt;
  return component.substr(name.size());
}

Result<std::uint32_t> nz_number(std::string_view digits) {
  const auto number = parse_decimal<std::uint32_t>(digits);
  if (!number.has_value() || digits.front() == '0') return bad("no nz-number");
  return *number;
}

// imailbox-ref = enc-mailbox [";UIDVALIDITY=" nz-number]
Result<void> read_mailbox(std::string_view text, ImapUrl& url) {
  const std::string_view name = text.substr(0, text.find(';'));
  if (name.size() != text.size()) {
    const auto validity = value_of(text.substr(name.size()), ";UIDVALIDITY=");
    if (!validity) return bad("an unknown modifier of the mailbox");
    POSTERN_TRY(url.uid_validity, nz_number(*validity));
  }
  POSTERN_TRY(url.mailbox, decode(name));
  // RFC 5092 §8: the name is UTF-8 here, not modified UTF-7.
  if (!is_utf8(url.mailbox)) return bad("a mailbox name that is not UTF-8");
  if (iequals(url.mailbox, "INBOX")) url.mailbox = "INBOX";
  return {};
}

Result<void> read_section(std::string_view text, ImapUrl& url) {
  POSTERN_TRY(const std::string spec, decode(text));
  const std::string bracketed = "[" + spec + "]";
  Cursor in(bracketed, ParseMode{});
  url.section = parse_section(in);
  in.end();
  if (!in.ok()) return bad("not a section");
  return {};
}

// partial-range = number ["." nz-number]
Result<void> read_partial(std::string_view text, ImapUrl& url) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  const std::string_view first = text.substr(0, text.find('.'));
  const auto offset = parse_decimal<std::uint64_t>(first);
  if (!offset || *offset > kMost) return bad("no number in a partial range");
  url.partial = Partial{.offset = *offset, .length = kMost};
  if (first.size() == text.size()) return {};
  const auto length = parse_decimal<std::uint64_t>(text.substr(first.size() + 1));
  if (!length || *length == 0 || *length > kMost) return bad("no nz-number in a partial range");
  url.partial->length = *length;
  return {};
}

// "/" iuid-only ["/" isection-only] ["/" ipartial-only]. No component holds ";", so "/;" parts
// them.
Result<void> read_message_part(std::string_view text, ImapUrl& url) {
  std::vector<std::string_view> components;
  while (!text.empty() && components.size() <= 3) {
    text.remove_prefix(1);
    components.push_back(text.substr(0, text.find("/;")));
    text.remove_prefix(components.back().size());
  }
  if (components.empty() || components.size() > 3) return bad("not a message or a part of one");
  std::size_t next = 0;
  if (const auto uid = value_of(components[next], ";UID=")) {
    POSTERN_TRY(url.uid, nz_number(*uid));
    ++next;
  }
  if (next == 0) return bad("no UID");
  if (next < components.size()) {
    if (const auto section = value_of(components[next], ";SECTION=")) {
      POSTERN_CHECK_OK(read_section(*section, url));
      ++next;
    }
  }
  if (next < components.size()) {
    if (const auto partial = value_of(components[next], ";PARTIAL=")) {
      POSTERN_CHECK_OK(read_partial(*partial, url));
      ++next;
    }
  }
  if (next < components.size()) return bad("an unknown component");
  return {};
}

}  // namespace

Result<ImapUrl> parse_imap_url(std::string_view url) {
  if (url.size() > kMaxUrl) return bad("too long");
  ImapUrl result;
  if (url.starts_with(';')) {
    POSTERN_CHECK_OK(read_message_part("/" + std::string(url), result));
    return result;
  }
  if (!url.starts_with('/') || url.starts_with("//")) return bad("not an absolute path");
  const std::string path = remove_dot_segments(url);
  const std::string_view text = path;
  const std::size_t message = text.find("/;");
  if (message == std::string_view::npos || message == 0) return bad("names no message");
  POSTERN_CHECK_OK(read_mailbox(text.substr(1, message - 1), result));
  POSTERN_CHECK_OK(read_message_part(text.substr(message), result));
  return result;
}

std::string to_response_text(std::string_view url) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (const char c : url) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet > 0x20 && octet < 0x7F && c != ']' && c != '[' && c != '\\' && c != '"') {
      text += c;
      continue;
    }
    text.append("%").append(1, kHex[octet >> 4]).append(1, kHex[octet & 15]);
  }
  return text;
}

}  // namespace postern::imap
