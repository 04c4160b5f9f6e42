#include "app/maintenance.h"

#include "base/executor.h"
#include "base/log.h"

namespace postern::app {

Maintenance::Maintenance(mailstore::MailStore& store, Duration every)
    : store_(store), every_(every), thread_([this] { run(); }) {}

Maintenance::~Maintenance() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Maintenance::run() {
  ManualExecutor executor;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, every_, [this] { return stopping_; })) {
    lock.unlock();
    const Result<void> done = run_blocking(executor, store_.maintain());
    // A full or stopped engine says so itself; the next round tries again.
    if (!done && done.error().code != Errc::kFull && done.error().code != Errc::kUnavailable) {
      log_warn("maintenance_failed",
               {{"code", to_string(done.error().code)}, {"detail", done.error().detail}});
    }
    lock.lock();
  }
}

}  // namespace postern::app
