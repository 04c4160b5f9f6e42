// Signal: "something changed, look again". Coalescing, edge-kept: a notify() before the wait is not
// lost, and any number of them wake the waiter once.
//
// notify() may come from any thread. One waiter at a time installs a waker (Transport::wait does).
#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace postern {

class Signal {
 public:
  using Waker = std::move_only_function<void()>;

  // Any thread. Runs the installed waker (once), outside the lock.
  void notify() {
    Waker waker;
    {
      const std::lock_guard lock(mutex_);
      raised_ = true;
      waker = std::exchange(waker_, {});
    }
    if (waker) waker();
  }
  // True once per raise; clears it.
  [[nodiscard]] bool take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(raised_, false);
  }
  // Installs `waker`, or returns false when the signal is raised already (the waker is dropped).
  [[nodiscard]] bool arm(Waker waker) {
    const std::lock_guard lock(mutex_);
    if (raised_) return false;
    waker_ = std::move(waker);
    return true;
  }
  void disarm() {
    const std::lock_guard lock(mutex_);
    waker_ = {};
  }

 private:
  std::mutex mutex_;
  bool raised_ = false;
  Waker waker_;
};

}  // namespace postern
