// Commands of any state: CAPABILITY, LOGOUT, ID (NOOP and CHECK are nothing but their updates).
#include <algorithm>
#include <string>

#include "base/ascii.h"
#include "base/quote.h"
#include "session/capability.h"
#include "session/handlers.h"

namespace postern::session {
namespace {

// LIMIT: of a client's name, for log and session list.
constexpr std::size_t kClientName = 64;
constexpr std::size_t kMaxIdPairs = 30;  // RFC 2971 §3.3

std::string client_name(const imap::IdArgs& args) {
  std::string name;
  std::string version;
  for (const auto& [key, value] : args.params) {
    if (!value) continue;
    if (iequals(key, "name")) name = value->substr(0, kClientName);
    if (iequals(key, "version")) version = value->substr(0, kClientName);
  }
  if (!name.empty() && !version.empty()) name += ' ' + version;
  return name;
}

}  // namespace

task<Reply> do_capability(Context& context) {
  context.out.append("* CAPABILITY ");
  context.out.append(capabilities(*context.settings, context.state == State::kNotAuthenticated
                                                         ? Authenticated::kNo
                                                         : Authenticated::kYes));
  context.out.append("\r\n");
  co_return Reply::okay("CAPABILITY completed.");
}

task<Reply> do_logout(Context& context) {
  context.out.append("* BYE Logging out.\r\n");
  context.state = State::kLogout;
  context.close_with({}, "logout");
  co_return Reply::okay("LOGOUT completed.");
}

task<Reply> do_id(Context& context, const imap::IdArgs& args) {
  if (args.params.size() > kMaxIdPairs) co_return Reply::bad("Too many ID fields.");
  if (std::string name = client_name(args); !name.empty()) {
    context.client_name = std::move(name);
    context.services.registry.set_client(context.entry, context.client_name);
  }
  const Settings& settings = *context.settings;
  context.out.append("* ID (\"name\" ");
  append_string(context.out.buffer(), settings.server_name);
  // SECURITY: strangers learn the name, not the version.
  if (context.state != State::kNotAuthenticated && !settings.version.empty()) {
    context.out.append(" \"version\" ");
    append_string(context.out.buffer(), settings.version);
  }
  context.out.append(")\r\n");
  co_return Reply::okay("ID completed.");
}

}  // namespace postern::session
