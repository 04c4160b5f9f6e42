// LiteralScan: recognizes a literal announcement ("{n}", "{n+}", "~{n}" right before CRLF) while a
// line passes by, octet by octet, so that nobody ever has to look back into a line that is not
// kept.
//
// RFC 7888 §3: the end of every line is checked, whatever stands before it, also within a broken
// quoted string; otherwise the octets that follow would be taken for commands.
#pragma once

#include <cstdint>

namespace postern::imap {

class LiteralScan {
 public:
  enum class Ending : std::uint8_t {
    kPlain,    // the line ends the command
    kSync,     // {n}
    kNonSync,  // {n+}
    kBroken,   // looks like an announcement and is none, or its number passes 2^63-1
  };

  void reset() { *this = LiteralScan(); }

  // `quoted`: the octet stands inside a quoted string.
  void next(char c, bool quoted) {
    const bool closes = c == '}';
    if (c == '{') {
      phase_ = Phase::kOpen;
      binary_ = tilde_;
      number_ = 0;
      overflow_ = false;
      open_seen_ = open_seen_ || !quoted;
    } else if (c >= '0' && c <= '9' && (phase_ == Phase::kOpen || phase_ == Phase::kDigits)) {
      phase_ = Phase::kDigits;
      add_digit(static_cast<std::uint64_t>(c - '0'));
    } else if (c == '+' && phase_ == Phase::kDigits) {
      phase_ = Phase::kPlus;
    } else if (closes && phase_ == Phase::kDigits) {
      phase_ = Phase::kSync;
    } else if (closes && phase_ == Phase::kPlus) {
      phase_ = Phase::kNonSync;
    } else {
      phase_ = Phase::kNone;
    }
    tilde_ = c == '~';
    brace_last_ = closes;
  }

  // What the line's CRLF means.
  [[nodiscard]] Ending ending() const {
    if (phase_ == Phase::kSync || phase_ == Phase::kNonSync) {
      if (overflow_) return Ending::kBroken;
      return phase_ == Phase::kSync ? Ending::kSync : Ending::kNonSync;
    }
    // "{" begins nothing but a literal outside quoted strings: "{5 }" or "{+5}" may be followed by
    // octets that the client believes to be one.
    return brace_last_ && open_seen_ ? Ending::kBroken : Ending::kPlain;
  }
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] bool binary() const { return binary_; }

 private:
  enum class Phase : std::uint8_t { kNone, kOpen, kDigits, kPlus, kSync, kNonSync };

  void add_digit(std::uint64_t digit) {
    // number64 of RFC 9051 §9: 63 bits.
    constexpr std::uint64_t kMax = INT64_MAX;
    if (number_ > (kMax - digit) / 10) {
      overflow_ = true;
    } else {
      number_ = number_ * 10 + digit;
    }
  }

  std::uint64_t number_ = 0;
  Phase phase_ = Phase::kNone;
  bool overflow_ = false;
  bool binary_ = false;
  bool tilde_ = false;
  bool brace_last_ = false;
  bool open_seen_ = false;  // an unquoted "{" stands in this line
};

}  // namespace postern::imap
