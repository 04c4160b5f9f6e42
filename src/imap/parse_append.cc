// APPEND and REPLACE: everything but the octets of the messages, which are streamed.
#include <utility>

#include "imap/append_parser.h"
#include "imap/parse_rules.h"

namespace postern::imap {
namespace {

// An announcement is all that is left: its octets are not here.
bool at_announcement(const Cursor& in, AppendParser::At at) {
  return at == AppendParser::At::kLiteral && in.peek() == '{' &&
         in.rest().find('\n') + 1 == in.rest().size();
}

// "{n}CRLF" or "{n+}CRLF"
std::uint64_t announced(Cursor& in) {
  in.expect('{', "the message as a literal");
  const std::uint64_t size = in.number64("the size of the literal");
  in.try_char('+');
  in.expect('}', "\"}\" after the size of the literal");
  in.expect('\r', "CRLF after the size of the literal");
  in.expect('\n', "CRLF after the size of the literal");
  return size;
}

DateTime date_time(Cursor& in) {
  const std::size_t start = in.offset();
  const Result<DateTime> date = parse_date_time(in.quoted("a date-time"));
  if (date.has_value()) return *date;
  in.fail_at(start, Errc::kInvalid, "a date-time such as \"17-Jul-1996 02:44:25 -0700\"");
  return {};
}

// seq-number: one number or "*" (RFC 8508 §5).
NumberSet seq_number(Cursor& in) {
  const std::size_t start = in.offset();
  Result<NumberSet> number =
      NumberSet::parse(in.run([](char c) { return (c >= '0' && c <= '9') || c == '*'; }));
  if (number.has_value()) return std::move(*number);
  in.fail_at(start, Errc::kInvalid, "the number of one message");
  return {};
}

}  // namespace

AppendParser::AppendParser(CommandHead head, const ParseMode& mode)
    : head_(std::move(head)), mode_(mode), at_(head_.end) {
  args_.by = head_.by;
}

Parsed<AppendParser::Next> AppendParser::advance(std::string_view command, At at) {
  Cursor in(command, mode_, at_);
  const Pause pause = read(in, at);
  if (!in.ok()) return std::unexpected(in.take_error(head_.tag, to_string(head_.id)));
  switch (pause) {
    case Pause::kCollect:
      return Next::kCollect;
    case Pause::kStream:
      return Next::kStream;
    case Pause::kNone:
      break;
  }
  return Next::kDone;
}

AppendParser::Pause AppendParser::read(Cursor& in, At at) {
  while (in.ok() && state_ != State::kDone) {
    Pause pause = Pause::kNone;
    switch (state_) {
      case State::kTarget:
        pause = read_target(in, at);
        break;
      case State::kMessage:
        pause = read_message(in, at);
        break;
      case State::kPart:
        pause = read_part(in, at);
        break;
      case State::kAfterPart:
        after_part(in, at);
        break;
      case State::kDone:
        break;
    }
    // What waits for a literal to be collected is read once more from here.
    if (pause == Pause::kCollect) return pause;
    at_ = in.offset();
    if (pause == Pause::kStream) return pause;
  }
  return Pause::kNone;
}

AppendParser::Pause AppendParser::read_target(Cursor& in, At at) {
  if (head_.id == CommandId::kReplace) {
    in.space();
    args_.replaces = seq_number(in);
  }
  in.space();
  if (at_announcement(in, at)) return Pause::kCollect;
  args_.mailbox = in.mailbox();
  state_ = State::kMessage;
  return Pause::kNone;
}

AppendParser::Pause AppendParser::read_message(Cursor& in, At at) {
  if (args_.messages.size() >= kMaxMessages) {
    in.fail_at(in.offset(), Errc::kLimit, "too many messages in one command");
    return Pause::kNone;
  }
  in.space();
  AppendMessage message;
  if (in.peek() == '(') {
    message.flags = in.flag_list();
    in.space();
  }
  if (in.peek() == '"') {
    message.date = date_time(in);
    in.space();
  }
  message.catenate = in.try_keyword("CATENATE");
  args_.messages.push_back(std::move(message));
  if (args_.messages.back().catenate) {
    in.space();
    in.expect('(', "the parts of the message in parentheses");
    state_ = State::kPart;
    return Pause::kNone;
  }
  if (in.try_keyword("UTF8")) return read_utf8(in, at);
  return read_octets(in, at, {});
}

AppendParser::Pause AppendParser::read_part(Cursor& in, At at) {
  if (in.try_keyword("UTF8")) return read_utf8(in, at);
  if (in.try_keyword("TEXT")) {
    in.space();
    return read_octets(in, at, {});
  }
  if (!in.try_keyword("URL")) {
    in.fail("TEXT, URL or UTF8");
    return Pause::kNone;
  }
  in.space();
  if (at_announcement(in, at)) return Pause::kCollect;
  AppendPart part{.kind = AppendPart::Kind::kUrl};
  part.url = in.astring("a URL");
  add_part(in, std::move(part));
  return Pause::kNone;
}

AppendParser::Pause AppendParser::read_utf8(Cursor& in, At at) {
  in.space();
  in.expect('(', "\"(\" after UTF8");
  if (in.peek() != '~') in.fail("a literal8 in the UTF8 form");
  return read_octets(in, at, {.utf8 = true});
}

AppendParser::Pause AppendParser::read_octets(Cursor& in, At at, AppendPart part) {
  in.try_char('~');
  part.size = announced(in);
  add_part(in, std::move(part));
  return at == At::kLiteral && in.ok() && in.at_end() ? Pause::kStream : Pause::kNone;
}

void AppendParser::add_part(Cursor& in, AppendPart part) {
  if (!in.ok()) return;
  if (++parts_ > kMaxParts) {
    in.fail_at(in.offset(), Errc::kLimit, "too many parts in one command");
    return;
  }
  args_.messages.back().parts.push_back(std::move(part));
  state_ = State::kAfterPart;
}

void AppendParser::after_part(Cursor& in, At at) {
  AppendMessage& message = args_.messages.back();
  if (message.parts.back().utf8) in.expect(')', "\")\" after the message");
  if (message.catenate) {
    if (in.try_char(' ')) {
      state_ = State::kPart;
      return;
    }
    in.expect(')', "one space or \")\" after a part");
  }
  message.complete = in.ok();
  // RFC 8508 §4.7: REPLACE has one message.
  if (head_.id == CommandId::kReplace) in.end();
  state_ = in.at_end() && at == At::kEnd ? State::kDone : State::kMessage;
}

AppendArgs AppendParser::read_whole(Cursor& in, CommandId id, Addressing by) {
  AppendParser parser({.id = id, .by = by}, in.mode());
  parser.read(in, At::kEnd);
  return std::move(parser.args_);
}

AppendArgs parse_append(Cursor& in) {
  return AppendParser::read_whole(in, CommandId::kAppend, Addressing::kSequence);
}

AppendArgs parse_replace(Cursor& in, Addressing by) {
  return AppendParser::read_whole(in, CommandId::kReplace, by);
}

}  // namespace postern::imap
