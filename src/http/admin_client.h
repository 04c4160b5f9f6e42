// The command line's end of the admin channel (http/admin.h). Blocking.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace postern::http {

class AdminClient {
 public:
  // `address`: "unix:/path" or a path. kUnavailable: no server runs there (no socket, or nobody
  // answers); kNoPermission: the socket is another user's.
  [[nodiscard]] static Result<AdminClient> connect(std::string_view address);

  AdminClient(AdminClient&& other) noexcept;
  AdminClient& operator=(AdminClient&&) = delete;
  ~AdminClient();

  // The result object, or the error of the verb with the server's code and text; kTimeout, kClosed
  // when the server does not answer (what it was asked may have happened).
  [[nodiscard]] Result<boost::json::object> call(std::string_view verb,
                                                 const boost::json::object& arguments,
                                                 Duration timeout = std::chrono::minutes(5));

 private:
  explicit AdminClient(int fd) : fd_(fd) {}
  int fd_;
  std::string buffer_;
};

}  // namespace postern::http
