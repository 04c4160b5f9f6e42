// The admin socket: one JSON object a line in, one JSON object a line out (app/accounts.h, and
// {"op": "status"}). Guarded by the permissions of the socket alone.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <memory>

#include "app/accounts.h"
#include "base/clock.h"
#include "base/task.h"
#include "base/transport.h"

namespace postern::app {

class Admin {
 public:
  static constexpr std::size_t kMaxLine = 1u << 20;  // LIMIT: of a request

  // All references outlive the object.
  Admin(Accounts& accounts, std::function<boost::json::object()> status, Clock& clock)
      : accounts_(accounts), status_(std::move(status)), clock_(clock) {}

  // One connection to its end.
  task<void> serve(std::unique_ptr<Transport> transport);

 private:
  task<boost::json::object> answer(std::string_view line);

  Accounts& accounts_;
  std::function<boost::json::object()> status_;
  Clock& clock_;
};

}  // namespace postern::app
