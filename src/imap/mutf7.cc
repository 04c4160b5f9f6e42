// Modified UTF-7 of RFC 3501 §5.1.3: printable ASCII stands for itself, "&-" is "&", everything
// else is UTF-16 in base64 with "," for "/", between "&" and "-".
#include <array>
#include <cstdint>

#include "imap/parser.h"
#include "imap/syntax.h"

namespace postern::imap {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

constexpr std::array<std::int8_t, 256> kBase64Value = [] {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < kBase64.size(); ++i) {
    table[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}();

bool is_printable(std::uint32_t c) {
  return c >= 0x20 && c <= 0x7E;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

// Takes one character of valid UTF-8.
std::uint32_t take_utf8(std::string_view& in) {
  const auto lead = static_cast<unsigned char>(in.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint32_t c = length == 1 ? lead : lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length && i < in.size(); ++i) {
    c = c << 6 | (static_cast<unsigned char>(in[i]) & 0x3F);
  }
  in.remove_prefix(std::min(length, in.size()));
  return c;
}

// UTF-16 code units of one shifted run to UTF-8, refusing what has another, canonical spelling.
class Utf16Sink {
 public:
  explicit Utf16Sink(std::string& out) : out_(out) {}

  bool put(std::uint32_t unit) {
    if (unit >= 0xD800 && unit < 0xDC00) {
      if (high_ != 0) return false;
      high_ = unit;
      return true;
    }
    if (unit >= 0xDC00 && unit < 0xE000) {
      if (high_ == 0) return false;
      append_utf8(out_, 0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00));
      high_ = 0;
      return true;
    }
    // Printable ASCII must stand for itself; NUL stands nowhere (RFC 9051 §9).
    if (high_ != 0 || unit == 0 || is_printable(unit)) return false;
    append_utf8(out_, unit);
    return true;
  }
  [[nodiscard]] bool complete() const { return high_ == 0; }

 private:
  std::string& out_;
  std::uint32_t high_ = 0;
};

// The run between "&" and "-", not empty.
bool decode_shifted(std::string_view run, std::string& out) {
  Utf16Sink sink(out);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : run) {
    const std::int8_t value = kBase64Value[static_cast<unsigned char>(c)];
    if (value < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 16) {
      count -= 16;
      if (!sink.put(bits >> count & 0xFFFF)) return false;
      bits &= (1U << count) - 1;
    }
  }
  // Less than one base64 digit of padding, and zero.
  return sink.complete() && count < 6 && bits == 0;
}

class Base64Source {
 public:
  explicit Base64Source(std::string& out) : out_(out) {}
  void put(std::uint32_t unit) {
    bits_ = bits_ << 16 | unit;
    count_ += 16;
    while (count_ >= 6) {
      count_ -= 6;
      out_ += kBase64[bits_ >> count_ & 0x3F];
    }
    bits_ &= (1U << count_) - 1;
  }
  void finish() {
    if (count_ > 0) out_ += kBase64[bits_ << (6 - count_) & 0x3F];
  }

 private:
  std::string& out_;
  std::uint32_t bits_ = 0;
  int count_ = 0;
};

}  // namespace

Result<std::string> decode_mutf7(std::string_view wire) {
  std::string out;
  bool after_shifted = false;  // the text before this place is a shifted run
  while (!wire.empty()) {
    const char c = wire.front();
    if (!is_printable(static_cast<unsigned char>(c)))
      return fail(Errc::kInvalid, "octet in modified UTF-7");
    if (c != '&') {
      out += c;
      wire.remove_prefix(1);
      after_shifted = false;
      continue;
    }
    const std::size_t end = wire.find('-');
    if (end == std::string_view::npos)
      return fail(Errc::kInvalid, "modified UTF-7 does not shift back");
    const std::string_view run = wire.substr(1, end - 1);
    wire.remove_prefix(end + 1);
    if (run.empty()) {
      out += '&';
      after_shifted = false;
      continue;
    }
    // RFC 3501 §5.1.3: "-&" between two runs is a superfluous shift.
    if (after_shifted || !decode_shifted(run, out))
      return fail(Errc::kInvalid, "modified UTF-7 not canonical");
    after_shifted = true;
  }
  return out;
}

std::string encode_mutf7(std::string_view utf8) {
  std::string out;
  while (!utf8.empty()) {
    const auto front = static_cast<unsigned char>(utf8.front());
    if (is_printable(front)) {
      out += utf8.front();
      if (front == '&') out += '-';
      utf8.remove_prefix(1);
      continue;
    }
    out += '&';
    Base64Source run(out);
    while (!utf8.empty() && !is_printable(static_cast<unsigned char>(utf8.front()))) {
      const std::uint32_t c = take_utf8(utf8);
      if (c >= 0x10000) {
        run.put(0xD800 + ((c - 0x10000) >> 10));
        run.put(0xDC00 + ((c - 0x10000) & 0x3FF));
      } else {
        run.put(c);
      }
    }
    run.finish();
    out += '-';
  }
  return out;
}

}  // namespace postern::imap
