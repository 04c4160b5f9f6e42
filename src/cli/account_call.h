// AccountCall: asks for account operations (app/accounts.h) where they can be done: of the running
// server over its admin socket, or in the store itself when no server runs.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "config/settings.h"

namespace postern::cli {

class AccountCall {
 public:
  virtual ~AccountCall() = default;
  // The result. An Error's detail is a line for people, of the operation or of the way to it.
  virtual Result<boost::json::object> call(std::string_view verb,
                                           const boost::json::object& arguments) = 0;

  // The server if one answers, else the store, which is made when there is none. Started as root,
  // the process becomes server.user before it opens the store.
  static Result<std::unique_ptr<AccountCall>> open(const config::Settings& settings);
  // The server alone; kUnavailable when none answers.
  static Result<std::unique_ptr<AccountCall>> open_server(const config::Settings& settings);
};

}  // namespace postern::cli
