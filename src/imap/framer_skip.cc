// The half of the framer that reads what nobody wants: rejected commands and what follows a fault.
//
// SECURITY (desync): nothing is kept here, yet every line's end is looked at for a further literal,
// so that the command ends where its sender believes it to end, or the connection does.
#include <algorithm>

#include "imap/framer.h"

namespace postern::imap {

void Framer::reject_command() {
  switch (state_) {
    case State::kAsk:
      drop();
      if (literal_.synchronizing) {
        state_ = State::kStart;
        skipped_ = true;
        return;
      }
      left_ = literal_.size;
      state_ = State::kSkip;
      break;
    case State::kCollect:
    case State::kStream:
      drop();
      state_ = State::kSkip;
      break;
    case State::kLine:
      drop();
      state_ = State::kSkipLine;
      break;
    case State::kStart:
    case State::kSkipLine:
    case State::kSkip:
    case State::kRaw:
    case State::kDead:
      break;
  }
}

// Goes on skipping with a literal, or gives up on a client that sends too much of what nobody
// wants.
Framer::Step Framer::skip_literal(std::uint64_t size) {
  left_ = size;
  state_ = State::kSkip;
  if (size > limits_.skip - std::min(limits_.skip, skipped_octets_))
    return die(Fault::kLiteralTooBig);
  return std::nullopt;
}

Framer::Step Framer::step_skip(std::string_view& in) {
  if (left_ == 0) {
    begin_line_after_literal(State::kSkipLine);
    return std::nullopt;
  }
  if (const Step given_up = skip_literal(left_)) return given_up;
  if (in.empty()) return Action::kNeedMore;
  const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
  in.remove_prefix(count);
  left_ -= count;
  skipped_octets_ += count;
  return std::nullopt;
}

// Only CRLF ends a skipped line too; what else is wrong with it does not matter any more.
Framer::Step Framer::step_skip_line(std::string_view& in) {
  while (!in.empty()) {
    const char c = in.front();
    in.remove_prefix(1);
    if (++skipped_octets_ > limits_.skip) return die(Fault::kLineTooLong);
    if (cr_ && c == '\n') {
      cr_ = false;
      return end_skipped_line();
    }
    if (cr_) scan_.next('\r', quoted_);
    cr_ = c == '\r';
    if (!cr_) (void)track(c);
  }
  return Action::kNeedMore;
}

Framer::Step Framer::end_skipped_line() {
  switch (scan_.ending()) {
    case LiteralScan::Ending::kPlain:
    case LiteralScan::Ending::kSync:
      return end_skip();  // no "+" is coming, so nothing follows
    case LiteralScan::Ending::kNonSync:
      return skip_literal(scan_.number());
    case LiteralScan::Ending::kBroken:
      break;
  }
  return die(Fault::kBadLiteral);
}

Framer::Step Framer::end_skip() {
  state_ = State::kStart;
  if (silent_) return std::nullopt;
  return Action::kSkipped;
}

Framer::Action Framer::bad(Fault fault) {
  if (limits_.close_on_fault) return die(fault);
  fault_ = fault;
  silent_ = true;
  drop();
  state_ = State::kSkipLine;
  return Action::kBad;
}

Framer::Action Framer::die(Fault fault) {
  fault_ = fault;
  drop();
  state_ = State::kDead;
  return Action::kBad;
}

// Forgets the command except for its tag.
void Framer::drop() {
  tag_ = std::string(tag());
  buffer_ = std::string();
}

}  // namespace postern::imap
