// The admin channel: what `postern <verb>` asks of the running server, over a Unix socket.
//
// One JSON object a line each way (docs/formats is not concerned: nothing of it is kept):
//   {"verb": "account.list", "arguments": {...}}
//   {"ok": true, "result": {...}}   or   {"ok": false, "code": "not_found", "message": "..."}
// SECURITY: only the user the server runs as and root may use it; the kernel says who is at the
// other end (SO_PEERCRED). To them error texts are shown in full. Requests may hold passwords: they
// are wiped and never logged.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/task.h"
#include "base/transport.h"

namespace postern::http {

class AdminVerbs {
 public:
  // Runs on the connection's loop. Takes the arguments, an object (empty when left out).
  using Verb = std::function<task<Result<boost::json::object>>(boost::json::object arguments)>;

  // Before serving; constant from then on.
  void add(std::string name, Verb verb) { verbs_[std::move(name)] = std::move(verb); }
  [[nodiscard]] const Verb* find(std::string_view name) const {
    const auto at = verbs_.find(name);
    return at == verbs_.end() ? nullptr : &at->second;
  }

 private:
  std::map<std::string, Verb, std::less<>> verbs_;
};

// LIMIT: one request. Answers are as long as what they list.
inline constexpr std::size_t kMaxAdminRequest = 64 * 1024;
// LIMIT: between two requests, and for each stretch of an answer that is not taken.
inline constexpr Duration kAdminDeadline = std::chrono::seconds(30);

// Serves one connection to its end. `verbs` outlives it.
[[nodiscard]] task<void> serve_admin(std::unique_ptr<Transport> stream, const AdminVerbs& verbs,
                                     Duration deadline = kAdminDeadline);

}  // namespace postern::http
