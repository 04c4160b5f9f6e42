// Server: accepts on listeners and runs one coroutine a connection, spread over the loops.
//
// Called from the main thread, never from a loop. Lives shorter than the loops. The order of a
// stop: stop_accepting(), then the application tells its sessions to say goodbye, then finish(),
// which waits for them, aborts the rest, and returns when none is left.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "base/transport.h"
#include "net/admission.h"
#include "net/listener.h"
#include "net/loop.h"
#include "tls/context.h"

namespace postern::net {

// The session calls it when its client has signed in: from then on the limits for strangers do not
// count it. At most once; any thread; may be dropped uncalled.
using OnAuthenticated = std::move_only_function<void()>;

// Serves one connection to its end. Runs on the connection's loop. An exception that leaves it is
// logged and ends that connection alone.
using Handler = std::function<task<void>(std::unique_ptr<Transport>, OnAuthenticated)>;

// What stop_accepting() does to a listener's connections.
enum class OnStop : std::uint8_t {
  kDrain,  // they go on until they end or finish() loses patience
  kAbort,  // they end at once: nothing waits for an idle HTTP or admin connection
};

struct ServeOptions {
  // Null: plain bytes. Read for every connection, so a new context serves from the next one on.
  const tls::TlsContextSlot* tls = nullptr;
  // Null: not limited before login (LMTP, HTTP and the admin socket have no login).
  AdmissionTable* admission = nullptr;
  // LIMIT: the whole handshake, not per byte.
  Duration handshake_timeout = std::chrono::seconds(15);
  // LIMIT: connections of this listener; 0 is no limit. One too many is sent `refusal` and closed.
  std::size_t max_connections = 0;
  std::string refusal;
  OnStop on_stop = OnStop::kDrain;
};

class Server {
 public:
  explicit Server(LoopGroup& loops);
  // stop_accepting() and finish() without delay. Then waits for who is still there, however long:
  // what a running handler uses must not be destroyed.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Accepts from now on. What the options point to outlives the server.
  void serve(Listener listener, ServeOptions options, Handler handler);

  // Closes the listeners and what is still in its handshake; other connections go on. Returns when
  // the last accept has ended.
  void stop_accepting();
  // Waits until every connection has ended by itself, at most `drain`; aborts the others and waits
  // for them too, at most `abort` longer. Returns how many were aborted; connections()
  // tells whether one has not ended even so.
  std::size_t finish(Duration drain, Duration abort = std::chrono::seconds(10));

  // Accepted and not ended.
  [[nodiscard]] std::size_t connections() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the coroutines of its connections
};

}  // namespace postern::net
