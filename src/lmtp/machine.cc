#include "lmtp/machine.h"

#include "base/ascii.h"
#include "lmtp/path.h"

namespace postern::lmtp {
namespace {

// Splits "VERB rest"; the verb compares without case.
std::string_view take_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!iequals(text.substr(0, prefix.size()), prefix)) return false;
  text.remove_prefix(prefix.size());
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);  // seen from real senders
  return true;
}

bool has_control(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return false;
}

}  // namespace

Machine::Machine(Options options) : options_(std::move(options)) {}

std::string Machine::greeting() const {
  return "220 " + options_.hostname + " LMTP ready\r\n";
}

std::string Machine::closing(std::string_view hostname, std::string_view why) {
  std::string text = "421 4.3.2 ";
  text += hostname;
  text += ' ';
  text += why;
  text += "\r\n";
  return text;
}

void Machine::reply(std::string_view text) {
  output_ += text;
  output_ += "\r\n";
}

Machine::Action Machine::feed(std::string_view& in) {
  for (;;) {
    Action action = Action::kNeedMore;
    switch (state_) {
      case State::kClosed:
        in = {};
        return Action::kClose;
      case State::kData:
        if (in.empty()) return Action::kNeedMore;
        action = read_data(in);
        break;
      case State::kChunk:
        if (chunk_left_ != 0 && in.empty()) return Action::kNeedMore;
        action = read_chunk(in);
        break;
      case State::kEnd:
        state_ = State::kCommand;
        action = end_of_message();
        break;
      case State::kCommand:
        if (in.empty()) return Action::kNeedMore;
        action = read_line(in);
        break;
    }
    if (action != Action::kNeedMore) return action;
  }
}

// Only CRLF ends a line. A bare LF stays inside the line and is refused with it as a control
// character.
Machine::Action Machine::read_line(std::string_view& in) {
  const std::size_t lf = in.find('\n');
  const std::string_view piece = in.substr(0, lf == std::string_view::npos ? in.size() : lf + 1);
  in.remove_prefix(piece.size());
  const char before = piece.size() > 1 ? piece[piece.size() - 2] : last_;
  last_ = piece.back();
  const bool ends = last_ == '\n' && before == '\r';
  too_long_ = too_long_ || line_.size() + piece.size() > options_.max_line;
  if (too_long_) {
    line_ = {};
    if (ends) {
      too_long_ = false;
      reply("500 5.5.2 Line too long");
    }
    return Action::kNeedMore;
  }
  line_ += piece;
  if (!ends) return Action::kNeedMore;
  std::string line = std::exchange(line_, {});
  line.resize(line.size() - 2);
  return command(line);
}

Machine::Action Machine::command(std::string_view line) {
  if (has_control(line)) {
    reply("500 5.5.2 Control characters in a command");
    return Action::kNeedMore;
  }
  const std::string verb = to_upper(take_word(line));
  if (verb == "LHLO") return lhlo(line);
  if (verb == "QUIT") {
    reply("221 2.0.0 Bye");
    state_ = State::kClosed;
    return begun_ ? (begun_ = false, Action::kAbort) : Action::kClose;
  }
  if (verb == "NOOP") {
    reply("250 2.0.0 Ok");
    return Action::kNeedMore;
  }
  if (verb == "RSET") {
    const bool drop = reset();
    reply("250 2.0.0 Ok");
    return drop ? Action::kAbort : Action::kNeedMore;
  }
  if (verb == "VRFY") {
    reply("252 2.5.2 Send some mail, I will try my best");
    return Action::kNeedMore;
  }
  if (verb == "HELO" || verb == "EHLO") {
    reply("500 5.5.1 This is LMTP: say LHLO");  // RFC 2033 §4.1
    return Action::kNeedMore;
  }
  if (verb == "BDAT") return bdat(line);
  if (!greeted_ && (verb == "MAIL" || verb == "RCPT" || verb == "DATA")) {
    reply("503 5.5.1 Say LHLO first");
    return Action::kNeedMore;
  }
  if (verb == "MAIL") return mail(line);
  if (verb == "RCPT") return rcpt(line);
  if (verb == "DATA") return data(line);
  reply("500 5.5.2 Unknown command");
  return Action::kNeedMore;
}

