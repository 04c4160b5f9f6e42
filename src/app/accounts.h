// Accounts: what the `account` verbs do, once, whether they run in the server or beside it.
//
// Verbs of the admin channel (http/admin.h), arguments and results as JSON objects:
//   account.add     {"address": A, "password_hash": H?, "quota": bytes?, "quota_messages": n?,
//   "quota_mailboxes": n?, "aliases": [A...]?, "disabled": bool?} account.set     the same, and
//   {"add_aliases": [A...]?, "remove_aliases": [A...]?} account.list    {} account.show,
//   account.remove   {"address": A}
// A result is {"account": {...}}, {"accounts": [...]} or {}; the detail of an error is a line for
// people. Passwords never come here: the caller hashes them.
#pragma once

#include <boost/json.hpp>
#include <functional>

#include "auth/directory.h"
#include "base/task.h"
#include "http/admin.h"
#include "mailstore/mailstore.h"

namespace postern::app {

class Accounts {
 public:
  // `on_locked_out` is told of every account whose open sessions must end: its password changed, or
  // it was disabled or removed. All references outlive the object.
  Accounts(mailstore::MailStore& store, auth::Directory& directory,
           std::function<void(AccountId)> on_locked_out);

  // Calls may overlap: changes are serialised in the directory.
  task<Result<boost::json::object>> call(std::string verb, boost::json::object arguments);
  // All of them, as verbs of the admin channel.
  void add_to(http::AdminVerbs& verbs);

 private:
  task<Result<boost::json::object>> run(std::string verb, boost::json::object arguments);
  task<Result<boost::json::object>> add(boost::json::object arguments);
  task<Result<boost::json::object>> set(boost::json::object arguments);
  task<Result<void>> enforce_quota(AccountId id);
  task<Result<boost::json::object>> remove(auth::RecordPtr record);
  task<Result<boost::json::object>> list();
  task<boost::json::object> describe(auth::RecordPtr record);

  mailstore::MailStore& store_;
  auth::Directory& directory_;
  std::function<void(AccountId)> on_locked_out_;
};

}  // namespace postern::app
