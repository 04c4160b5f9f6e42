// What the start says to whoever started us: the ready line, and systemd's notification socket.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::app {

struct BoundNames {
  std::vector<std::string> imaps, lmtp, http, admin;
};
// One JSON object without a line end.
[[nodiscard]] std::string ready_line(const BoundNames& names, int pid);

// The sd_notify protocol: one datagram to $NOTIFY_SOCKET; nothing when it is not set. "READY=1",
// "STOPPING=1", "RELOADING=1\nMONOTONIC_USEC=..." (sd_notify(3)).
void notify_service_manager(std::string_view state);

}  // namespace postern::app
