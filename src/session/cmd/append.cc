// APPEND (RFC 9051 §6.3.12, APPENDUID of RFC 4315, the UTF8 form of RFC 6855).
//
// DEVIATION: RFC 9755 §4 refuses 8-bit header fields from clients without UTF8=ACCEPT. Old mail has
// them and must be movable byte for byte with any client, so it is stored as it came. Mailbox,
// size, quota and flags are checked before the "+"; the literal then streams into the store.
// SECURITY (desync): whatever fails after that, the literal and the rest of the command are read to
// their end and nothing of them is taken for a command.
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "imap/encoder.h"
#include "imap/parser.h"
#include "session/flag_names.h"
#include "session/handlers.h"

namespace postern::session {
namespace {

struct Target {
  MailboxHandle mailbox;
  FlagNames flags;
  imap::AppendArgs args;
  std::unique_ptr<mailstore::MessageWriter> writer;
};

std::expected<Target, Reply> prepare(Context& context, std::string_view prefix) {
  using Out = std::expected<Target, Reply>;
  auto parsed = imap::parse_append_prefix(prefix, context.parse_mode());
  if (!parsed) return Out(std::unexpect, reply_for(parsed.error()));
  Target target;
  target.args = std::move(std::get<imap::AppendArgs>(parsed->args));
  const imap::Framer::Literal& literal = context.in.framer().literal();
  if (literal.utf8 != target.args.utf8 || (literal.binary && !literal.utf8)) {
    // RFC 9051 §6.3.12: literal8 belongs to the BINARY capability, which is not announced.
    return Out(std::unexpect, Reply::bad("A binary literal is not allowed here."));
  }
  if (target.args.utf8 && !context.enabled.utf8) {
    return Out(std::unexpect, Reply::client_bug("ENABLE UTF8=ACCEPT comes before UTF8 data."));
  }
  auto mailbox = open_target(context.principal, target.args.mailbox);
  if (!mailbox) return Out(std::unexpect, reply_for(mailbox.error()));
  target.mailbox = std::move(*mailbox);
  auto flags = sort_flags(target.args.flags);
  if (!flags) return Out(std::unexpect, reply_for(flags.error()));
  target.flags = std::move(*flags);
  if (literal.size > context.settings->max_message_size) {
    return Out(std::unexpect, reply_for(Error{Errc::kTooBig, {}, {}}));
  }
  if (!context.account().usage().fits(literal.size, 1)) {
    return Out(std::unexpect, reply_for(Error{Errc::kOverQuota, {}, {}}));
  }
  auto writer = context.account().begin_message(literal.size);
  if (!writer) return Out(std::unexpect, reply_for(writer.error()));
  target.writer = std::move(*writer);
  return target;
}

// Feeds the literal to the writer. The first failure drops the writer and the rest flows into
// nothing.
class Receiver {
 public:
  Receiver(Context& context, Target& target) : context_(context), target_(target) {}

  // Until the command has ended. The reply is set unless the message came in whole.
  task<std::optional<Reply>> run(std::size_t prefix_size) {
    while (true) {
      const TimePoint never = TimePoint::max();
      const Input::Event event = co_await context_.in.next({never, never});
      switch (event) {
        case Input::Event::kStreamBytes:
          co_await take(context_.in.framer().body());
          break;
        case Input::Event::kStreamEnd:
          break;
        case Input::Event::kCommand: {
          const std::string_view rest = context_.in.framer().command().substr(prefix_size);
          if (!imap::valid_append_suffix(rest, target_.args.utf8)) {
            co_return Reply::bad("Nothing may follow the message literal.");
          }
          if (failure_) co_return reply_for(*failure_);
          co_return std::nullopt;
        }
        case Input::Event::kLiteral:
          context_.in.framer().reject_command();
          co_return Reply::bad("One message at a time.");
        case Input::Event::kSignal:
          if (context_.entry->close_reason() == CloseReason::kNone) break;
          // The literal is cut off by the BYE that follows; nothing of it was stored.
          context_.close_with("This session is being closed.", "closed_in_append");
          co_return reply_for(Error{Errc::kUnavailable, {}, {}});
        case Input::Event::kDeadline:
          context_.close_with("The message was not sent in time.", "append_timeout");
          co_return reply_for(Error{Errc::kUnavailable, {}, {}});
        case Input::Event::kBad:
          if (context_.in.framer().fatal()) {
            context_.close_with(reply_for(context_.in.framer().fault()).text, "protocol_error");
          }
          co_return reply_for(context_.in.framer().fault());
        case Input::Event::kSkipped:
          co_return Reply::bad("The command was malformed.");
        case Input::Event::kLine:
        case Input::Event::kClosed:
          context_.closed_by_peer = true;
          context_.close_with({}, "peer_closed");
          co_return reply_for(Error{Errc::kUnavailable, {}, {}});
      }
    }
  }

 private:
  task<void> take(std::string_view bytes) {
    if (failure_) co_return;
    const Result<void> kept = co_await target_.writer->append(bytes);
    if (kept) co_return;
    failure_ = kept.error();
    target_.writer.reset();
  }

  Context& context_;
  Target& target_;
  std::optional<Error> failure_;
};

task<Reply> commit(Context& context, Target target) {
  auto staged = co_await target.writer->finish();
  if (!staged) co_return reply_for(staged.error());
  mailstore::NewMessage message{std::move(*staged), target.flags.system,
                                std::move(target.flags.keywords),
                                context.services.clock.unix_seconds(), 0};
  if (target.args.date) {
    message.internal_date = target.args.date->unix_seconds;
    message.zone_minutes = target.args.date->zone_minutes;
  }
  std::vector<mailstore::NewMessage> messages;
  messages.push_back(std::move(message));
  const auto appended = co_await context.account().append(target.mailbox.id, std::move(messages));
  if (!appended) co_return reply_for(appended.error());
  context.made(target.mailbox.id, appended->uids);
  std::string code = "APPENDUID ";
  imap::append_number(code, appended->uid_validity.value());
  code += ' ';
  code += appended->uids.to_string();
  co_return Reply::okay(std::move(code), "APPEND completed.");
}

}  // namespace

task<Reply> do_append(Context& context, std::string prefix) {
  auto target = prepare(context, prefix);
  imap::Framer& framer = context.in.framer();
  if (!target) {
    framer.reject_command();
    co_return std::move(target.error());
  }
  if (framer.literal().synchronizing) context.out.append("+ Ready for the message\r\n");
  framer.stream_literal();
  Receiver receiver(context, *target);
  if (auto failed = co_await receiver.run(prefix.size())) co_return std::move(*failed);
  co_return co_await commit(context, std::move(*target));
}

}  // namespace postern::session
