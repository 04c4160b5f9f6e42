// Server: everything that runs between the ready line and the end: loops, sessions, deliveries.
//
// Made, changed and ended on the main thread; what it serves runs on its loops.
#pragma once

#include <boost/json.hpp>
#include <memory>

#include "app/bind.h"
#include "app/store.h"
#include "base/executor.h"
#include "base/result.h"
#include "config/settings.h"
#include "http/server.h"
#include "tls/context.h"

namespace postern::app {

class Server {
 public:
  // Nothing is served yet. `tls` may be null: then a self-signed certificate is used.
  static Result<std::unique_ptr<Server>> create(config::Settings settings, Store store,
                                                std::shared_ptr<const tls::TlsContext> tls);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void start(Listeners listeners);
  // Takes over what can change while running and logs what cannot. Errors change nothing. `read`:
  // how certificates and keys are read.
  Result<void> reload(const config::Settings& settings, const tls::ReadFile& read);
  // No new connections, goodbye to all, at most server.drain; then everything is closed. False: a
  // connection has not ended even so. What it uses must not be destroyed: stop_hard() and exit.
  [[nodiscard]] bool drain();
  // Nothing is written after this; what was acknowledged is on disk.
  void stop_hard();

  // Of now; any thread.
  [[nodiscard]] boost::json::object status() const;
  [[nodiscard]] http::Health health() const;

 private:
  task<Result<boost::json::object>> answer_status() const;
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace postern::app
