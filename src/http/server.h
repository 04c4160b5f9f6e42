// The HTTP listener for operators and their monitoring: GET and HEAD of a few fixed paths, nothing
// else.
//
// Not for the open internet: it speaks HTTP/1.1 without TLS. What is not in the table of routes
// does not exist (deny by default); a request has no body. Runs on the connection's loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/task.h"
#include "base/transport.h"

namespace postern::http {

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// Paths and what answers them. Filled before serving and constant from then on.
class HttpRoutes {
 public:
  // May be called on any loop, several at a time. Must not block.
  using Answer = std::function<HttpResponse()>;

  void add(std::string path, Answer answer) { answers_[std::move(path)] = std::move(answer); }
  // Null: there is no such path.
  [[nodiscard]] const Answer* find(std::string_view path) const {
    const auto at = answers_.find(path);
    return at == answers_.end() ? nullptr : &at->second;
  }

 private:
  std::map<std::string, Answer, std::less<>> answers_;
};

struct Health {
  bool healthy = true;
  std::string json = "{}";  // one JSON object
};

// "/metrics" (Prometheus text format 0.0.4) and "/healthz" (200 or 503 and one JSON object).
void add_operating_routes(HttpRoutes& routes, std::function<Health()> health);

// LIMIT: the request line and all header fields together.
inline constexpr std::size_t kMaxHttpHeader = 8 * 1024;
// LIMIT: one request, from the end of the one before to its last header byte; and each stretch of
// the answer that the client does not take.
inline constexpr Duration kHttpDeadline = std::chrono::seconds(10);

// Serves one connection to its end. `routes` outlives it.
[[nodiscard]] task<void> serve_http(std::unique_ptr<Transport> stream, const HttpRoutes& routes,
                                    Duration deadline = kHttpDeadline);

}  // namespace postern::http