Machine::Action Machine::lhlo(std::string_view args) {
  const std::string_view name = take_word(args);
  if (name.empty() || name.size() > 255) {
    reply("501 5.5.4 LHLO needs a host name");
    return Action::kNeedMore;
  }
  const bool drop = reset();
  greeted_ = true;
  envelope_.lhlo = name;
  reply("250-" + options_.hostname);
  reply("250-PIPELINING");
  reply("250-8BITMIME");
  reply("250-SMTPUTF8");
  reply("250-CHUNKING");
  reply("250-ENHANCEDSTATUSCODES");
  reply("250 SIZE " + std::to_string(options_.max_message_size));
  return drop ? Action::kAbort : Action::kNeedMore;
}

Machine::Action Machine::mail(std::string_view args) {
  if (have_mail_) {
    reply("503 5.5.1 MAIL was given already");
    return Action::kNeedMore;
  }
  if (!take_prefix(args, "FROM:")) {
    reply("501 5.5.4 Use MAIL FROM:<address>");
    return Action::kNeedMore;
  }
  Result<Path> path = parse_path(args);
  if (!path) {
    reply("501 5.1.7 Bad sender address");
    return Action::kNeedMore;
  }
  bool utf8 = false;
  while (!args.empty()) {
    if (args.front() != ' ') {
      reply("501 5.5.4 Bad parameters");
      return Action::kNeedMore;
    }
    args.remove_prefix(1);
    if (args.empty()) break;
    const std::string_view parameter = take_word(args);
    if (!args.empty()) args = std::string_view(args.data() - 1, args.size() + 1);
    const std::string_view key = parameter.substr(0, parameter.find('='));
    const std::string_view value =
        key.size() < parameter.size() ? parameter.substr(key.size() + 1) : std::string_view{};
    if (iequals(key, "SIZE")) {
      const auto size = parse_decimal<std::uint64_t>(value);
      if (!size &&
          (value.empty() || value.find_first_not_of("0123456789") != std::string_view::npos)) {
        reply("501 5.5.4 SIZE needs a number");
        return Action::kNeedMore;
      }
      if (!size || *size > options_.max_message_size) {  // a number past 64 bits is too big, too
        reply("552 5.3.4 Message is larger than this server accepts");
        return Action::kNeedMore;
      }
    } else if (iequals(key, "BODY") && (iequals(value, "7BIT") || iequals(value, "8BITMIME"))) {
      // Stored byte for byte either way.
    } else if (iequals(key, "SMTPUTF8") && value.empty()) {
      utf8 = true;
    } else {
      reply("555 5.5.4 Parameter not supported");
      return Action::kNeedMore;
    }
  }
  if (path->utf8 && !utf8) {  // RFC 6531 §3.2
    reply("553 5.6.7 Non-ASCII address needs SMTPUTF8");
    return Action::kNeedMore;
  }
  have_mail_ = true;
  envelope_.sender = std::move(path->address);
  envelope_.smtputf8 = utf8;
  reply("250 2.1.0 Ok");
  return Action::kNeedMore;
}

Machine::Action Machine::rcpt(std::string_view args) {
  if (!have_mail_ || begun_) {
    reply("503 5.5.1 RCPT belongs after MAIL and before the message");
    return Action::kNeedMore;
  }
  if (!take_prefix(args, "TO:")) {
    reply("501 5.5.4 Use RCPT TO:<address>");
    return Action::kNeedMore;
  }
  Result<Path> path = parse_path(args);
  if (!path || path->address.empty()) {
    reply("501 5.1.3 Bad recipient address");
    return Action::kNeedMore;
  }
  if (!args.empty()) {
    reply("555 5.5.4 Parameter not supported");
    return Action::kNeedMore;
  }
  if (path->utf8 && !envelope_.smtputf8) {
    reply("553 5.6.7 Non-ASCII address needs SMTPUTF8");
    return Action::kNeedMore;
  }
  if (envelope_.recipients.size() >= options_.max_recipients) {
    reply("452 4.5.3 Too many recipients");
    return Action::kNeedMore;
  }
  recipient_ = std::move(path->address);
  return Action::kRecipient;
}

void Machine::recipient_done(std::string_view text) {
  if (text.starts_with("250")) envelope_.recipients.push_back(recipient_);
  reply(text);
}

Machine::Action Machine::data(std::string_view args) {
  if (!args.empty()) {
    reply("501 5.5.4 DATA has no parameters");
    return Action::kNeedMore;
  }
  // RFC 2033 §4.2 (3): without a valid recipient DATA is refused, so no reply is left open.
  if (!have_mail_ || envelope_.recipients.empty() || chunking_) {
    reply("503 5.5.1 DATA needs MAIL and a valid RCPT, and no BDAT before it");
    return Action::kNeedMore;
  }
  reply("354 End data with <CR><LF>.<CR><LF>");
  state_ = State::kData;
  begun_ = true;
  size_ = 0;
  data_reader_ = DataReader{};
  return Action::kBegin;
}

