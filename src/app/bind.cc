#include "app/bind.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "base/log.h"

namespace postern::app {
namespace {

enum class Pass { kTcp, kUnix };

bool is_any_ipv6(const config::Endpoint& endpoint) {
  return endpoint.address == "::" || endpoint.address == "::1";
}

Result<void> bind_all(const std::vector<config::Endpoint>& endpoints, Pass pass, mode_t mode,
                      const ServiceUser& user, std::vector<net::Listener>& out) {
  for (const config::Endpoint& endpoint : endpoints) {
    if (endpoint.is_unix() != (pass == Pass::kUnix)) continue;
    if (endpoint.is_unix()) {
      const std::string folder = std::filesystem::path(endpoint.path).parent_path().string();
      std::error_code error;
      if (!std::filesystem::exists(folder, error))
        POSTERN_CHECK_OK(prepare_directory(folder, user));
    }
    Result<net::Listener> listener = net::Listener::bind(endpoint.text);
    if (!listener.has_value()) {
      if (listener.error().code == Errc::kUnavailable && is_any_ipv6(endpoint)) {
        log_warn("listener_left_out",
                 {{"address", endpoint.text}, {"detail", listener.error().detail}});
        continue;
      }
      return std::unexpected(listener.error());
    }
    if (endpoint.is_unix()) {
      if (chmod(endpoint.path.c_str(), mode) != 0)
        return fail_errno(errno, "chmod " + endpoint.path);
      if (user.drop) POSTERN_CHECK_OK(listener->set_owner(user.user, user.group));
    }
    out.push_back(std::move(*listener));
  }
  return {};
}

std::vector<std::string> names_of(const std::vector<net::Listener>& listeners) {
  std::vector<std::string> names;
  for (const net::Listener& listener : listeners) names.push_back(listener.name());
  return names;
}

}  // namespace

BoundNames Listeners::names() const {
  return {.imaps = names_of(imaps),
          .lmtp = names_of(lmtp),
          .http = names_of(http),
          .admin = names_of(admin)};
}

Result<Listeners> bind_listeners(const config::Settings& settings, const ServiceUser& user) {
  Listeners out;
  for (const Pass pass : {Pass::kTcp, Pass::kUnix}) {
    POSTERN_CHECK_OK(bind_all(settings.listen.imaps, pass, 0660, user, out.imaps));
    POSTERN_CHECK_OK(bind_all(settings.listen.lmtp, pass, 0660, user, out.lmtp));
    POSTERN_CHECK_OK(bind_all(settings.listen.http, pass, 0660, user, out.http));
    // SECURITY: whoever can write to it may change every account.
    POSTERN_CHECK_OK(bind_all(settings.listen.admin, pass, 0600, user, out.admin));
  }
  if (out.imaps.empty() && !settings.listen.imaps.empty()) {
    return fail(Errc::kUnavailable, "none of the addresses of listen.imaps exists on this machine");
  }
  return out;
}

}  // namespace postern::app
