// Accounts: what the `account` verbs do, once, whether they run in the server or beside it.
//
// Requests and answers are JSON objects, so that one call serves the command line and the admin socket:
//   {"op": "add", "address": A, "password_hash": H?, "quota": bytes?, "aliases": [A...]?, "disabled": bool?}
//   {"op": "set", "address": A, ... the same, "add_aliases": [A...]?, "remove_aliases": [A...]?}
//   {"op": "list"}   {"op": "show" | "remove", "address": A}
// An answer is {"account": {...}}, {"accounts": [...]} or {} , or
//   {"error": {"code": "already_exists", "text": "..."}}, the text for people.
// Passwords never come here: the caller hashes them.
#pragma once

#include <boost/json.hpp>
#include <functional>

#include "auth/directory.h"
#include "base/task.h"
#include "mailstore/mailstore.h"

namespace postern::app {

class Accounts {
 public:
  // `on_locked_out` is told of every account whose open sessions must end: its password changed, or it
  // was disabled or removed. All references outlive the object.
  Accounts(mailstore::MailStore& store, auth::Directory& directory, std::function<void(AccountId)> on_locked_out);

  // Never fails but by an answer with "error". One call at a time does not matter: changes are serialised.
  task<boost::json::object> handle(boost::json::object request);

 private:
  task<Result<boost::json::object>> run(boost::json::object request);
  task<Result<boost::json::object>> add(boost::json::object request);
  task<Result<boost::json::object>> set(boost::json::object request);
  task<Result<boost::json::object>> remove(auth::RecordPtr record);
  task<Result<boost::json::object>> list();
  task<boost::json::object> describe(auth::RecordPtr record);

  mailstore::MailStore& store_;
  auth::Directory& directory_;
  std::function<void(AccountId)> on_locked_out_;
};

}  // namespace postern::app
