#include "session/response_scan.h"

#include <algorithm>

namespace postern::session {

ResponseScan::Piece ResponseScan::next(std::string_view out) {
  std::size_t at = 0;
  while (at < out.size()) {
    if (literal_ != 0) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(literal_, out.size() - at));
      literal_ -= count;
      at += count;
      continue;
    }
    // The octet before which a string begins is looked at again after the cut.
    switch (step(out[at])) {
      case After::kGoOn:
        ++at;
        break;
      case After::kCutBefore:
        return {at, true};
      case After::kCut:
        return {at + 1, true};
    }
  }
  return {at, false};
}

ResponseScan::After ResponseScan::step(char c) {
  if (c == '"' && !quoted_ && !text_) {
    text_ = true;
    return After::kCutBefore;
  }
  const bool was_quoted = quoted_;
  if (quoted_ && escaped_) {
    escaped_ = false;
  } else if (quoted_ && c == '\\') {
    escaped_ = true;
  } else if (c == '"') {
    quoted_ = !quoted_;
  }
  if (c == '\r') return After::kGoOn;
  if (c != '\n') {
    scan_.next(c, was_quoted);
    return After::kGoOn;
  }
  const bool announced = scan_.ending() == imap::LiteralScan::Ending::kSync;
  if (announced) literal_ = scan_.number();
  scan_.reset();
  // A line ends whatever was open in it: text of a status response may have a lone quote.
  quoted_ = escaped_ = false;
  const bool had_text = text_;
  text_ = announced;
  return had_text == announced ? After::kGoOn : After::kCut;
}

}  // namespace postern::session
