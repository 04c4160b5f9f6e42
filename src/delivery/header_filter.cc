#include "delivery/header_filter.h"

#include "base/ascii.h"

namespace postern::delivery {
namespace {

constexpr std::string_view kName = "return-path";

}  // namespace

void HeaderFilter::feed(std::string_view bytes, std::string& out) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    const char c = bytes[i];
    switch (state_) {
      case State::kBody:
        out += bytes.substr(i);
        return;
      case State::kLineStart:
        line_start(c, out);
        if (state_ == State::kBody) ++i;  // the other states look at the octet themselves
        break;
      case State::kName:
        name(c, out);
        ++i;
        break;
      case State::kKeep:
      case State::kDrop: {
        const std::size_t lf = bytes.find('\n', i);
        const std::size_t end = lf == std::string_view::npos ? bytes.size() : lf + 1;
        const std::string_view rest = bytes.substr(i, end - i);
        if (state_ == State::kKeep) {
          out += rest;
          seen_colon_ = seen_colon_ || rest.find(':') != std::string_view::npos;
        }
        if (lf != std::string_view::npos) {
          // A line that is no field ends the header: nothing below it is touched.
          state_ = state_ == State::kKeep && !seen_colon_ ? State::kBody : State::kLineStart;
        }
        i = end;
        break;
      }
    }
  }
}

void HeaderFilter::line_start(char c, std::string& out) {
  if (c == ' ' || c == '\t') {  // continuation of the field before
    state_ = dropping_ ? State::kDrop : State::kKeep;
    seen_colon_ = true;
    return;
  }
  dropping_ = false;
  seen_colon_ = false;
  if (c == '\r' || c == '\n') {  // the empty line (or a bare CR, which ends the header as well)
    out += c;
    state_ = State::kBody;
    return;
  }
  state_ = ascii_lower(c) == kName[0] ? State::kName : State::kKeep;
  held_.clear();
}

void HeaderFilter::name(char c, std::string& out) {
  held_ += c;
  const std::size_t n = held_.size();
  if (n <= kName.size() && ascii_lower(c) == kName[n - 1]) return;
  if (n > kName.size()) {
    if (c == ':') {
      dropping_ = true;
      held_.clear();
      state_ = State::kDrop;
      return;
    }
    if ((c == ' ' || c == '\t') && n < kName.size() + 64)
      return;  // obsolete white space before ':'
  }
  out += held_;
  seen_colon_ = held_.find(':') != std::string::npos;
  state_ = State::kKeep;
  if (c == '\n') state_ = seen_colon_ ? State::kLineStart : State::kBody;
  held_.clear();
}

void HeaderFilter::finish(std::string& out) {
  out += held_;
  held_.clear();
}

}  // namespace postern::delivery
