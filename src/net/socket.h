// Socket: one non-blocking descriptor on one loop, and the one thing streams wait for: readiness, a
// Signal, a deadline or an abort, whichever comes first.
//
// Belongs to the thread of its loop, except for Aborter. One coroutine waits at a time. Waiting
// holds no buffer. One timer serves all waits of a connection: it is left running when the next
// deadline is later, so a busy connection does not touch the timer queue.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/fd.h"
#include "base/signal.h"
#include "net/loop.h"

namespace postern::net {

class Socket {
 public:
  enum class For : std::uint8_t { kRead, kWrite, kTime };
  enum class Wake : std::uint8_t {
    kReady,   // probably: the following call may still find that it would block
    kSignal,  // raised and still raised: the caller takes it
    kDeadline,
    kAborted,  // or closed
  };
  struct Core;

  // Ends the waits of a socket, now and from then on. Any thread, at any time, any number of times.
  class Aborter {
   public:
    explicit Aborter(std::shared_ptr<Core> core) : core_(std::move(core)) {}
    void abort() const;

   private:
    std::shared_ptr<Core> core_;  // shared: may outlive the socket
  };

  class [[nodiscard]] Awaiter {
   public:
    Awaiter(Core& core, For what, Signal* signal, TimePoint deadline)
        : core_(core), what_(what), signal_(signal), deadline_(deadline) {}
    ~Awaiter();
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> self);
    Wake await_resume() const noexcept;

   private:
    Core& core_;
    For what_;
    Signal* signal_;  // owned by the caller of wait(), alive during the await
    TimePoint deadline_;
  };

  // `fd` is non-blocking.
  Socket(Loop& loop, Fd fd);
  Socket(Socket&&) noexcept = default;
  Socket& operator=(Socket&&) = delete;
  ~Socket();

  // TimePoint::max() is no deadline; a deadline in the past is answered at once.
  Awaiter wait(For what, Signal* signal, TimePoint deadline) {
    return {*core_, what, signal, deadline};
  }
  // After close() -1; waits then end with kAborted.
  [[nodiscard]] int fd() const;
  [[nodiscard]] bool aborted() const;
  void close();
  [[nodiscard]] Aborter aborter() const { return Aborter(core_); }

 private:
  std::shared_ptr<Core>
      core_;  // shared with pending completions of the event loop and with Aborters
};

}  // namespace postern::net
