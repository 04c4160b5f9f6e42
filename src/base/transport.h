// Transport: a bidirectional byte stream with deadlines, as sessions see it. net/ implements it
// over TLS, TCP and Unix sockets; tests implement it with scripts. One coroutine uses it at a time.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/signal.h"
#include "base/task.h"

namespace postern {

// Who is at the other end, fixed for the life of the connection.
struct PeerInfo {
  std::string address;  // "192.0.2.1", "2001:db8::1", or "unix"
  std::uint16_t port = 0;
  std::string local_address;
  std::string tls_version;  // "TLSv1.3", empty without TLS
  std::string tls_cipher;
  std::string sni;        // the server name the client asked for, empty without
  bool loopback = false;  // loopback address or Unix socket
  std::int64_t uid = -1;  // Unix socket: the user at the other end, as the kernel says; else -1
};

class Transport {
 public:
  enum class Wake { kReadable, kSignal, kDeadline };

  virtual ~Transport() = default;

  // Waits until bytes (or the end) can be read, `signal` (may be null) is raised, or the deadline
  // passes. No buffer is held while waiting. kClosed when the peer is gone.
  virtual task<Result<Wake>> wait(Signal* signal, TimePoint deadline) = 0;
  // Reads what is there, at least one byte; 0 is the peer's orderly end. kTimeout past the
  // deadline.
  virtual task<Result<std::size_t>> read(std::span<char> into, TimePoint deadline) = 0;
  // Writes all of `bytes` (alive until the await ends). kTimeout when no progress by the deadline.
  virtual task<Result<void>> write(std::string_view bytes, TimePoint deadline) = 0;
  // Ends the stream in good order (close_notify), within a second; then it is closed.
  virtual task<void> shutdown() = 0;
  // Any thread: makes pending and later calls fail with kClosed. For eviction and stop.
  virtual void abort() = 0;

  [[nodiscard]] virtual const PeerInfo& peer() const = 0;
};

}  // namespace postern
