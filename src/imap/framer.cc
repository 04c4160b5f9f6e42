#include "imap/framer.h"

#include <string.h>

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "imap/syntax.h"

namespace postern::imap {
namespace {

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kLiteralMinus = 4096;  // RFC 7888 §5

// The first octet that may not stand in a line, or the end.
std::size_t find_line_special(std::string_view in) {
  constexpr std::string_view kSpecial("\r\n\0", 3);
  return std::min(in.find_first_of(kSpecial), in.size());
}

}  // namespace

FramerLimits FramerLimits::before_login() {
  return {};
}

FramerLimits FramerLimits::after_login() {
  return {.line = 64 * kKiB,
          .auth_line = 64 * kKiB,
          .set_line = kMiB,
          .literals = kMiB,
          .depth = 64,
          .skip = 64 * kMiB,
          .close_on_fault = false};
}

Framer::Framer(FramerLimits limits) : limits_(limits), next_limits_(limits) {}

void Framer::set_limits(FramerLimits limits) {
  next_limits_ = limits;
}

void Framer::expect_raw_line() {
  raw_next_ = true;
}

bool Framer::idle() const {
  return state_ == State::kStart && !cr_ && !skipped_;
}

void Framer::release_memory() {
  if (!idle()) return;
  // SECURITY: a LOGIN may have been in it.
  explicit_bzero(buffer_.data(), buffer_.size());
  buffer_ = std::string();
  tag_ = std::string();
}

std::string_view Framer::tag() const {
  if (!tag_.empty()) return tag_;
  const std::string_view first = std::string_view(buffer_).substr(0, buffer_.find(' '));
  return is_tag(first) ? first : std::string_view();
}

Framer::Action Framer::feed(std::string_view& in) {
  for (;;) {
    if (const Step action = step(in)) return *action;
  }
}

Framer::Step Framer::step(std::string_view& in) {
  switch (state_) {
    case State::kStart:
      return step_start(in);
    case State::kLine:
    case State::kRaw:
      return step_line(in);
    case State::kAsk:
      return too_big_ ? die(Fault::kLiteralTooBig) : Action::kLiteral;
    case State::kCollect:
      return step_collect(in);
    case State::kStream:
      return step_stream(in);
    case State::kSkipLine:
      return step_skip_line(in);
    case State::kSkip:
      return step_skip(in);
    case State::kDead:
      break;
  }
  in = {};
  return Action::kNeedMore;
}

// Between commands: CRLF is nothing (clients send empty lines before a tag).
Framer::Step Framer::step_start(std::string_view& in) {
  if (std::exchange(skipped_, false)) return Action::kSkipped;
  if (in.empty()) return Action::kNeedMore;
  if (raw_next_) {
    begin(State::kRaw);
    return std::nullopt;
  }
  constexpr char kTlsHandshake = 0x16;
  if (first_line_ && in.front() == kTlsHandshake) return die(Fault::kNotImap);
  if (cr_ && in.front() == '\n') {
    cr_ = false;
    in.remove_prefix(1);
    return std::nullopt;
  }
  if (!cr_ && in.front() == '\r') {
    cr_ = true;
    in.remove_prefix(1);
    return std::nullopt;
  }
  begin(State::kLine);
  return std::nullopt;  // a CR without LF is found there
}

void Framer::begin(State state) {
  limits_ = next_limits_;
  state_ = state;
  fault_ = Fault::kNone;
  raw_next_ = quoted_ = escaped_ = too_big_ = silent_ = false;
  depth_ = line_octets_ = line_limit_ = literal_octets_ = 0;
  left_ = skipped_octets_ = 0;
  scan_.reset();
  literal_ = {};
  body_ = {};
  buffer_.clear();
  tag_.clear();
}

Framer::Step Framer::step_line(std::string_view& in) {
  if (in.empty()) return Action::kNeedMore;
  if (cr_) {
    cr_ = false;
    if (in.front() != '\n') return bad(Fault::kBadByte);
    in.remove_prefix(1);
    return end_line();
  }
  if (const Fault fault = take(in, find_line_special(in)); fault != Fault::kNone) return bad(fault);
  if (in.empty()) return Action::kNeedMore;
  cr_ = in.front() == '\r';
  in.remove_prefix(1);
  if (!cr_) return bad(Fault::kBadByte);
  return std::nullopt;
}

// Takes `count` octets into the command, within its budget.
Framer::Fault Framer::take(std::string_view& in, std::size_t count) {
  const auto room = [this](std::size_t limit) { return limit - std::min(limit, line_octets_); };
  const std::size_t first = std::min(room(limits_.line), count);
  if (const Fault fault = absorb(in, first); fault != Fault::kNone) return fault;
  if (first == count) return Fault::kNone;
  // The octets up to here name the verb, and the verb names the budget of the rest.
  if (line_limit_ == 0) line_limit_ = line_limit();
  const std::size_t rest = std::min(room(line_limit_), count - first);
  if (const Fault fault = absorb(in, rest); fault != Fault::kNone) return fault;
  return first + rest == count ? Fault::kNone : Fault::kLineTooLong;
}

Framer::Fault Framer::absorb(std::string_view& in, std::size_t count) {
  Fault fault = Fault::kNone;
  std::size_t taken = 0;
  if (state_ == State::kRaw) {
    for (; taken < count; ++taken) scan_.next(in[taken], false);
  } else {
    while (taken < count && fault == Fault::kNone) {
      if (!track(in[taken++])) fault = Fault::kTooDeep;
    }
  }
  buffer_.append(in.substr(0, taken));
  line_octets_ += taken;
  in.remove_prefix(taken);
  return fault;
}

// Follows quoting, nesting and literal announcements; false past the allowed depth.
bool Framer::track(char c) {
  const bool was_quoted = quoted_;
  if (quoted_ && escaped_) {
    escaped_ = false;
  } else if (quoted_ && c == '\\') {
    escaped_ = true;
  } else if (c == '"') {
    quoted_ = !quoted_;
  } else if (!quoted_ && c == '(') {
    ++depth_;
  } else if (!quoted_ && c == ')' && depth_ > 0) {
    --depth_;
  }
  scan_.next(c, was_quoted);
  return depth_ <= limits_.depth;
}

Framer::Step Framer::end_line() {
  if (state_ == State::kRaw) {
    // SECURITY: no response ends like this, so a client that sends it is not where we are, and what
    // it believes to be a literal would be read as commands.
    if (scan_.ending() != LiteralScan::Ending::kPlain) return die(Fault::kBadLiteral);
    state_ = State::kStart;
    return Action::kLine;
  }
  if (std::exchange(first_line_, false) && looks_foreign()) return die(Fault::kNotImap);
  switch (scan_.ending()) {
    case LiteralScan::Ending::kPlain:
      break;
    case LiteralScan::Ending::kSync:
      return announce(true);
    case LiteralScan::Ending::kNonSync:
      return announce(false);
    case LiteralScan::Ending::kBroken:
      return die(Fault::kBadLiteral);
  }
  state_ = State::kStart;
  return Action::kCommand;
}

Framer::Step Framer::announce(bool synchronizing) {
  const std::string_view line = buffer_;
  const std::size_t brace = line.rfind('{');
  constexpr std::string_view kUtf8 = " UTF8 (~";
  const std::string_view before = line.substr(0, brace);
  literal_ = {.size = scan_.number(),
              .synchronizing = synchronizing,
              .binary = scan_.binary(),
              .utf8 = before.size() >= kUtf8.size() &&
                      iequals(before.substr(before.size() - kUtf8.size()), kUtf8)};
  buffer_ += "\r\n";
  line_octets_ += 2;
  if (!synchronizing && !limits_.literal_plus && literal_.size > kLiteralMinus) {
    return die(Fault::kLiteralTooBig);
  }
  state_ = State::kAsk;
  // The message of an APPEND is streamed and has a limit of its own, and a SETMETADATA is refused
  // with the size it may have (RFC 5464 §4.3); every other literal is collected.
  if (literal_fits() || iequals(verb(), "APPEND") || iequals(verb(), "SETMETADATA"))
    return Action::kLiteral;
  const Action action = bad(Fault::kLiteralTooBig);
  if (state_ == State::kDead) return action;
  if (synchronizing) {
    state_ = State::kStart;  // the client reads our BAD instead of "+" and sends no octet of it
    return action;
  }
  return skip_literal(literal_.size).value_or(action);
}

bool Framer::literal_fits() const {
  return literal_octets_ <= limits_.literals && literal_.size <= limits_.literals - literal_octets_;
}

void Framer::accept_literal() {
  if (state_ != State::kAsk) return;
  if (!literal_fits()) {
    too_big_ = true;
    return;
  }
  literal_octets_ += static_cast<std::size_t>(literal_.size);
  left_ = literal_.size;
  state_ = State::kCollect;
}

void Framer::stream_literal() {
  if (state_ != State::kAsk) return;
  left_ = literal_.size;
  state_ = State::kStream;
}

Framer::Step Framer::step_collect(std::string_view& in) {
  if (left_ == 0) {
    begin_line_after_literal(State::kLine);
    return std::nullopt;
  }
  if (in.empty()) return Action::kNeedMore;
  const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
  // CHAR8 of RFC 9051 §9: NUL stands in literal8 only.
  const std::size_t nul = literal_.binary ? std::string_view::npos : in.substr(0, most).find('\0');
  const std::size_t count = nul == std::string_view::npos ? most : nul + 1;
  const std::string_view part = in.substr(0, count);
  in.remove_prefix(count);
  left_ -= count;
  if (nul != std::string_view::npos) {
    const Action action = bad(Fault::kBadByte);
    if (state_ == State::kDead) return action;
    return skip_literal(left_).value_or(action);
  }
  buffer_.append(part);
  return std::nullopt;
}

Framer::Step Framer::step_stream(std::string_view& in) {
  if (left_ == 0) {
    begin_line_after_literal(State::kLine);
    return Action::kStreamEnd;
  }
  if (in.empty()) return Action::kNeedMore;
  const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
  body_ = in.substr(0, count);
  in.remove_prefix(count);
  left_ -= count;
  return Action::kStreamBytes;
}

void Framer::begin_line_after_literal(State state) {
  state_ = state;
  cr_ = quoted_ = escaped_ = false;
  scan_.reset();
}

// The word after the tag, as far as it is there.
std::string_view Framer::verb() const {
  const std::string_view line = buffer_;
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return {};
  const std::string_view rest = line.substr(space + 1);
  return rest.substr(0, rest.find(' '));
}

std::size_t Framer::line_limit() const {
  if (state_ == State::kRaw) return limits_.auth_line;
  const std::string_view word = verb();
  for (const std::string_view name :
       {"UID", "FETCH", "STORE", "SEARCH", "COPY", "MOVE", "SELECT", "EXAMINE"}) {
    if (iequals(word, name)) return std::max(limits_.line, limits_.set_line);
  }
  // LIMIT: only an initial response needs the length, a mechanism name does not.
  const bool initial_response =
      iequals(word, "AUTHENTICATE") && std::count(buffer_.begin(), buffer_.end(), ' ') >= 3;
  return initial_response ? std::max(limits_.line, limits_.auth_line) : limits_.line;
}

// SECURITY (cross-protocol requests): a browser or a mail relay that was talked into connecting
// here must find nobody who reads on to the lines that an attacker put into its payload.
bool Framer::looks_foreign() const {
  const std::string_view line = buffer_;
  for (const std::string_view greeting : {"EHLO ", "HELO ", "LHLO ", "SSH-"}) {
    if (iequals(line.substr(0, greeting.size()), greeting)) return true;
  }
  const std::size_t space = line.rfind(' ');
  return space != std::string_view::npos && line.substr(space + 1).starts_with("HTTP/");
}

}  // namespace postern::imap
