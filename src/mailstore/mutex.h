// Mutex with clang's thread-safety annotations, so that the compiler proves who holds it.
//
// It is never held across a suspension: a coroutine locks only inside plain functions it calls.
#pragma once

#include <mutex>

#define POSTERN_GUARDED_BY(m) __attribute__((guarded_by(m)))
#define POSTERN_REQUIRES(m) __attribute__((requires_capability(m)))
#define POSTERN_EXCLUDES(...) __attribute__((locks_excluded(__VA_ARGS__)))
// For what is proved otherwise; a comment there says how.
#define POSTERN_NO_THREAD_ANALYSIS __attribute__((no_thread_safety_analysis))

namespace postern::mailstore {

class __attribute__((capability("mutex"))) Mutex {
 public:
  void lock() __attribute__((acquire_capability())) { mutex_.lock(); }
  void unlock() __attribute__((release_capability())) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class __attribute__((scoped_lockable)) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) __attribute__((acquire_capability(mutex))) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() __attribute__((release_capability())) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace postern::mailstore
