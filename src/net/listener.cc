#include "net/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace postern::net {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress to_sockaddr(const ListenAddress& address) {
  SocketAddress out;
  switch (address.kind) {
    case ListenAddress::Kind::kIpv4: {
      auto& v4 = reinterpret_cast<sockaddr_in&>(out.storage);
      v4.sin_family = AF_INET;
      v4.sin_port = htons(address.port);
      inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr);
      out.size = sizeof v4;
      break;
    }
    case ListenAddress::Kind::kIpv6: {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(out.storage);
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(address.port);
      inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr);
      out.size = sizeof v6;
      break;
    }
    case ListenAddress::Kind::kUnix: {
      auto& local = reinterpret_cast<sockaddr_un&>(out.storage);
      local.sun_family = AF_UNIX;
      std::memcpy(local.sun_path, address.host.c_str(), address.host.size() + 1);
      out.size = sizeof local;
      break;
    }
  }
  return out;
}

std::unexpected<Error> refuse(Errc code, const ListenAddress& address, const std::string& why) {
  return fail(code, "cannot listen on " + to_string(address) + ": " + why);
}

std::unexpected<Error> explain(int error, const ListenAddress& address) {
  const std::string port = std::to_string(address.port);
  switch (error) {
    case EADDRINUSE:
      return refuse(Errc::kInUse, address,
                    "another program uses this port; stop it (\"ss -ltnp sport = :" + port +
                        "\" shows which) or configure another port");
    case EADDRNOTAVAIL:
      return refuse(Errc::kUnavailable, address,
                    "this machine does not have that address; see \"ip address\"");
    case EAFNOSUPPORT:
      return refuse(Errc::kUnavailable, address, "this machine has no support for such addresses");
    case EACCES:
    case EPERM:
      if (address.kind == ListenAddress::Kind::kUnix) {
        return refuse(Errc::kNoPermission, address, "the directory cannot be written by this user");
      }
      return refuse(
          Errc::kNoPermission, address,
          "ports below 1024 need root or CAP_NET_BIND_SERVICE; start as root (privileges are "
          "dropped) or configure a higher port");
    case ENOENT:
      return refuse(Errc::kIo, address, "the directory does not exist; create it");
    default: {
      char text[128];
      return refuse(Errc::kIo, address, strerror_r(error, text, sizeof text));
    }
  }
}

bool is_socket(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// Somebody accepts, or would if there were room.
bool answers(SocketAddress& address) {
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(probe.get(), address.get(), address.size) == 0 || errno == EAGAIN;
}

// SECURITY: the file has its mode from its first moment, and no chmod() can follow a link that was
// put in its place. The umask is the process's: for the time of one call.
bool bind_with_mode(int fd, SocketAddress& to, mode_t mode) {
  const mode_t before = ::umask(0777 & ~mode);
  const bool bound = ::bind(fd, to.get(), to.size) == 0;
  const int error = errno;
  ::umask(before);
  errno = error;
  return bound;
}

Result<void> bind_unix(int fd, SocketAddress& to, const ListenAddress& address, mode_t mode) {
  if (!bind_with_mode(fd, to, mode)) {
    if (errno != EADDRINUSE) return explain(errno, address);
    if (!is_socket(address.host)) {
      return refuse(Errc::kInvalid, address,
                    "the file exists and is no socket; remove it or choose another path");
    }
    if (answers(to)) {
      return refuse(Errc::kInUse, address,
                    "another program answers there; stop it or choose another path");
    }
    ::unlink(address.host.c_str());  // left by a server that was killed
    if (!bind_with_mode(fd, to, mode)) return explain(errno, address);
  }
  return {};
}

Result<void> bind_tcp(int fd, SocketAddress& to, const ListenAddress& address) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.kind == ListenAddress::Kind::kIpv6 &&
      ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) {
    return explain(errno, address);
  }
  if (::bind(fd, to.get(), to.size) != 0) return explain(errno, address);
  return {};
}

}  // namespace

Listener::Listener(Fd fd, ListenAddress address)
    : fd_(std::move(fd)), name_(to_string(address)), kind_(address.kind) {
  struct stat status{};
  if (kind_ == ListenAddress::Kind::kUnix && ::lstat(address.host.c_str(), &status) == 0) {
    path_ = std::move(address.host);
    device_ = status.st_dev;
    inode_ = status.st_ino;
  }
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::move(other.fd_)),
      name_(std::move(other.name_)),
      kind_(other.kind_),
      path_(std::exchange(other.path_, {})),
      device_(other.device_),
      inode_(other.inode_) {}

Listener::~Listener() {
  struct stat status{};
  if (!path_.empty() && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
      status.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
}

Result<Listener> Listener::bind(std::string_view spec, mode_t mode) {
  POSTERN_TRY(ListenAddress address, parse_listen_address(spec));
  SocketAddress to = to_sockaddr(address);
  Fd fd(::socket(to.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return explain(errno, address);
  if (address.kind == ListenAddress::Kind::kUnix) {
    POSTERN_CHECK_OK(bind_unix(fd.get(), to, address, mode));
  } else {
    POSTERN_CHECK_OK(bind_tcp(fd.get(), to, address));
  }
  if (::listen(fd.get(), SOMAXCONN) != 0) return explain(errno, address);
  if (address.kind != ListenAddress::Kind::kUnix) {
    SocketAddress bound;
    bound.size = sizeof bound.storage;
    if (::getsockname(fd.get(), bound.get(), &bound.size) != 0) return explain(errno, address);
    address.port = describe(bound.storage).port;
  }
  return Listener(std::move(fd), std::move(address));
}

Result<void> Listener::set_owner(uid_t user, gid_t group) const {
  if (path_.empty()) return {};
  // SECURITY: whoever owns the folder may have put a link in its place.
  if (::lchown(path_.c_str(), user, group) != 0)
    return fail_errno(errno, "cannot give away " + path_);
  return {};
}

}  // namespace postern::net
