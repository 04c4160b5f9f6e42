#include "app/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace postern::app {

std::string ready_line(const BoundNames& names, int pid) {
  boost::json::object line;
  line["event"] = "ready";
  line["imaps"] = boost::json::value_from(names.imaps);
  line["lmtp"] = boost::json::value_from(names.lmtp);
  line["http"] = boost::json::value_from(names.http);
  line["admin"] = boost::json::value_from(names.admin);
  line["pid"] = pid;
  return boost::json::serialize(line);
}

void notify_service_manager(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof(address.sun_path)) return;
  std::memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = '\0';  // an abstract socket
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  // Nobody to tell when it fails: the service manager will time out and say so.
  (void)sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address),
               static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
  close(fd);
}

}  // namespace postern::app
