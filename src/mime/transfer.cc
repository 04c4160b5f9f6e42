// TransferDecoder: base64 and quoted-printable (RFC 2045 §6), lenient as mail needs it.
#include <array>

#include "mime/decode.h"

namespace postern::mime {
namespace {

constexpr std::size_t kLongestCarry =
    1000;  // blanks held back until it is known whether a line ends

constexpr std::array<std::int8_t, 256> base64_table() {
  std::array<std::int8_t, 256> table{};
  for (auto& value : table) value = -1;
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}
constexpr auto kBase64 = base64_table();

std::uint32_t base64_value(char c) {
  return static_cast<std::uint32_t>(kBase64[static_cast<unsigned char>(c)]);
}

// What `carry` (2 or 3 base64 characters) holds; a single character holds no octet.
void flush_base64(std::string& carry, std::string& out) {
  if (carry.size() >= 2) {
    std::uint32_t bits = 0;
    for (const char c : carry) bits = bits << 6 | base64_value(c);
    bits <<= 6 * (4 - carry.size());
    out += static_cast<char>(bits >> 16 & 0xFF);
    if (carry.size() == 3) out += static_cast<char>(bits >> 8 & 0xFF);
  }
  carry.clear();
}

void feed_base64(std::string_view encoded, std::string& carry, bool& clean, std::string& out) {
  for (const char c : encoded) {
    if (kBase64[static_cast<unsigned char>(c)] < 0) {
      if (c == '=') {
        flush_base64(carry, out);  // padding; encoders also concatenate padded runs
      } else if (c != '\r' && c != '\n' && c != ' ' && c != '\t') {
        clean = false;
      }
      continue;
    }
    carry += c;
    if (carry.size() < 4) continue;
    const std::uint32_t bits = base64_value(carry[0]) << 18 | base64_value(carry[1]) << 12 |
                               base64_value(carry[2]) << 6 | base64_value(carry[3]);
    out += static_cast<char>(bits >> 16 & 0xFF);
    out += static_cast<char>(bits >> 8 & 0xFF);
    out += static_cast<char>(bits & 0xFF);
    carry.clear();
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool is_padding(char c) {
  return c == ' ' || c == '\t';
}

// One character against the candidate in `carry`, which is "", blanks, blanks and CR, "=", "=X", or
// "=" with blanks and perhaps CR behind it (a soft line break in the making).
void step_quoted(char c, std::string& carry, bool& clean, std::string& out) {
  if (carry.starts_with('=')) {
    if (c == '\n' && (carry.size() == 1 || is_padding(carry[1]) || carry[1] == '\r')) {
      carry.clear();  // soft line break
      return;
    }
    if (carry.size() == 2 && hex_value(carry[1]) >= 0 && hex_value(c) >= 0) {
      out += static_cast<char>(hex_value(carry[1]) * 16 + hex_value(c));
      carry.clear();
      return;
    }
    const bool soft = is_padding(c) || c == '\r';
    const bool goes_on = carry.size() == 1
                             ? soft || hex_value(c) >= 0
                             : soft && hex_value(carry[1]) < 0 && carry.back() != '\r';
    if (goes_on && carry.size() < kLongestCarry) {
      carry += c;
      return;
    }
    clean = false;  // RFC 2045 §6.7 note 2: show it as it is
    out += carry;
    carry.clear();
  } else if (!carry.empty()) {
    if (c == '\n') {
      // RFC 2045 §6.7 rule 3: blanks at the end of a line were added in transport.
      out += carry.back() == '\r' ? "\r\n" : "\n";
      carry.clear();
      return;
    }
    const bool goes_on = (is_padding(c) || c == '\r') && carry.back() != '\r';
    if (goes_on && carry.size() < kLongestCarry) {
      carry += c;
      return;
    }
    out += carry;
    carry.clear();
  }
  if (c == '=' || is_padding(c) || c == '\r') {
    carry += c;
  } else {
    out += c;
  }
}

}  // namespace

TransferDecoder::TransferDecoder(Encoding encoding) : encoding_(encoding) {}

void TransferDecoder::feed(std::string_view encoded, std::string& out) {
  switch (encoding_) {
    case Encoding::kBase64:
      feed_base64(encoded, carry_, clean_, out);
      return;
    case Encoding::kQuotedPrintable:
      for (const char c : encoded) step_quoted(c, carry_, clean_, out);
      return;
    case Encoding::kUnknown:
      clean_ = false;
      break;
    case Encoding::kIdentity:
      break;
  }
  out += encoded;
}

void TransferDecoder::finish(std::string& out) {
  if (encoding_ == Encoding::kBase64) {
    if (carry_.size() == 1) clean_ = false;
    flush_base64(carry_, out);
  } else if (encoding_ == Encoding::kQuotedPrintable) {
    // A lone "=" at the end is a soft break whose line end the boundary took.
    if (carry_.size() > 1 && carry_.front() == '=' && hex_value(carry_[1]) >= 0) {
      clean_ = false;
      out += carry_;
    } else if (!carry_.empty() && carry_.back() == '\r' && carry_.front() != '=') {
      out += '\r';
    }
    carry_.clear();
  }
}

bool TransferDecoder::clean() const {
  return clean_;
}

}  // namespace postern::mime
