#include "imap/cursor.h"

#include "base/ascii.h"
#include "imap/syntax.h"

namespace postern::imap {
namespace {

constexpr std::size_t kLongestMessage = 200;

std::size_t announced_octets(std::string_view digits, bool& valid) {
  const auto size = parse_decimal<std::uint64_t>(digits);
  valid = size.has_value();
  return valid ? static_cast<std::size_t>(*size) : 0;
}

// The word at the beginning of `text`, as far as it is one.
// SECURITY: only what no other protocol and no terminal takes for more than a word.
std::string_view word_at(std::string_view text) {
  constexpr std::size_t kLongestWord = 24;
  constexpr std::string_view kMarks = "._-+=$\\:,*";
  std::size_t size = 0;
  while (size < text.size() && size < kLongestWord) {
    const char c = text[size];
    const bool word = ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
                      kMarks.find(c) != std::string_view::npos;
    if (!word) break;
    ++size;
  }
  return text.substr(0, size);
}

}  // namespace

void Cursor::fail_at(std::size_t offset, Errc code, std::string_view what) {
  at_ = in_.size();
  if (error_.has_value()) return;
  std::string message;
  if (code == Errc::kInvalid) message = "expected ";
  message += what;
  message += " at offset ";
  message += std::to_string(offset);
  const std::string_view found = silent_ ? std::string_view() : word_at(in_.substr(offset));
  if (code == Errc::kInvalid && !found.empty()) {
    message += ", found \"";
    message += found;
    message += '"';
  }
  error_ = ParseError{.code = code, .message = std::move(message), .offset = offset};
}

ParseError Cursor::take_error(std::string_view tag, std::string_view command_name) {
  ParseError error = error_.value_or(ParseError{});
  error.tag = tag;
  error.save = save_;
  if (!command_name.empty()) error.message = std::string(command_name) + ": " + error.message;
  if (error.message.size() > kLongestMessage) error.message.resize(kLongestMessage);
  return error;
}

bool Cursor::try_char(char c) {
  if (at_end() || in_[at_] != c) return false;
  ++at_;
  return true;
}

void Cursor::expect(char c, std::string_view what) {
  if (!try_char(c)) fail(what);
}

void Cursor::end() {
  if (!at_end()) fail("the end of the command");
}

std::string_view Cursor::atom(std::string_view what) {
  const std::size_t start = at_;
  const std::string_view word = run(is_atom_char);
  if (word.empty()) fail_at(start, Errc::kInvalid, what);
  return word;
}

bool Cursor::try_keyword(std::string_view keyword) {
  const std::string_view left = rest();
  if (left.size() < keyword.size() || !iequals(left.substr(0, keyword.size()), keyword))
    return false;
  if (left.size() > keyword.size() && is_atom_char(left[keyword.size()])) return false;
  at_ += keyword.size();
  return true;
}

void Cursor::keyword(std::string_view keyword) {
  if (!try_keyword(keyword)) fail(keyword);
}

std::string Cursor::quoted(std::string_view what) {
  const std::size_t start = at_;
  std::string text;
  if (!try_char('"')) {
    fail(what);
    return text;
  }
  bool eight_bit = false;
  while (!at_end()) {
    char c = in_[at_++];
    if (c == '"') {
      if (!eight_bit) return text;
      // RFC 6855 §3: UTF-8 in quoted strings once it is enabled, and then well-formed.
      if ((mode_.utf8_names || utf8_quoted_) && is_utf8(text)) return text;
      fail_at(start, Errc::kInvalid, "a quoted string of 7-bit or enabled UTF-8 text");
      return {};
    }
    if (c == '\\') {
      if (peek() != '"' && peek() != '\\') {
        fail("\\\" or \\\\ in a quoted string");
        return {};
      }
      c = in_[at_++];
    }
    if (c == '\r' || c == '\n' || c == '\0') break;
    eight_bit = eight_bit || static_cast<unsigned char>(c) >= 0x80;
    text += c;
  }
  fail_at(start, Errc::kInvalid, "a closed quoted string");
  return {};
}

// "{n}CRLF" or "{n+}CRLF" and n octets, as the framer left them.
std::string Cursor::literal(std::string_view what, Octets octets) {
  const std::size_t start = at_;
  const auto bad = [&] {
    fail_at(start, Errc::kInvalid, what);
    return std::string();
  };
  if (!try_char('{')) return bad();
  bool valid = false;
  const std::size_t size = announced_octets(run(ascii_digit), valid);
  try_char('+');
  if (!valid || !try_char('}') || !try_char('\r') || !try_char('\n')) return bad();
  if (size > in_.size() - at_) return bad();
  std::string text(in_.substr(at_, size));
  at_ += size;
  // CHAR8: no NUL (RFC 9051 §9).
  if (octets == Octets::kChar8 && text.find('\0') != std::string::npos) return bad();
  return text;
}

std::string Cursor::string(std::string_view what) {
  return peek() == '{' ? literal(what, Octets::kChar8) : quoted(what);
}

std::string Cursor::string8(std::string_view what) {
  if (!rest().starts_with("~{")) return string(what);
  try_char('~');
  return literal(what, Octets::kAny);
}

std::string Cursor::astring(std::string_view what) {
  if (at_string()) return string(what);
  const std::size_t start = at_;
  const std::string_view word = run(is_astring_char);
  if (word.empty()) fail_at(start, Errc::kInvalid, what);
  return std::string(word);
}

std::uint32_t Cursor::nz_number(std::string_view what) {
  const std::size_t start = at_;
  const std::string_view digits = run(ascii_digit);
  const auto value = parse_decimal<std::uint32_t>(digits);
  if (!value.has_value() || digits.front() == '0') {
    fail_at(start, Errc::kInvalid, what);
    return 0;
  }
  return *value;
}

std::uint64_t Cursor::number64(std::string_view what) {
  const std::size_t start = at_;
  const auto value = parse_decimal<std::uint64_t>(run(ascii_digit));
  if (!value.has_value() || *value > INT64_MAX) {
    fail_at(start, Errc::kInvalid, what);
    return 0;
  }
  return *value;
}

std::uint64_t Cursor::nz_number64(std::string_view what) {
  const std::size_t start = at_;
  const std::uint64_t value = peek() == '0' ? 0 : number64(what);
  if (value == 0) fail_at(start, Errc::kInvalid, what);
  return value;
}

NumberSet Cursor::sequence_set(std::string_view what) {
  const std::size_t start = at_;
  const std::string_view text =
      run([](char c) { return ascii_digit(c) || c == ':' || c == ',' || c == '*' || c == '$'; });
  Result<NumberSet> set = NumberSet::parse(text);
  if (set.has_value()) return std::move(*set);
  if (set.error().code == Errc::kLimit) {
    fail_at(start, Errc::kTooBig, "sequence-set of too many ranges");
  } else {
    fail_at(start, Errc::kInvalid, what);
  }
  return {};
}

std::string Cursor::decode_mailbox(std::size_t offset, std::string wire) {
  if (!ok()) return {};
  if (mode_.utf8_names) {
    if (is_utf8(wire)) return wire;
    fail_at(offset, Errc::kInvalid, "a mailbox name in UTF-8");
    return {};
  }
  Result<std::string> name = decode_mutf7(wire);
  if (name.has_value()) return std::move(*name);
  fail_at(offset, Errc::kInvalid, "a mailbox name in canonical modified UTF-7");
  return {};
}

std::string Cursor::mailbox() {
  const std::size_t start = at_;
  std::string name = decode_mailbox(start, astring("a mailbox name"));
  // RFC 9051 §5.1: INBOX in any case is one mailbox.
  if (iequals(name, "INBOX")) name = "INBOX";
  return name;
}

std::string Cursor::list_mailbox() {
  const std::size_t start = at_;
  if (at_string()) return decode_mailbox(start, string("a mailbox pattern"));
  const std::string_view word = run(is_list_char);
  if (word.empty()) fail("a mailbox pattern");
  return decode_mailbox(start, std::string(word));
}

Flag Cursor::flag() {
  const std::size_t start = at_;
  try_char('\\');
  if (run(is_atom_char).empty()) {
    fail_at(start, Errc::kInvalid, "a flag");
    return {};
  }
  return Flag(in_.substr(start, at_ - start));
}

std::vector<Flag> Cursor::flag_list() {
  std::vector<Flag> flags;
  expect('(', "a parenthesized list of flags");
  if (try_char(')')) return flags;
  while (ok()) {
    flags.push_back(flag());
    if (flags.size() > kMaxItems) fail_at(at_, Errc::kLimit, "too many flags in one command");
    if (try_char(')')) break;
    expect(' ', "one space or \")\" in the list of flags");
  }
  return flags;
}

}  // namespace postern::imap
