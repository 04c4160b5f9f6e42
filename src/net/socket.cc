#include "net/socket.h"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace postern::net {

namespace asio = boost::asio;
using boost::system::error_code;

struct Socket::Core : std::enable_shared_from_this<Core> {
  Core(Loop& on, int fd) : loop(on), descriptor(on.context(), fd), timer(on.context()) {}

  void start(For what);
  void start_timer(TimePoint at);
  void on_ready(For what);
  void on_timer();
  void resume(Wake why);
  bool waits_for(For what) const { return waiter && waiting_for == what; }

  Loop& loop;
  asio::posix::stream_descriptor descriptor;
  asio::steady_timer timer;
  std::coroutine_handle<> waiter;
  For waiting_for = For::kRead;
  Wake wake = Wake::kReady;
  bool closed = false;
  // Asked of the event loop and not answered yet, or answered while nobody waited.
  bool asked[2] = {false, false};
  bool ready[2] = {false, false};
  TimePoint deadline = TimePoint::max();
  TimePoint timer_at = TimePoint::max();  // when the timer fires; max: not running
  std::uint64_t turn = 0;                 // counts waits: a late wake-up knows that it is late
  std::atomic<bool> aborted{false};
};

void Socket::Core::start(For what) {
  bool& pending = asked[static_cast<int>(what)];
  if (pending) return;
  pending = true;
  const auto kind = what == For::kRead ? asio::posix::stream_descriptor::wait_read
                                       : asio::posix::stream_descriptor::wait_write;
  descriptor.async_wait(kind, [self = shared_from_this(), what](const error_code&) {
    // An error is readiness too: the call that follows reports it.
    self->on_ready(what);
  });
}

void Socket::Core::on_ready(For what) {
  asked[static_cast<int>(what)] = false;
  if (closed) return;
  if (waits_for(what)) {
    resume(Wake::kReady);
  } else {
    ready[static_cast<int>(what)] = true;
  }
}

void Socket::Core::start_timer(TimePoint at) {
  if (timer_at <= at) return;  // fires early, then looks at the deadline of that moment
  timer_at = at;
  timer.expires_at(at);
  timer.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->on_timer();
  });
}

void Socket::Core::on_timer() {
  timer_at = TimePoint::max();
  if (closed || !waiter || deadline == TimePoint::max()) return;
  if (std::chrono::steady_clock::now() >= deadline) {
    resume(Wake::kDeadline);
  } else {
    start_timer(deadline);
  }
}

void Socket::Core::resume(Wake why) {
  wake = why;
  ++turn;
  std::exchange(waiter, {}).resume();
}

bool Socket::Awaiter::await_suspend(std::coroutine_handle<> self) {
  Core& core = core_;
  const auto at_once = [&core](Wake why) {
    core.wake = why;
    return false;
  };
  if (core.closed || core.aborted.load(std::memory_order_acquire)) return at_once(Wake::kAborted);
  if (what_ != For::kTime && std::exchange(core.ready[static_cast<int>(what_)], false)) {
    return at_once(Wake::kReady);
  }
  if (deadline_ != TimePoint::max() && deadline_ <= std::chrono::steady_clock::now()) {
    return at_once(Wake::kDeadline);
  }
  const std::uint64_t turn = core.turn;
  core.waiter = self;
  core.waiting_for = what_;
  core.deadline = deadline_;
  // The waker may run on any thread from here on; what it posts runs on this one, later.
  if (signal_ != nullptr && !signal_->arm([shared = core.shared_from_this(), turn] {
        shared->loop.post([shared, turn] {
          if (shared->waiter && shared->turn == turn) shared->resume(Wake::kSignal);
        });
      })) {
    core.waiter = {};
    return at_once(Wake::kSignal);
  }
  if (what_ != For::kTime) core.start(what_);
  if (deadline_ != TimePoint::max()) core.start_timer(deadline_);
  return true;
}

Socket::Wake Socket::Awaiter::await_resume() const noexcept {
  return core_.wake;
}

Socket::Awaiter::~Awaiter() {
  if (signal_ != nullptr) signal_->disarm();
}

Socket::Socket(Loop& loop, Fd fd) : core_(std::make_shared<Core>(loop, fd.release())) {}

Socket::~Socket() {
  if (core_ != nullptr) close();
}

int Socket::fd() const {
  return core_->closed ? -1 : core_->descriptor.native_handle();
}

bool Socket::aborted() const {
  return core_->closed || core_->aborted.load(std::memory_order_acquire);
}

void Socket::close() {
  if (std::exchange(core_->closed, true)) return;
  error_code ignored;
  core_->descriptor.close(ignored);
  core_->timer.cancel(ignored);
}

void Socket::Aborter::abort() const {
  if (core_->aborted.exchange(true, std::memory_order_acq_rel)) return;
  core_->loop.post([core = core_] {
    if (core->waiter) core->resume(Wake::kAborted);
  });
}

}  // namespace postern::net
