// StopList: raises the stop signal of every connection that listens to one, for a drain.
#pragma once

#include <mutex>
#include <unordered_set>

#include "base/signal.h"

namespace postern::app {

// Any thread. A connection that enters after stop() finds its signal raised.
class StopList {
 public:
  // Enters `signal` while it lives.
  class Entry {
   public:
    Entry(StopList& list, Signal& signal) : list_(list), signal_(signal) { list_.enter(signal_); }
    ~Entry() { list_.leave(signal_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    StopList& list_;
    Signal& signal_;
  };

  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (Signal* signal : signals_) signal->notify();
  }

 private:
  void enter(Signal& signal) {
    const std::lock_guard lock(mutex_);
    signals_.insert(&signal);
    if (stopped_) signal.notify();
  }
  void leave(Signal& signal) {
    const std::lock_guard lock(mutex_);
    signals_.erase(&signal);
  }

  std::mutex mutex_;
  std::unordered_set<Signal*> signals_;  // guarded by mutex_
  bool stopped_ = false;                 // guarded by mutex_
};

}  // namespace postern::app
