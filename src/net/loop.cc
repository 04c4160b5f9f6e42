#include "net/loop.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"

namespace postern::net {

namespace asio = boost::asio;

struct Loop::State {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
};

Loop::Loop() : state_(std::make_unique<State>()) {}
Loop::~Loop() = default;

void Loop::post(Work work) {
  asio::post(state_->context, [work = std::move(work)]() mutable { work(); });
}

void Loop::post_at(TimePoint when, Work work) {
  post([this, when, work = std::move(work)]() mutable {
    auto timer = std::make_unique<asio::steady_timer>(state_->context, when);
    asio::steady_timer& ref = *timer;
    ref.async_wait([timer = std::move(timer),
                    work = std::move(work)](const boost::system::error_code&) mutable { work(); });
  });
}

void Loop::run() {
  const Scope scope(*this);
  for (;;) {
    try {
      state_->context.run();
      return;
    } catch (const std::exception& e) {
      log_error("loop_exception", {{"what", e.what()}});
    }
  }
}

void Loop::stop() {
  state_->context.stop();
}

asio::io_context& Loop::context() {
  return state_->context;
}

LoopGroup::LoopGroup(std::size_t loops) {
  for (std::size_t i = 0; i < std::max<std::size_t>(loops, 1); ++i) {
    loops_.push_back(std::make_unique<Loop>());
  }
  for (const auto& loop : loops_) threads_.emplace_back([&loop = *loop] { loop.run(); });
}

LoopGroup::~LoopGroup() {
  stop();
}

Loop& LoopGroup::next() {
  return *loops_[turn_.fetch_add(1, std::memory_order_relaxed) % loops_.size()];
}

void LoopGroup::stop() {
  for (const auto& loop : loops_) loop->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

task<void> sleep_until(TimePoint when) {
  struct Awaiter {
    Loop& loop;
    TimePoint at;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) const {
      loop.post_at(at, [self] { self.resume(); });
    }
    void await_resume() const noexcept {}
  };
  co_await Awaiter{.loop = static_cast<Loop&>(*Executor::current()), .at = when};
}

}  // namespace postern::net
