// Delivery: runs LMTP connections and puts each message into its recipients' INBOX.
//
// A delivery acts as the owner of the recipient's account and can only append to INBOX. A reply
// says 250 only after the commit that holds the message; a lost 250 makes the sender retry, which
// may duplicate, never lose. Runs on the executor of its connection; the service is shared by all
// of them.
#pragma once

#include <memory>
#include <string>

#include "auth/directory.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/signal.h"
#include "base/transport.h"
#include "lmtp/machine.h"
#include "mailstore/mailstore.h"

namespace postern::delivery {

struct Settings {
  lmtp::Options lmtp;
  Duration idle_timeout = std::chrono::minutes(5);  // a command, literal or DATA without a byte
  std::string spool_directory;
};

class Service {
 public:
  // All references outlive the service. The pool does the spool's file access.
  Service(mailstore::MailStore& store, auth::Directory& directory, Clock& clock, Random& random,
          ThreadPool& pool, Settings settings);

  // One connection to its end. `stop` is raised at shutdown: the connection is closed with 421 at
  // the next command boundary.
  task<void> serve(std::unique_ptr<Transport> transport, Signal& stop);

 private:
  friend class Connection;
  mailstore::MailStore& store_;
  auth::Directory& directory_;
  Clock& clock_;
  Random& random_;
  ThreadPool& pool_;
  Settings settings_;
};

}  // namespace postern::delivery
