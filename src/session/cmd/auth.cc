// LOGIN and AUTHENTICATE PLAIN and LOGIN (RFC 9051 §6.2, RFC 4616, SASL-IR of RFC 4959).
//
// SECURITY: every password ends in one place, try_password(); every copy is wiped there or before.
// The client reads one text whatever was wrong.
#include <optional>
#include <utility>

#include "base/log.h"
#include "crypto/crypto.h"
#include "imap/framer.h"
#include "session/capability.h"
#include "session/handlers.h"

namespace postern::session {
namespace {

Reply rejected(Context& context) {
  if (++context.rejected_passwords >= context.settings->limits.rejected_passwords) {
    context.close_with("Too many failed logins.", "auth_failures");
  }
  return reply_for(Error{Errc::kAuthFailed, {}, {}});
}

task<Reply> try_password(Context& context, std::string authzid, std::string authcid,
                         crypto::Secret password) {
  auth::AuthRequest request{std::move(authzid), std::move(authcid), std::move(password),
                            context.transport.peer().address};
  const auth::AuthVerdict verdict =
      co_await context.services.authenticator.check(std::move(request));
  if (verdict.reason == auth::AuthReason::kBusy) {
    // Not "wrong": an app that is told AUTHENTICATIONFAILED asks its user for a new password.
    co_return reply_for(Error{Errc::kUnavailable, {}, {}});
  }
  if (verdict.reason != auth::AuthReason::kOk || verdict.account == nullptr) {
    log_info("auth_fail", {{"session", context.entry->number()},
                           {"peer", context.transport.peer().address},
                           {"reason", auth::to_string(verdict.reason)}});
    co_return rejected(context);
  }
  auto account = co_await context.services.store.open_account(verdict.account->id);
  if (!account) {
    log_warn("account_unavailable", {{"account", verdict.account->id.value()},
                                     {"code", to_string(account.error().code)},
                                     {"detail", account.error().detail}});
    co_return reply_for(Error{Errc::kUnavailable, {}, {}});
  }
  context.services.registry.sign_in(context.entry, verdict.account->id, verdict.account->address);
  // SECURITY: from here a kick finds this session. What changed before that, while the account was
  // opened, is seen in the directory: nobody gets in past a disable or a new password.
  const auth::RecordPtr now = context.services.directory.find(verdict.account->id);
  if (!now || now->disabled || now->epoch != verdict.account->epoch) {
    log_info("auth_fail", {{"session", context.entry->number()},
                           {"peer", context.transport.peer().address},
                           {"reason", "changed"}});
    // The session stays counted for the account until it ends, so it ends now.
    context.close_with("The account has changed.", "auth_changed");
    co_return reply_for(Error{Errc::kAuthFailed, {}, {}});
  }
  context.principal = {verdict.account, std::move(*account)};
  context.state = State::kAuthenticated;
  imap::FramerLimits limits = imap::FramerLimits::after_login();
  limits.literal_plus = !context.settings->literal_minus;
  context.in.framer().set_limits(limits);
  co_return Reply::okay("CAPABILITY " + capabilities(*context.settings, Authenticated::kYes),
                        "Logged in.");
}

struct Cancelled {
  Reply reply;
};

// Sends a challenge and takes one base64 line for an answer.
task<std::expected<std::string, Cancelled>> challenge(Context& context, std::string_view base64) {
  using Out = std::expected<std::string, Cancelled>;
  context.out.append("+ ");
  context.out.append(base64);
  context.out.append("\r\n");
  imap::Framer& framer = context.in.framer();
  framer.expect_raw_line();
  const TimePoint total = context.login_due;
  while (true) {
    const Input::Event event = co_await context.in.next({total, total});
    if (event == Input::Event::kSignal) {
      if (context.entry->close_reason() == CloseReason::kNone) continue;
      co_return Out(std::unexpect, Cancelled{reply_for(Error{Errc::kUnavailable, {}, {}})});
    }
    if (event == Input::Event::kLine) {
      context.in.wipe_later();
      std::string line(framer.command());
      // RFC 9051 §6.2.2: "*" cancels, and the answer is BAD.
      if (line == "*")
        co_return Out(std::unexpect, Cancelled{Reply::bad("AUTHENTICATE cancelled.")});
      co_return Out(std::move(line));
    }
    if (event == Input::Event::kBad && framer.fatal()) {
      context.close_with(reply_for(framer.fault()).text, "protocol_error");
    }
    if (event == Input::Event::kDeadline) context.close_with("No login in time.", "login_timeout");
    if (event == Input::Event::kClosed) {
      context.closed_by_peer = true;
      context.close_with({}, "peer_closed");
    }
    co_return Out(std::unexpect, Cancelled{Reply::bad("That is not a base64 response.")});
  }
}

// Decodes strictly and wipes the encoded form.
std::optional<std::string> decode(std::string& base64) {
  Result<std::string> plain = crypto::base64_decode(base64);
  crypto::wipe(base64);
  if (!plain) return std::nullopt;
  return std::move(*plain);
}

task<Reply> finish_plain(Context& context, std::string response) {
  auto plain = decode(response);
  if (!plain) co_return Reply::bad("That is not valid base64.");
  auto message = auth::parse_plain(*plain);
  crypto::wipe(*plain);
  if (!message) {
    // SECURITY: an answer in the wrong form takes the time of a wrong password, and counts as one.
    co_return co_await try_password(context, {}, {}, crypto::Secret());
  }
  co_return co_await try_password(context, std::move(message->authzid), std::move(message->authcid),
                                  std::move(message->password));
}

task<Reply> finish_login(Context& context, std::string user_response) {
  auto user = decode(user_response);
  if (!user) co_return Reply::bad("That is not valid base64.");
  auto answer = co_await challenge(context, "UGFzc3dvcmQ6");  // "Password:"
  if (!answer) co_return std::move(answer.error().reply);
  auto password = decode(*answer);
  if (!password) co_return Reply::bad("That is not valid base64.");
  crypto::Secret secret(*password);
  crypto::wipe(*password);
  co_return co_await try_password(context, {}, std::move(*user), std::move(secret));
}

}  // namespace

task<Reply> do_login(Context& context, imap::LoginArgs& args) {
  crypto::Secret password(args.password);
  crypto::wipe(args.password);
  co_return co_await try_password(context, {}, std::move(args.user), std::move(password));
}

task<Reply> do_authenticate(Context& context, imap::AuthenticateArgs& args) {
  const bool plain = args.mechanism == "PLAIN";
  if (!plain && args.mechanism != "LOGIN") {
    if (args.initial_response) crypto::wipe(*args.initial_response);
    co_return Reply::no("CANNOT", "That mechanism is not supported.");
  }
  std::string response;
  if (args.initial_response) {
    // RFC 4959 §3: "=" is an empty response.
    response = std::move(*args.initial_response);
    if (response == "=") response.clear();
  } else {
    auto answer = co_await challenge(context, plain ? "" : "VXNlcm5hbWU6");  // "Username:"
    if (!answer) co_return std::move(answer.error().reply);
    response = std::move(*answer);
  }
  if (plain) co_return co_await finish_plain(context, std::move(response));
  co_return co_await finish_login(context, std::move(response));
}

}  // namespace postern::session
