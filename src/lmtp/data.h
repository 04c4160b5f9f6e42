// DataReader: the message between DATA and its end (RFC 5321 §4.1.1.4, §4.5.2).
//
// SECURITY (smuggling): CRLF "." CRLF is the only end. A bare CR, a bare LF and NUL are data,
// whatever stands around them; `bare_newlines()` lets the caller refuse such a message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::lmtp {

class DataReader {
 public:
  // Consumes from `in`; appends message octets (dots removed) to `out`. True at the end of data.
  [[nodiscard]] bool feed(std::string_view& in, std::string& out);
  [[nodiscard]] bool bare_newlines() const { return bare_; }

 private:
  enum class State : std::uint8_t { kLineStart, kText, kCr, kDot, kDotCr };
  State state_ = State::kLineStart;
  bool bare_ = false;
};

// Notes bare CR and LF in a stream that has counted lengths instead (BDAT).
class NewlineCheck {
 public:
  void feed(std::string_view bytes);
  void finish();
  [[nodiscard]] bool bare() const { return bare_; }

 private:
  bool cr_ = false;
  bool bare_ = false;
};

}  // namespace postern::lmtp
