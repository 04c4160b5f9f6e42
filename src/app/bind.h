// Binds every listener of the settings, before privileges are dropped and before anything is made.
#pragma once

#include <vector>

#include "app/notify.h"
#include "app/privileges.h"
#include "base/result.h"
#include "config/settings.h"
#include "net/listener.h"

namespace postern::app {

struct Listeners {
  std::vector<net::Listener> imaps, lmtp, http, admin;
  [[nodiscard]] BoundNames names() const;
};

// TCP first, then Unix sockets, whose missing folders are made: a port in use leaves nothing
// behind.
// "[::]" and "[::1]" on a machine without IPv6 are left out with a warning. Unix sockets go to the
// service user; the admin socket is his alone.
[[nodiscard]] Result<Listeners> bind_listeners(const config::Settings& settings,
                                               const ServiceUser& user);

}  // namespace postern::app
