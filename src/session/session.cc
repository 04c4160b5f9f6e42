#include "session/session.h"

#include <exception>
#include <optional>
#include <utility>

#include "base/log.h"
#include "imap/parser.h"
#include "session/capability.h"
#include "session/handlers.h"
#include "session/session_metrics.h"

namespace postern::session {
namespace {

std::string_view bye_text(CloseReason reason) {
  switch (reason) {
    case CloseReason::kTooManySessions:
      return "Too many sessions of this account; this one was closed.";
    case CloseReason::kShutdown:
      return "The server is shutting down. Please connect again.";
    case CloseReason::kKicked:
    case CloseReason::kNone:
      break;
  }
  return "This session was closed by the operator.";
}

std::string_view end_reason(CloseReason reason) {
  switch (reason) {
    case CloseReason::kTooManySessions:
      return "too_many_sessions";
    case CloseReason::kShutdown:
      return "shutdown";
    case CloseReason::kKicked:
    case CloseReason::kNone:
      break;
  }
  return "kicked";
}

// Of the searching commands; else null.
const imap::SearchArgs* search_of(const imap::Command& command) {
  if (const auto* args = std::get_if<imap::SortArgs>(&command.args)) return &args->search;
  if (const auto* args = std::get_if<imap::ThreadArgs>(&command.args)) return &args->search;
  if (const auto* args = std::get_if<imap::EsearchArgs>(&command.args)) return &args->search;
  return std::get_if<imap::SearchArgs>(&command.args);
}

// Some key of a search does, although its answer may not.
bool counts_messages(const imap::Command& command) {
  const imap::SearchArgs* const search = search_of(command);
  return search != nullptr && search->program.uses_sequence;
}

// How the command counts messages. RFC 7162 §3.2.10.2: a UID SEARCH with message numbers in it is
// answered like one by number.
imap::Addressing addressing_of(const imap::Command& command, imap::Addressing by) {
  const imap::SearchArgs* const search = search_of(command);
  if (search == nullptr) return by;
  return search->program.uses_sequence ? imap::Addressing::kSequence : search->by;
}

// RFC 9586 §3: a command that counts messages in a session that has UIDs only.
Reply uid_required() {
  return {Reply::Status::kBad, "UIDREQUIRED", "UIDONLY is enabled; use the UID form."};
}

}  // namespace

Session::Session(Services& services, Transport& transport) : context_(services, transport) {}

Session::~Session() {
  context_.services.registry.leave(context_.entry);
}

std::size_t Session::held() const {
  const std::size_t compressed = context_.compressed ? context_.compressed->held() : 0;
  return compressed + context_.in.held() + const_cast<Context&>(context_).in.framer().held();
}

task<void> Session::run() {
  std::string failure;
  try {
    co_await serve();
  } catch (const std::exception& e) {
    // The last resort for what third-party code throws: this one session ends, no other is touched.
    failure = e.what();
  }
  if (!failure.empty()) {
    log_error("session_exception", {{"what", failure}});
    context_.end_reason = {};
    context_.close_with("Something went wrong in the server.", "exception");
  }
  if (!context_.closed_by_peer && !context_.out.failed()) {
    if (!context_.bye.empty()) {
      context_.out.append("* BYE ");
      context_.out.append(context_.bye);
      context_.out.append("\r\n");
    }
    static_cast<void>(co_await context_.out.flush());
  }
  context_.unselect();
  context_.services.registry.leave(context_.entry);
  co_await context_.transport.shutdown();
  log_end();
}

task<void> Session::serve() {
  greet();
  while (!context_.closing()) {
    const Input::Event event = co_await context_.in.next(patience());
    switch (event) {
      case Input::Event::kCommand:
        co_await on_command();
        break;
      case Input::Event::kLiteral:
        co_await on_literal();
        break;
      case Input::Event::kBad:
        on_bad();
        break;
      case Input::Event::kSignal:
        break;
      case Input::Event::kDeadline:
        on_deadline();
        break;
      case Input::Event::kSkipped:
        break;
      case Input::Event::kClosed:
      case Input::Event::kLine:
      case Input::Event::kStreamBytes:
      case Input::Event::kStreamEnd:
        context_.closed_by_peer = true;
        context_.close_with({}, context_.out.timed_out() ? "output_stalled" : "peer_closed");
        break;
    }
    if (context_.compress_next) co_await context_.start_compression();
    if (context_.uncompress_next) co_await context_.end_compression();
    on_signal();
    co_await tell_between_commands();
    if (context_.out.failed()) {
      context_.closed_by_peer = true;
      context_.close_with({}, context_.out.timed_out() ? "output_stalled" : "peer_closed");
    }
    if (context_.out.full()) static_cast<void>(co_await context_.out.flush());
    // A client that pipelines without end shares the thread like everybody else.
    if (context_.pace.due()) co_await context_.pace.yield();
  }
}

void Session::greet() {
  const Settings& settings = *context_.settings;
  context_.out.append("* OK [CAPABILITY ");
  context_.out.append(capabilities(settings, Authenticated::kNo));
  context_.out.append("] ");
  context_.out.append(settings.hostname);
  context_.out.append(" Postern ready\r\n");
}

Input::Patience Session::patience() const {
  const Limits& limits = context_.settings->limits;
  const TimePoint now = context_.services.clock.now();
  // SECURITY (slowloris): before login one deadline holds for everything together.
  if (context_.state == State::kNotAuthenticated) {
    return {context_.login_due, context_.login_due};
  }
  return {now + limits.idle_without_idle, TimePoint::max()};
}

std::optional<Reply> Session::refuse(const imap::CommandHead& head) const {
  const CommandRow& row = command_row(head.id);
  if (row.allowed_in(context_.state)) {
    // RFC 9586 §3.2, §3.8. EXPUNGE changes the numbering but names no number; ESEARCH always
    // answers with UIDs.
    if (context_.enabled.uid_only && head.by == imap::Addressing::kSequence &&
        row.sequence != SequenceUse::kNone && head.id != imap::CommandId::kExpunge &&
        head.id != imap::CommandId::kEsearch) {
      return uid_required();
    }
    return std::nullopt;
  }
  switch (context_.state) {
    case State::kNotAuthenticated:
      return Reply::client_bug("Log in first.");
    case State::kAuthenticated:
      return Reply::client_bug(row.allowed_in(State::kSelected) ? "No mailbox is selected."
                                                                : "Already logged in.");
    case State::kSelected:
      return Reply::client_bug("Already logged in.");
    case State::kLogout:
      break;
  }
  return Reply::bad("The session has ended.");
}

task<void> Session::on_command() {
  const std::string_view text = context_.in.framer().command();
  // Some clients send an empty line before a tag; it is no command.
  if (text.empty()) co_return;
  ++commands_;
  const auto head = imap::parse_head(text);
  if (!head) {
    count_command(std::nullopt, Reply::Status::kBad);
    append_reply(context_.out.buffer(), head.error().tag, reply_for(head.error()));
    count_bad(head.error().code == Errc::kInvalid);
    co_return;
  }
  if (auto refused = refuse(*head)) {
    co_await finish(head->tag, *head, std::move(*refused));
    co_return;
  }
  auto command = imap::parse_command(text, context_.parse_mode());
  if (context_.state == State::kNotAuthenticated) context_.in.wipe_later();
  if (!command) {
    Reply refused = reply_for(command.error());
    // RFC 5182 §2.1: whoever says NO to a SAVE, the parser too, leaves an empty result.
    if (command.error().save && refused.status == Reply::Status::kNo) context_.saved_result = {};
    // What was refused may have counted messages.
    imap::CommandHead unread = *head;
    unread.by = imap::Addressing::kSequence;
    co_await finish(command.error().tag, unread, std::move(refused));
    co_return;
  }
  imap::CommandHead answered = *head;
  answered.by = addressing_of(*command, head->by);
  if (context_.enabled.uid_only && counts_messages(*command)) {
    // RFC 9586 §3.5: no search key may count messages either.
    co_await finish(head->tag, *head, uid_required());
    co_return;
  }
  const TimePoint begun = context_.services.clock.now();
  Reply reply = co_await execute(context_, *command);
  observe_command(head->id, context_.services.clock.now() - begun);
  co_await finish(answered.tag, answered, std::move(reply));
}

task<void> Session::on_literal() {
  imap::Framer& framer = context_.in.framer();
  const imap::Framer::Literal literal = framer.literal();
  const auto head = imap::parse_head(framer.command());
  std::optional<Reply> refused;
  if (!head) {
    refused = reply_for(head.error());
  } else {
    refused = refuse(*head);
  }
  if (!refused) {
    const CommandRow& row = command_row(head->id);
    if (row.literals == Literals::kStreamed && imap::announces_message(framer.command())) {
      ++commands_;
      const imap::CommandHead copy = *head;
      const TimePoint begun = context_.services.clock.now();
      Reply reply = co_await do_append(context_, std::string(framer.command()));
      observe_command(copy.id, context_.services.clock.now() - begun);
      co_await finish(copy.tag, copy, std::move(reply));
      co_return;
    }
    if (row.literals == Literals::kNone) {
      refused = Reply::bad("This command takes no literal.");
    } else if (literal.binary && row.literals != Literals::kBinary) {
      refused = Reply::bad("A binary literal is not allowed here.");
    } else if (literal.size > row.literal_limit && row.literals == Literals::kBinary) {
      refused = metadata_too_big();
    } else if (literal.size > row.literal_limit) {
      refused = Reply{Reply::Status::kBad, "TOOBIG", "Literal too large."};
    }
  }
  if (refused) {
    // SECURITY (desync): from here the framer swallows the command; its literals are never parsed.
    const std::string tag(framer.tag());
    framer.reject_command();
    ++commands_;
    count_command(head ? std::optional(head->id) : std::nullopt, refused->status);
    append_reply(context_.out.buffer(), tag, *refused);
    count_bad(refused->status == Reply::Status::kBad);
    co_return;
  }
  framer.accept_literal();
  if (literal.synchronizing) context_.out.append("+ Ready\r\n");
}

void Session::on_bad() {
  imap::Framer& framer = context_.in.framer();
  const Reply reply = reply_for(framer.fault());
  ++commands_;
  count_command(std::nullopt, Reply::Status::kBad);
  if (framer.fault() == imap::Framer::Fault::kNotImap) {
    // SECURITY (cross-protocol): nothing is said, nothing is echoed.
    context_.close_with({}, "not_imap");
    return;
  }
  if (framer.fatal()) {
    context_.close_with(reply.text, "protocol_error");
    return;
  }
  append_reply(context_.out.buffer(), framer.tag(), reply);
  count_bad(true);
}

void Session::on_deadline() {
  if (context_.state == State::kNotAuthenticated) {
    context_.close_with("No login in time.", "login_timeout");
  } else if (!context_.in.framer().idle()) {
    context_.close_with("The command was not finished in time.", "command_timeout");
  } else {
    context_.close_with("Idle for too long; use IDLE to stay connected.", "idle_timeout");
  }
}

void Session::on_signal() {
  const CloseReason reason = context_.entry->close_reason();
  if (reason != CloseReason::kNone) context_.close_with(bye_text(reason), end_reason(reason));
}

View::Expunges Session::expunges_now(const CommandRow& row, const imap::CommandHead& head) const {
  const bool by_uid = head.by == imap::Addressing::kUid;
  if (row.updates == Updates::kNoExpunge && !by_uid) return View::Expunges::kHold;
  if (row.sequence == SequenceUse::kBreaks) return View::Expunges::kTell;
  return expunges_before_next();
}

View::Expunges Session::expunges_before_next() const {
  // RFC 9051 §5.5: a command that is here already was written before its sender could read an
  // EXPUNGE, so one that counts messages gets the numbering its sender had in mind.
  const std::string_view ahead = context_.in.ahead();
  if (ahead.empty()) return View::Expunges::kTell;
  const auto next = imap::parse_head(ahead.substr(0, ahead.find("\r\n")));
  return next && ambiguous_after_expunge(next->id, next->by) ? View::Expunges::kHold
                                                             : View::Expunges::kTell;
}

// RFC 5465 §3.1: once a client used NOTIFY SET it listens at any time. Half a command is let finish
// first: what is told behind a "+" could be taken for an answer to it.
task<void> Session::tell_between_commands() {
  if (!context_.notify.active() || context_.closing() || !context_.in.framer().idle()) co_return;
  const bool immediate = context_.notify.selected().immediate;
  const bool held = context_.view != nullptr && context_.view->holds_expunges();
  if (!context_.notify.pending() && !(immediate && held)) co_return;
  // §6.1.2: SELECTED-DELAYED keeps expunges for a command that allows them.
  static_cast<void>(
      co_await context_.tell_changes(immediate ? expunges_before_next() : View::Expunges::kHold));
}

task<void> Session::finish(std::string_view tag, const imap::CommandHead& head, Reply reply) {
  const CommandRow& row = command_row(head.id);
  if (row.updates != Updates::kNone && reply.status != Reply::Status::kBad &&
      context_.state == State::kSelected && !context_.closing()) {
    static_cast<void>(co_await context_.sync_wanted(expunges_now(row, head)));
  }
  // METADATA numbers nothing, so it may come in any command that lets others' changes be told.
  if (row.updates != Updates::kNone && !context_.closing())
    static_cast<void>(co_await context_.sync_metadata());
  if (reply.code == "UNAVAILABLE") close_if_lost();
  count_command(head.id, reply.status);
  context_.append_held_modseq();
  // RFC 9051 §6.1.3: BYE comes before the OK of LOGOUT; every other BYE comes after the answer.
  append_reply(context_.out.buffer(), tag, reply);
  count_bad(reply.status == Reply::Status::kBad);
}

// An account that died under its sessions (an unknown outcome, another owner) stays dead for them;
// the client gets a living one by connecting again.
void Session::close_if_lost() {
  if (context_.principal.account == nullptr) return;
  const mailstore::FoldersPtr folders = context_.account().folders();
  const mailstore::Folder* inbox = folders->find("INBOX");
  if (inbox == nullptr) return;
  const auto counts = context_.account().status(inbox->id);
  if (counts || counts.error().code != Errc::kUnavailable) return;
  context_.close_with("The connection to the mail store was lost. Please connect again.",
                      "account_lost");
}

void Session::count_bad(bool bad) {
  if (!bad) {
    bad_in_a_row_ = 0;
    return;
  }
  const Limits& limits = context_.settings->limits;
  const unsigned limit =
      context_.state == State::kNotAuthenticated ? limits.bad_before_login : limits.bad_after_login;
  if (++bad_in_a_row_ >= limit) context_.close_with("Too many bad commands.", "bad_commands");
}

void Session::log_end() const {
  const Context& c = context_;
  log_info("session_end",
           {{"session", c.entry->number()},
            {"account",
             c.principal.record == nullptr ? std::uint64_t{0} : c.principal.record->id.value()},
            {"authenticated", c.principal.record != nullptr},
            {"peer", c.transport.peer().address},
            {"tls", c.transport.peer().tls_version},
            {"client", c.client_name},
            {"mailbox", c.last_mailbox},
            {"commands", commands_},
            {"bytes_in", c.in.bytes()},
            {"bytes_out", c.out.bytes()},
            {"seconds", std::chrono::duration<double>(c.services.clock.now() - c.started).count()},
            {"reason", c.end_reason}});
}

}  // namespace postern::session
