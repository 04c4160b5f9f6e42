#include "lmtp/data.h"

namespace postern::lmtp {

bool DataReader::feed(std::string_view& in, std::string& out) {
  std::size_t i = 0;
  while (i < in.size()) {
    const char c = in[i];
    switch (state_) {
      case State::kLineStart:
        if (c == '.') {
          state_ = State::kDot;
          ++i;
          continue;
        }
        state_ = State::kText;
        break;
      case State::kDot:
        if (c == '\r') {
          state_ = State::kDotCr;
          ++i;
          continue;
        }
        // RFC 5321 §4.5.2: the first of a line's leading dots is dropped.
        state_ = State::kText;
        break;
      case State::kDotCr:
        if (c == '\n') {
          in.remove_prefix(i + 1);
          return true;
        }
        // ".CR" and no LF: the dot was stuffing, the CR is data.
        bare_ = true;
        out += '\r';
        state_ = c == '\r' ? State::kCr : State::kText;
        break;
      case State::kText:
      case State::kCr:
        break;
    }
    if (state_ == State::kText) {
      // The run up to the next CR is plain; a LF inside it is bare.
      const std::size_t end = std::min(in.find('\r', i), in.size());
      const std::string_view run = in.substr(i, end - i);
      bare_ = bare_ || run.find('\n') != std::string_view::npos;
      out.append(run);
      i = end;
      if (i < in.size()) {
        out += '\r';
        state_ = State::kCr;
        ++i;
      }
    } else if (state_ == State::kCr) {
      if (c == '\n') {
        out += '\n';
        state_ = State::kLineStart;
        ++i;
      } else {
        bare_ = true;
        state_ = State::kText;
      }
    }
  }
  in.remove_prefix(i);
  return false;
}

void NewlineCheck::feed(std::string_view bytes) {
  for (const char c : bytes) {
    if (c == '\n' ? !cr_ : cr_) bare_ = true;
    cr_ = c == '\r';
  }
}

void NewlineCheck::finish() {
  if (cr_) bare_ = true;
}

}  // namespace postern::lmtp
