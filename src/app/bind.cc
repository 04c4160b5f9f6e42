#include "app/bind.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/log.h"

namespace postern::app {
namespace {

enum class Pass { kTcp, kUnix };

bool is_any_ipv6(const config::Endpoint& endpoint) {
  return endpoint.address == "::" || endpoint.address == "::1";
}

// SECURITY: in a folder of the service user nothing is done with root's rights, which it could turn
// on other files by links; and a unit may have left root without the right to write there.
class AsServiceUser {
 public:
  AsServiceUser(const std::string& folder, const ServiceUser& user) {
    struct stat info{};
    active_ = user.drop && stat(folder.c_str(), &info) == 0 && info.st_uid == user.user &&
              setegid(user.group) == 0 && seteuid(user.user) == 0;
  }
  ~AsServiceUser() {
    if (active_ && (seteuid(0) != 0 || setegid(0) != 0)) std::abort();
  }
  AsServiceUser(const AsServiceUser&) = delete;
  AsServiceUser& operator=(const AsServiceUser&) = delete;

 private:
  bool active_ = false;
};

Result<net::Listener> bind_socket(const config::Endpoint& endpoint, mode_t mode,
                                  const ServiceUser& user) {
  const std::string folder = std::filesystem::path(endpoint.path).parent_path().string();
  std::error_code error;
  if (!std::filesystem::exists(folder, error)) POSTERN_CHECK_OK(prepare_directory(folder, user));
  const AsServiceUser scope(folder, user);
  POSTERN_TRY(net::Listener listener, net::Listener::bind(endpoint.text, mode));
  if (user.drop && geteuid() != user.user)
    POSTERN_CHECK_OK(listener.set_owner(user.user, user.group));
  return listener;
}

Result<void> bind_all(const std::vector<config::Endpoint>& endpoints, Pass pass, mode_t mode,
                      const ServiceUser& user, std::vector<net::Listener>& out) {
  for (const config::Endpoint& endpoint : endpoints) {
    if (endpoint.is_unix() != (pass == Pass::kUnix)) continue;
    Result<net::Listener> listener =
        endpoint.is_unix() ? bind_socket(endpoint, mode, user) : net::Listener::bind(endpoint.text);
    if (!listener.has_value()) {
      if (listener.error().code == Errc::kUnavailable && is_any_ipv6(endpoint)) {
        log_warn("listener_left_out",
                 {{"address", endpoint.text}, {"detail", listener.error().detail}});
        continue;
      }
      return std::unexpected(listener.error());
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
