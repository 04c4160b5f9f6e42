// HeaderFilter: drops Return-Path fields from a message's own header while it streams past; every
// other octet passes unchanged. RFC 5321 §4.4: final delivery writes Return-Path, an older one must
// go.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::delivery {

class HeaderFilter {
 public:
  // Appends what passes to `out`. Linear; holds at most a field name's worth of octets.
  void feed(std::string_view bytes, std::string& out);
  void finish(std::string& out);

 private:
  enum class State : std::uint8_t { kLineStart, kName, kKeep, kDrop, kBody };
  void line_start(char c, std::string& out);
  void name(char c, std::string& out);

  State state_ = State::kLineStart;
  bool dropping_ = false;    // the field before was dropped: its continuation lines go, too
  bool seen_colon_ = false;  // the current line is a field
  std::string held_;         // start of a line that may yet be "Return-Path"
};

}  // namespace postern::delivery
