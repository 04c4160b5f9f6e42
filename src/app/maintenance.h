// Maintenance: one thread that folds logs and frees what nobody names any more, every few seconds.
//
// Made after the store and destroyed before it. Small steps: it never holds up service.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "mailstore/mailstore.h"

namespace postern::app {

class Maintenance {
 public:
  Maintenance(mailstore::MailStore& store, Duration every);
  ~Maintenance();  // waits for the step that runs
  Maintenance(const Maintenance&) = delete;
  Maintenance& operator=(const Maintenance&) = delete;

 private:
  void run();

  mailstore::MailStore& store_;
  const Duration every_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace postern::app
