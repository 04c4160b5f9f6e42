#include "net/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>

#include "base/log.h"
#include "base/metrics.h"
#include "net/log_limiter.h"
#include "net/stream.h"

namespace postern::net {
namespace {

Gauge open_connections("postern_connections", "Connections that are open.");
Counter accepted_total("postern_connections_accepted_total", "Connections accepted.");
constexpr std::string_view kRefused = "postern_connections_refused_total";
constexpr std::string_view kRefusedHelp = "Connections closed at once, by reason.";
Counter refused_descriptors(kRefused, kRefusedHelp, R"(reason="descriptors")");
Counter refused_limit(kRefused, kRefusedHelp, R"(reason="listener_limit")");

// Connections accepted in one go before others on the loop get their turn.
constexpr int kBatch = 64;
constexpr Duration kBackOff = std::chrono::milliseconds(100);

TimePoint now() {
  return std::chrono::steady_clock::now();
}

// A dead peer is noticed within five minutes even when nothing is said; the figure of the output
// deadline (limits-and-invariants.md), so that a sleeping phone is not cut off earlier.
void set_tcp_options(int fd) {
  const auto set = [fd](int level, int name, int value) {
    ::setsockopt(fd, level, name, &value, sizeof value);  // a socket without it still works
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 180);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 30);
  set(IPPROTO_TCP, TCP_KEEPCNT, 4);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 300'000);
}

struct Accepted {
  Fd fd;
  sockaddr_storage from{};
};

PeerInfo peer_info(const Accepted& accepted) {
  const Endpoint endpoint = describe(accepted.from);
  PeerInfo peer{.address = endpoint.address, .port = endpoint.port, .loopback = endpoint.loopback};
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  if (::getsockname(accepted.fd.get(), reinterpret_cast<sockaddr*>(&local), &size) == 0) {
    peer.local_address = describe(local).address;
  }
  if (accepted.from.ss_family == AF_UNIX) {
    ucred credentials{};
    size = sizeof credentials;
    if (::getsockopt(accepted.fd.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
      peer.uid = credentials.uid;
    }
  }
  return peer;
}

// Errors of one connection that accept() reports (accept(2), "Error handling").
bool is_lost_connection(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPERM:
      return true;
    default:
      return false;
  }
}

// One serve(): what its accept loop and its connections share.
struct Service {
  std::optional<Listener> listener;  // empty once accepting has stopped
  ServeOptions options;
  Handler handler;
  std::atomic<std::size_t> connections{0};
};

}  // namespace

