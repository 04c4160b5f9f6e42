#include "net/stream.h"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>

#include "base/executor.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/log_limiter.h"

namespace postern::net {
namespace {

using tls::TlsConnection;
using tls::TlsFailure;
using Status = TlsConnection::Status;

constexpr Duration kLinger = std::chrono::seconds(1);
// LIMIT: bytes thrown away while a closed connection waits for the peer's end.
constexpr std::size_t kLingerBytes = 1 << 20;
// A write of this size gives others on the loop a turn although the socket took it all.
constexpr std::size_t kTurn = 1 << 20;

TimePoint now() {
  return std::chrono::steady_clock::now();
}

std::unexpected<Error> closed(std::string detail = "connection closed") {
  return fail(Errc::kClosed, std::move(detail));
}

// Waits for the socket alone. An error of the result ends the call.
task<Result<void>> ready(Socket& socket, Socket::For what, TimePoint deadline) {
  switch (co_await socket.wait(what, nullptr, deadline)) {
    case Socket::Wake::kReady:
    case Socket::Wake::kSignal:
      co_return Result<void>();
    case Socket::Wake::kDeadline:
      co_return fail(Errc::kTimeout, "deadline passed");
    case Socket::Wake::kAborted:
      break;
  }
  co_return closed();
}

// Sends our end and waits a moment for the peer's: closing a socket that holds unread bytes resets
// the connection, and the peer would lose what we said last.
task<void> linger(Socket& socket) {
  const TimePoint deadline = now() + kLinger;
  ::shutdown(socket.fd(), SHUT_WR);
  std::size_t left = kLingerBytes;
  while (!socket.aborted()) {
    char buffer[1024];
    const ssize_t n = ::recv(socket.fd(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (n == 0 || static_cast<std::size_t>(n < 0 ? 0 : n) >= left) break;
    if (n > 0) {
      left -= static_cast<std::size_t>(n);
    } else if (errno != EAGAIN && errno != EINTR) {
      break;
    } else if (!co_await ready(socket, Socket::For::kRead, deadline)) {
      break;
    }
  }
  socket.close();
}

// A deadline that starts again with every byte of progress.
class ProgressDeadline {
 public:
  explicit ProgressDeadline(TimePoint deadline)
      : stretch_(deadline == TimePoint::max() ? Duration::max() : deadline - now()),
        at_(deadline) {}
  TimePoint at() const { return at_; }
  // True when `done` grew since the last call: the wait goes on.
  bool extended_by(std::uint64_t done) {
    if (done == done_) return false;
    done_ = done;
    at_ = stretch_ == Duration::max() ? TimePoint::max() : now() + stretch_;
    return true;
  }

 private:
  Duration stretch_;
  TimePoint at_;
  std::uint64_t done_ = 0;
};

class PlainStream final : public Transport {
 public:
  PlainStream(Socket socket, PeerInfo peer)
      : socket_(std::move(socket)), aborter_(socket_.aborter()), peer_(std::move(peer)) {}

  task<Result<Wake>> wait(Signal* signal, TimePoint deadline) override {
    for (;;) {
      switch (co_await socket_.wait(Socket::For::kRead, signal, deadline)) {
        case Socket::Wake::kSignal:
          co_return Wake::kSignal;
        case Socket::Wake::kDeadline:
          co_return Wake::kDeadline;
        case Socket::Wake::kAborted:
          co_return closed();
        case Socket::Wake::kReady:
          break;
      }
      // Readiness can be old news: an earlier read may have taken the bytes.
      char byte;
      const ssize_t n = ::recv(socket_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
      if (n >= 0) co_return Wake::kReadable;
      if (errno != EAGAIN && errno != EINTR) co_return closed();
    }
  }

  task<Result<std::size_t>> read(std::span<char> into, TimePoint deadline) override {
    for (;;) {
      if (socket_.aborted()) co_return closed();
      const ssize_t n = ::recv(socket_.fd(), into.data(), into.size(), MSG_DONTWAIT);
      if (n >= 0) co_return static_cast<std::size_t>(n);
      if (errno != EAGAIN && errno != EINTR) co_return closed();
      POSTERN_CO_CHECK_OK(co_await ready(socket_, Socket::For::kRead, deadline));
    }
  }

  task<Result<void>> write(std::string_view bytes, TimePoint deadline) override {
    ProgressDeadline limit(deadline);
    std::uint64_t sent = 0;
    std::size_t turn = 0;
    while (!bytes.empty()) {
      if (socket_.aborted()) co_return closed();
      const ssize_t n =
          ::send(socket_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(n));
        sent += static_cast<std::uint64_t>(n);
        turn += static_cast<std::size_t>(n);
        if (turn >= kTurn && !bytes.empty()) {
          turn = 0;
          co_await Yield{};
        }
        continue;
      }
      if (errno != EAGAIN && errno != EINTR) co_return closed();
      turn = 0;
      const Result<void> waited = co_await ready(socket_, Socket::For::kWrite, limit.at());
      if (waited) continue;
      if (waited.error().code != Errc::kTimeout || !limit.extended_by(sent)) {
        co_return std::unexpected(waited.error());
      }
    }
    co_return Result<void>();
  }

  task<void> shutdown() override {
    if (!socket_.aborted()) co_await linger(socket_);
  }
  void abort() override { aborter_.abort(); }
  const PeerInfo& peer() const override { return peer_; }

 private:
  Socket socket_;
  Socket::Aborter aborter_;
  PeerInfo peer_;
};

Socket::For direction(Status status) {
  return status == Status::kWantWrite ? Socket::For::kWrite : Socket::For::kRead;
}

class TlsStream final : public Transport {
 public:
  TlsStream(Socket socket, TlsConnection connection, PeerInfo peer)
      : socket_(std::move(socket)),
        tls_(std::move(connection)),
        aborter_(socket_.aborter()),
        peer_(std::move(peer)) {}

  task<Result<Wake>> wait(Signal* signal, TimePoint deadline) override {
    // The socket says nothing about bytes that are here already, and what arrives there need not be
    // application data (tickets, key updates): only a peek knows.
    Socket::For what = Socket::For::kRead;
    bool look = std::exchange(first_, false) || tls_.has_buffered();
    for (;;) {
      if (socket_.aborted()) co_return closed();
      if (look) {
        const Status status = tls_.peek();
        if (status == Status::kOk || status == Status::kEnd) co_return Wake::kReadable;
        if (status == Status::kFailed) co_return closed(tls_.error());
        what = direction(status);
      }
      switch (co_await socket_.wait(what, signal, deadline)) {
        case Socket::Wake::kSignal:
          co_return Wake::kSignal;
        case Socket::Wake::kDeadline:
          co_return Wake::kDeadline;
        case Socket::Wake::kAborted:
          co_return closed();
        case Socket::Wake::kReady:
          look = true;
          break;
      }
    }
  }

  task<Result<std::size_t>> read(std::span<char> into, TimePoint deadline) override {
    for (;;) {
      if (socket_.aborted()) co_return closed();
      const TlsConnection::Io io = tls_.read(into);
      if (io.status == Status::kOk) co_return io.bytes;
      if (io.status == Status::kEnd) co_return std::size_t{0};
      if (io.status == Status::kFailed) co_return closed(tls_.error());
      POSTERN_CO_CHECK_OK(co_await ready(socket_, direction(io.status), deadline));
    }
  }

  task<Result<void>> write(std::string_view bytes, TimePoint deadline) override {
    ProgressDeadline limit(deadline);
    const std::uint64_t before = tls_.bytes_sent();
    std::size_t turn = 0;
    while (!bytes.empty()) {
      if (socket_.aborted()) co_return closed();
      const TlsConnection::Io io = tls_.write(bytes);
      if (io.status == Status::kOk) {
        bytes.remove_prefix(io.bytes);
        turn += io.bytes;
        if (turn >= kTurn && !bytes.empty()) {
          turn = 0;
          co_await Yield{};
        }
        continue;
      }
      if (io.status != Status::kWantRead && io.status != Status::kWantWrite) {
        co_return closed(tls_.error());
      }
      turn = 0;
      const Result<void> waited = co_await ready(socket_, direction(io.status), limit.at());
      if (waited) continue;
      if (waited.error().code != Errc::kTimeout || !limit.extended_by(tls_.bytes_sent() - before)) {
        co_return std::unexpected(waited.error());
      }
    }
    co_return Result<void>();
  }

  task<void> shutdown() override {
    const TimePoint deadline = now() + kLinger;
    while (!socket_.aborted()) {
      const Status status = tls_.shutdown();
      if (status != Status::kWantWrite) break;
      if (!co_await ready(socket_, Socket::For::kWrite, deadline)) break;
    }
    if (!socket_.aborted()) co_await linger(socket_);
  }
  void abort() override { aborter_.abort(); }
  const PeerInfo& peer() const override { return peer_; }

 private:
  Socket socket_;
  TlsConnection tls_;  // over the socket's descriptor
  bool first_ = true;  // OpenSSL lets go of the handshake's read buffer at the next empty read only
  Socket::Aborter aborter_;
  PeerInfo peer_;
};

constexpr std::string_view kHandshakes = "postern_tls_handshakes_total";
constexpr std::string_view kHandshakesHelp = "TLS handshakes that succeeded, by version.";
Counter handshake_13(kHandshakes, kHandshakesHelp, R"(version="TLSv1.3")");
Counter handshake_12(kHandshakes, kHandshakesHelp, R"(version="TLSv1.2")");
Counter resumed("postern_tls_resumptions_total", "TLS handshakes that resumed an earlier session.");
Histogram handshake_seconds("postern_tls_handshake_seconds",
                            "Time from accept to the end of a successful TLS handshake.");

constexpr std::string_view kFailures = "postern_tls_handshake_failures_total";
constexpr std::string_view kFailuresHelp = "TLS handshakes that failed, by cause.";
Counter failed_timeout(kFailures, kFailuresHelp, R"(cause="timeout")");
Counter failed_closed(kFailures, kFailuresHelp, R"(cause="closed")");
Counter failed_not_tls(kFailures, kFailuresHelp, R"(cause="not_tls")");
Counter failed_version(kFailures, kFailuresHelp, R"(cause="version")");
Counter failed_cipher(kFailures, kFailuresHelp, R"(cause="cipher")");
Counter failed_alpn(kFailures, kFailuresHelp, R"(cause="alpn")");
Counter failed_peer_alert(kFailures, kFailuresHelp, R"(cause="peer_alert")");
Counter failed_abuse(kFailures, kFailuresHelp, R"(cause="abuse")");
Counter failed_other(kFailures, kFailuresHelp, R"(cause="other")");

Counter& counter_of(TlsFailure failure) {
  switch (failure) {
    case TlsFailure::kClosed:
      return failed_closed;
    case TlsFailure::kNotTls:
      return failed_not_tls;
    case TlsFailure::kVersion:
      return failed_version;
    case TlsFailure::kCipher:
      return failed_cipher;
    case TlsFailure::kAlpn:
      return failed_alpn;
    case TlsFailure::kPeerAlert:
      return failed_peer_alert;
    case TlsFailure::kAbuse:
      return failed_abuse;
    case TlsFailure::kNone:
    case TlsFailure::kOther:
      break;
  }
  return failed_other;
}

// Scanners fail handshakes all day: info, and few.
LogLimiter handshake_log(10, std::chrono::seconds(10));

void log_failure(const PeerInfo& peer, std::string_view cause, std::string_view error) {
  if (const auto left_out = handshake_log.allow(now())) {
    log_info("tls_handshake_failed",
             {{"peer", peer.address}, {"cause", cause}, {"error", error}, {"left_out", *left_out}});
  }
}

}  // namespace

std::unique_ptr<Transport> make_plain_stream(Socket socket, PeerInfo peer) {
  return std::make_unique<PlainStream>(std::move(socket), std::move(peer));
}

task<Result<std::unique_ptr<Transport>>> accept_tls(Socket socket, PeerInfo peer,
                                                    std::shared_ptr<const tls::TlsContext> context,
                                                    TimePoint deadline) {
  const TimePoint begin = now();
  POSTERN_CO_TRY(TlsConnection connection, TlsConnection::accept(std::move(context), socket.fd()));
  for (;;) {
    const Status status = connection.handshake();
    if (status == Status::kOk) break;
    if (status == Status::kWantRead || status == Status::kWantWrite) {
      const Result<void> waited = co_await ready(socket, direction(status), deadline);
      if (waited) continue;
      const bool late = waited.error().code == Errc::kTimeout;
      (late ? failed_timeout : failed_closed).add();
      if (late) log_failure(peer, "timeout", "handshake not complete in time");
      co_return std::unexpected(waited.error());
    }
    counter_of(connection.failure()).add();
    log_failure(peer, tls::to_string(connection.failure()), connection.error());
    // The alert that says why is in the socket's queue: let it arrive.
    co_await linger(socket);
    co_return closed(connection.error());
  }
  peer.tls_version = connection.version();
  peer.tls_cipher = connection.cipher();
  peer.sni = connection.server_name();
  (peer.tls_version == "TLSv1.3" ? handshake_13 : handshake_12).add();
  if (connection.resumed()) resumed.add();
  handshake_seconds.observe(std::chrono::duration<double>(now() - begin).count());
  co_return std::make_unique<TlsStream>(std::move(socket), std::move(connection), std::move(peer));
}

}  // namespace postern::net
