// IDLE (RFC 2177, RFC 9051 §6.3.13): changes are pushed the moment they are published; "* OK Still
// here" keeps NATs and apps awake. The line that ends it may come together with the next command.
#include "base/ascii.h"
#include "session/handlers.h"

namespace postern::session {

task<Reply> do_idle(Context& context) {
  context.out.append("+ idling\r\n");
  // Registered before the first look, so that no change falls in between.
  mailstore::Watch watch;
  if (context.view != nullptr && !context.notify.active()) {
    watch = context.account().watch(context.view->handle().id, context.entry->wake);
  }
  mailstore::Watch metadata;
  if (context.metadata.running())
    metadata = context.account().watch(mailstore::kServerMetadata, context.entry->wake);
  const TimePoint never = TimePoint::max();
  TimePoint next_word = context.services.clock.now() + context.settings->limits.keep_alive;
  while (true) {
    // RFC 5465 §4: after NOTIFY, what that asked for and nothing else.
    if (!co_await context.tell_changes(View::Expunges::kTell)) {
      co_return Reply::okay("IDLE ended.");
    }
    if (!co_await context.sync_metadata()) co_return Reply::okay("IDLE ended.");
    switch (co_await context.in.next({next_word, never})) {
      case Input::Event::kCommand: {
        // SECURITY (desync): DONE is framed as a command, not as a raw line. Whatever else comes
        // may carry literals, and their octets must not become commands.
        if (iequals(context.in.framer().command(), "DONE"))
          co_return Reply::okay("IDLE completed.");
        // RFC 2177 §3: nothing but DONE; what came instead is not executed.
        co_return Reply::client_bug("Expected DONE.");
      }
      case Input::Event::kLiteral:
        context.in.framer().reject_command();
        co_return Reply::client_bug("Expected DONE.");
      case Input::Event::kSignal:
        if (context.entry->close_reason() != CloseReason::kNone)
          co_return Reply::okay("IDLE ended.");
        break;
      case Input::Event::kDeadline:
        if (!context.in.framer().idle()) {
          context.close_with("The command was not finished in time.", "command_timeout");
          co_return Reply::client_bug("Expected DONE.");
        }
        context.out.append("* OK Still here\r\n");
        next_word = context.services.clock.now() + context.settings->limits.keep_alive;
        break;
      case Input::Event::kBad:
        if (context.in.framer().fatal()) {
          context.close_with(reply_for(context.in.framer().fault()).text, "protocol_error");
        }
        co_return Reply::client_bug("Expected DONE.");
      case Input::Event::kSkipped:
        break;
      case Input::Event::kLine:
      case Input::Event::kStreamBytes:
      case Input::Event::kStreamEnd:
      case Input::Event::kClosed:
        context.closed_by_peer = true;
        context.close_with({}, context.out.timed_out() ? "output_stalled" : "peer_closed");
        co_return Reply::okay("IDLE ended.");
    }
  }
}

}  // namespace postern::session