Machine::Action Machine::bdat(std::string_view args) {
  const std::string_view number = take_word(args);
  const auto size = parse_decimal<std::uint64_t>(number);
  const bool last = iequals(args, "LAST");
  if (!size || (!args.empty() && !last)) {
    // SECURITY: how many octets follow is unknown, so nothing after this can be read as a command.
    reply("501 5.5.4 Bad BDAT");
    state_ = State::kClosed;
    return begun_ ? (begun_ = false, Action::kAbort) : Action::kClose;
  }
  chunk_left_ = *size;
  chunk_last_ = last;
  state_ = State::kChunk;
  if (!greeted_ || !have_mail_ || envelope_.recipients.empty() || chunk_failed_) {
    chunk_failed_ = true;
    return Action::kNeedMore;  // the octets are read and dropped; the reply follows them
  }
  if (chunking_) return Action::kNeedMore;
  chunking_ = true;
  begun_ = true;
  size_ = 0;
  newline_check_ = NewlineCheck{};
  return Action::kBegin;
}

Machine::Action Machine::read_data(std::string_view& in) {
  constexpr std::size_t kPiece = 64 * 1024;
  body_.clear();
  std::string_view piece = in.substr(0, kPiece);
  const std::size_t before = piece.size();
  const bool end = data_reader_.feed(piece, body_);
  in.remove_prefix(before - piece.size());
  size_ += body_.size();
  if (end) state_ = State::kCommand;
  if (size_ > options_.max_message_size) {
    if (end) return refuse_message("552 5.3.4 Message is larger than this server accepts");
    // The rest is read and dropped; the driver drops what it has, once.
    return std::exchange(begun_, false) ? Action::kAbort : Action::kNeedMore;
  }
  if (end) state_ = State::kEnd;  // the last octets first
  return body_.empty() ? Action::kNeedMore : Action::kBytes;
}

Machine::Action Machine::read_chunk(std::string_view& in) {
  constexpr std::size_t kPiece = 64 * 1024;
  if (chunk_left_ != 0) {
    const std::size_t take =
        static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, std::min(in.size(), kPiece)));
    body_.assign(in.substr(0, take));
    in.remove_prefix(take);
    chunk_left_ -= take;
    size_ += take;
    if (chunk_failed_) return Action::kNeedMore;
    newline_check_.feed(body_);
    if (size_ <= options_.max_message_size) return Action::kBytes;
    chunk_failed_ = true;
    begun_ = false;
    return Action::kAbort;
  }
  state_ = State::kCommand;
  if (chunk_failed_) {
    if (size_ > options_.max_message_size && have_mail_) {
      if (chunk_last_)
        return refuse_message("552 5.3.4 Message is larger than this server accepts");
      reply("552 5.3.4 Message is larger than this server accepts");
      return Action::kNeedMore;
    }
    reply("503 5.5.1 BDAT needs MAIL and a valid RCPT");
    if (chunk_last_) chunk_failed_ = false;
    return Action::kNeedMore;
  }
  if (chunk_last_) return end_of_message();
  reply("250 2.0.0 " + std::to_string(size_) + " octets so far");
  return Action::kNeedMore;
}

Machine::Action Machine::end_of_message() {
  newline_check_.finish();
  const bool bare = chunking_ ? newline_check_.bare() : data_reader_.bare_newlines();
  if (bare && options_.reject_bare_newlines)
    return refuse_message("554 5.6.0 Bare CR or LF in the message");
  begun_ = false;
  return Action::kEnd;
}

Machine::Action Machine::refuse_message(std::string_view text) {
  for (std::size_t i = 0; i < envelope_.recipients.size(); ++i) reply(text);
  const bool drop = reset();
  return drop ? Action::kAbort : Action::kNeedMore;
}

void Machine::delivered(const std::vector<std::string>& replies) {
  for (const std::string& text : replies) reply(text);
  (void)reset();
}

bool Machine::reset() {
  envelope_.sender.clear();
  envelope_.recipients.clear();
  envelope_.smtputf8 = false;
  have_mail_ = chunking_ = chunk_failed_ = chunk_last_ = false;
  size_ = 0;
  body_ = {};
  return std::exchange(begun_, false);
}

}  // namespace postern::lmtp