struct Server::State : std::enable_shared_from_this<State> {
  explicit State(LoopGroup& group)
      : loops(group), reserve(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {}

  static task<void> accept_loop(std::shared_ptr<State> self, std::shared_ptr<Service> service,
                                Socket socket);
  static task<void> run_connection(std::shared_ptr<State> self, std::shared_ptr<Service> service,
                                   Socket socket, PeerInfo peer, std::uint64_t id,
                                   AdmissionTable::Id admission, TimePoint accepted_at);
  // The handler is about to take over. False: too late, the server stops.
  bool hand_over(std::uint64_t id, OnStop on_stop);
  void start(const std::shared_ptr<Service>& service, Accepted accepted);
  void end(Service& service, std::uint64_t id, AdmissionTable::Id admission,
           const std::exception_ptr& error);
  void shed(int listener_fd, int error);

  struct Connection {
    Socket::Aborter aborter;
    bool drains = false;  // its handler has begun, and a stop waits for it
  };

  LoopGroup& loops;
  std::mutex mutex;  // guards what follows, up to the reserve
  std::condition_variable changed;
  std::map<std::uint64_t, Socket::Aborter> acceptors;
  std::map<std::uint64_t, Connection> live;
  std::uint64_t next_id = 1;
  bool stopping = false;

  // SECURITY: given up for a moment when descriptors run out, so that the queue empties and the
  // loop does not spin on it (threat-model M14).
  std::mutex reserve_mutex;
  Fd reserve;
  LogLimiter descriptor_log{1, std::chrono::minutes(1)};
};

void Server::State::shed(int listener_fd, int error) {
  std::uint64_t closed = 0;
  {
    const std::lock_guard lock(reserve_mutex);
    reserve.reset();
    for (int i = 0; i < kBatch; ++i) {
      const Fd victim(::accept4(listener_fd, nullptr, nullptr, SOCK_CLOEXEC));
      if (!victim.valid()) break;
      ++closed;
    }
    reserve.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  refused_descriptors.add(closed);
  if (const auto left_out = descriptor_log.allow(now())) {
    char text[128];
    log_error("accept_failed",
              {{"error", strerror_r(error, text, sizeof text)},
               {"closed", closed},
               {"left_out", *left_out},
               {"hint", "raise the limit of open files (LimitNOFILE, ulimit -n)"}});
  }
}

task<void> Server::State::accept_loop(std::shared_ptr<State> self, std::shared_ptr<Service> service,
                                      Socket socket) {
  for (;;) {
    if (co_await socket.wait(Socket::For::kRead, nullptr, TimePoint::max()) ==
        Socket::Wake::kAborted) {
      co_return;
    }
    for (int i = 0; i < kBatch && !socket.aborted(); ++i) {
      Accepted accepted;
      socklen_t size = sizeof accepted.from;
      accepted.fd.reset(::accept4(socket.fd(), reinterpret_cast<sockaddr*>(&accepted.from), &size,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (accepted.fd.valid()) {
        self->start(service, std::move(accepted));
        continue;
      }
      const int error = errno;
      if (error == EAGAIN) break;
      if (is_lost_connection(error)) continue;
      self->shed(socket.fd(), error);
      co_await socket.wait(Socket::For::kTime, nullptr, now() + kBackOff);
      break;
    }
  }
}

bool Server::State::hand_over(std::uint64_t id, OnStop on_stop) {
  const std::lock_guard lock(mutex);
  live.find(id)->second.drains = on_stop == OnStop::kDrain;
  return !stopping;
}

task<void> Server::State::run_connection(std::shared_ptr<State> self,
                                         std::shared_ptr<Service> service, Socket socket,
                                         PeerInfo peer, std::uint64_t id,
                                         AdmissionTable::Id admission, TimePoint accepted_at) {
  const ServeOptions& options = service->options;
  std::unique_ptr<Transport> transport;
  if (options.tls != nullptr) {
    auto made = co_await accept_tls(std::move(socket), std::move(peer), options.tls->get(),
                                    accepted_at + options.handshake_timeout);
    if (!made) co_return;  // counted and logged there
    transport = std::move(*made);
  } else {
    transport = make_plain_stream(std::move(socket), std::move(peer));
  }
  if (!self->hand_over(id, options.on_stop)) co_return;
  OnAuthenticated authenticated = [table = options.admission, admission] {
    if (table != nullptr) table->leave(admission);
  };
  co_await service->handler(std::move(transport), std::move(authenticated));
}

void Server::State::start(const std::shared_ptr<Service>& service, Accepted accepted) {
  const ServeOptions& options = service->options;
  accepted_total.add();
  if (options.max_connections != 0 && service->connections.load() >= options.max_connections) {
    refused_limit.add();
    (void)::send(accepted.fd.get(), options.refusal.data(), options.refusal.size(),
                 MSG_DONTWAIT | MSG_NOSIGNAL);
    return;
  }
  PeerInfo peer = peer_info(accepted);
  if (accepted.from.ss_family != AF_UNIX) set_tcp_options(accepted.fd.get());
  Loop& loop = loops.next();
  Socket socket(loop, std::move(accepted.fd));
  const Socket::Aborter aborter = socket.aborter();
  AdmissionTable::Id admission = 0;
  if (options.admission != nullptr) {
    admission =
        options.admission->admit(address_key(accepted.from), [aborter] { aborter.abort(); });
  }
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(mutex);
    id = next_id++;
    live.emplace(id, Connection{.aborter = aborter});
    if (stopping) aborter.abort();
  }
  ++service->connections;
  open_connections.add(1);
  spawn(loop,
        run_connection(shared_from_this(), service, std::move(socket), std::move(peer), id,
                       admission, now()),
        [self = shared_from_this(), service, id, admission](const std::exception_ptr& error) {
          self->end(*service, id, admission, error);
        });
}

void Server::State::end(Service& service, std::uint64_t id, AdmissionTable::Id admission,
                        const std::exception_ptr& error) {
  if (error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      log_error("connection_exception", {{"what", e.what()}});
    } catch (...) {
      log_error("connection_exception", {{"what", "not a std::exception"}});
    }
  }
  if (service.options.admission != nullptr) service.options.admission->leave(admission);
  --service.connections;
  open_connections.add(-1);
  const std::lock_guard lock(mutex);
  live.erase(id);
  changed.notify_all();
}

Server::Server(LoopGroup& loops) : state_(std::make_shared<State>(loops)) {}

Server::~Server() {
  stop_accepting();
  finish(Duration::zero());
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->live.empty(); });
}

void Server::serve(Listener listener, ServeOptions options, Handler handler) {
  Loop& loop = state_->loops.next();
  Socket socket(loop, listener.take_fd());
  const auto service = std::make_shared<Service>();
  service->listener.emplace(std::move(listener));
  service->options = std::move(options);
  service->handler = std::move(handler);
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping) return;
    id = state_->next_id++;
    state_->acceptors.emplace(id, socket.aborter());
  }
  spawn(loop, State::accept_loop(state_, service, std::move(socket)),
        [state = state_, service, id](const std::exception_ptr& error) {
          if (error) log_error("accept_stopped", {{"listener", service->listener->name()}});
          service->listener.reset();
          const std::lock_guard lock(state->mutex);
          state->acceptors.erase(id);
          state->changed.notify_all();
        });
}

void Server::stop_accepting() {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  for (const auto& [id, aborter] : state_->acceptors) aborter.abort();
  for (const auto& [id, connection] : state_->live) {
    if (!connection.drains) connection.aborter.abort();
  }
  state_->changed.wait(lock, [this] { return state_->acceptors.empty(); });
}

std::size_t Server::finish(Duration drain, Duration abort) {
  std::unique_lock lock(state_->mutex);
  const auto idle = [this] { return state_->live.empty(); };
  if (state_->changed.wait_for(lock, drain, idle)) return 0;
  const std::size_t left = state_->live.size();
  for (const auto& [id, connection] : state_->live) connection.aborter.abort();
  if (!state_->changed.wait_for(lock, abort, idle)) {
    log_error("connections_stuck", {{"count", state_->live.size()}});
  }
  return left;
}

std::size_t Server::connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->live.size();
}

}  // namespace postern::net
