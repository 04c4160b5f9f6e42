// APPEND and REPLACE (RFC 9051 §6.3.12, RFC 3502, RFC 3516 §4.4, RFC 4469, RFC 8508, APPENDUID of
// RFC 4315, the UTF8 form of RFC 6855): the command is read here, as its literals stream by.
//
// DEVIATION: RFC 9755 §4 refuses 8-bit header fields from clients without UTF8=ACCEPT. Old mail has
// them and must be movable byte for byte with any client, so it is stored as it came.
// DEVIATION: RFC 3516 §6 shows what holds NUL to BODY and BODYSTRUCTURE in another transfer
// encoding. Messages are kept and given back octet for octet, signatures and all; BINARY tells of
// NULs by literal8.
// SECURITY (desync): whatever fails, the literal under way and the rest of the command are read to
// their end and nothing of them is taken for a command.
#include <optional>
#include <utility>

#include "imap/append_parser.h"
#include "session/cmd/append_builder.h"
#include "session/handlers.h"

namespace postern::session {
namespace {

using imap::AppendParser;

// Answers the announcement. A reply: the literal is not wanted, nor is what follows.
task<std::optional<Reply>> on_announcement(Context& context, CommandRow row, AppendParser& parser,
                                           AppendBuilder& builder) {
  imap::Framer& framer = context.in.framer();
  const auto next = parser.advance(framer.command(), AppendParser::At::kLiteral);
  if (!next) co_return reply_for(next.error());
  if (auto refused = co_await builder.go_on()) co_return refused;
  if (*next == AppendParser::Next::kStream) {
    if (framer.literal().synchronizing) context.out.append("+ Ready for the message\r\n");
    framer.stream_literal();
    co_return std::nullopt;
  }
  if (framer.literal().size > row.literal_limit || !framer.literal_fits())
    co_return Reply{Reply::Status::kBad, "TOOBIG", "Literal too large."};
  if (framer.literal().synchronizing) context.out.append("+ Ready\r\n");
  framer.accept_literal();
  co_return std::nullopt;
}

Reply cut_off(Context& context, std::string_view bye, std::string_view reason) {
  context.close_with(bye, reason);
  return reply_for(Error{Errc::kUnavailable, {}, {}});
}

}  // namespace

task<Reply> do_append(Context& context, imap::CommandHead head, Input::Event event) {
  const CommandRow row = command_row(head.id);
  AppendParser parser(std::move(head), context.parse_mode());
  AppendBuilder builder(context, parser.args());
  std::optional<Reply> failed;
  while (true) {
    imap::Framer& framer = context.in.framer();
    switch (event) {
      case Input::Event::kLiteral:
        if (!failed) failed = co_await on_announcement(context, row, parser, builder);
        if (!failed) break;
        framer.reject_command();
        co_return std::move(*failed);
      case Input::Event::kStreamBytes:
        // The first failure is the answer; the rest flows into nothing.
        if (!failed) failed = co_await builder.write(framer.body());
        break;
      case Input::Event::kStreamEnd:
        break;
      case Input::Event::kCommand: {
        const auto whole = parser.advance(framer.command(), AppendParser::At::kEnd);
        if (!whole) co_return reply_for(whole.error());
        if (!failed) failed = co_await builder.go_on();
        if (failed) co_return std::move(*failed);
        co_return co_await builder.commit();
      }
      case Input::Event::kSignal:
        if (context.entry->close_reason() == CloseReason::kNone) break;
        // The literal is cut off by the BYE that follows; nothing of it was stored.
        co_return cut_off(context, "This session is being closed.", "closed_in_append");
      case Input::Event::kDeadline:
        co_return cut_off(context, "The message was not sent in time.", "append_timeout");
      case Input::Event::kBad:
        if (framer.fatal()) context.close_with(reply_for(framer.fault()).text, "protocol_error");
        co_return reply_for(framer.fault());
      case Input::Event::kSkipped:
        co_return Reply::bad("The command was malformed.");
      case Input::Event::kLine:
      case Input::Event::kClosed:
        context.closed_by_peer = true;
        co_return cut_off(context, {}, "peer_closed");
    }
    const TimePoint never = TimePoint::max();
    event = co_await context.in.next({never, never});
  }
}

}  // namespace postern::session
