// What the tests of this room share: a client's socket, and waiting for coroutines on a loop.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstring>
#include <future>
#include <optional>
#include <string>

#include "base/executor.h"
#include "base/fd.h"
#include "base/transport.h"
#include "net/address.h"
#include "net/loop.h"

namespace postern::net::testing {

inline TimePoint after(std::chrono::milliseconds delay) {
  return std::chrono::steady_clock::now() + delay;
}
inline TimePoint soon() {
  return after(std::chrono::seconds(20));
}

template <class T>
task<void> store(task<T> work, std::promise<T>& into) {
  into.set_value(co_await std::move(work));
}

// Runs `work` on `loop` and waits for its result on the calling thread.
template <class T>
T run_on(Loop& loop, task<T> work) {
  std::promise<T> promise;
  auto result = promise.get_future();
  spawn(loop, store(std::move(work), promise), [](const std::exception_ptr&) {});
  return result.get();
}

// A blocking socket connected to a listener's name(); reads give up after 20 s.
inline Fd connect_to(const std::string& name) {
  const ListenAddress address = *parse_listen_address(name);
  sockaddr_storage to{};
  socklen_t size = 0;
  if (address.kind == ListenAddress::Kind::kUnix) {
    auto& local = reinterpret_cast<sockaddr_un&>(to);
    local.sun_family = AF_UNIX;
    std::strcpy(local.sun_path, address.host.c_str());
    size = sizeof local;
  } else if (address.kind == ListenAddress::Kind::kIpv6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(to);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    inet_pton(AF_INET6, address.host == "::" ? "::1" : address.host.c_str(), &v6.sin6_addr);
    size = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(to);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    inet_pton(AF_INET, address.host == "0.0.0.0" ? "127.0.0.1" : address.host.c_str(),
              &v4.sin_addr);
    size = sizeof v4;
  }
  Fd fd(::socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), size) != 0) return Fd();
  return fd;
}

// Everything until the peer ends; nullopt when it reset the connection or stayed silent.
inline std::optional<std::string> read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n == 0) return text;
    if (n < 0) return std::nullopt;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

inline std::string read_some(int fd, std::size_t limit = 4096) {
  std::string text(limit, '\0');
  const ssize_t n = ::recv(fd, text.data(), text.size(), 0);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

inline bool send_all(int fd, std::string_view text) {
  return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

// Waits for a condition that another thread makes true.
template <class Condition>
bool eventually(Condition condition) {
  const TimePoint limit = soon();
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace postern::net::testing
