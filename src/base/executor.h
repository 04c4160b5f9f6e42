// Executor: where coroutines are resumed. One executor is one thread at a time, so what runs on it
// needs no lock against what else runs on it.
//
// `Executor::current()` is the executor that runs the calling thread now; awaiters capture it when
// they suspend, so a coroutine always resumes on the executor it was suspended on. It is null on
// threads that run no executor (pools, the committer): nothing may be awaited there.
#pragma once

#include <condition_variable>
#include <coroutine>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/task.h"

namespace postern {

class Executor {
 public:
  using Work = std::move_only_function<void()>;

  virtual ~Executor() = default;
  // Any thread. Runs `work` later on this executor, in the order of posting.
  virtual void post(Work work) = 0;

  [[nodiscard]] static Executor* current();

  // Marks the calling thread as running `executor` while the scope lives.
  class Scope {
   public:
    explicit Scope(Executor& executor);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Executor* previous_;
  };
};

// Runs posted work on the thread that calls run_*: for tests and for command-line verbs.
class ManualExecutor final : public Executor {
 public:
  void post(Work work) override;
  // Runs what is posted, and what that posts, until nothing is left. Returns how many ran.
  std::size_t run_ready();
  // Runs until `done` returns true, sleeping on the queue in between.
  void run_until(const std::function<bool()>& done);

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Work> queue_;
};

// A fixed number of threads for what may block: disk reads, password hashing.
class ThreadPool {
 public:
  explicit ThreadPool(std::size_t threads);
  ~ThreadPool();  // finishes what is queued
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void submit(Executor::Work work);
  [[nodiscard]] std::size_t queued() const;

  // co_await pool.run(f): runs f on the pool, resumes on the awaiting executor with its result.
  template <class F>
  task<std::invoke_result_t<F>> run(F work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// OneShot<T>: one value from any thread to one awaiting coroutine. The setter may come first or
// last, and may outlive the awaiter's interest; a second set() is ignored.
template <class T>
class OneShot {
 public:
  OneShot() : state_(std::make_shared<State>()) {}

  void set(T value) const {
    std::coroutine_handle<> waiter;
    Executor* executor = nullptr;
    {
      const std::lock_guard lock(state_->mutex);
      if (state_->value.has_value()) return;
      state_->value.emplace(std::move(value));
      waiter = std::exchange(state_->waiter, {});
      executor = state_->executor;
    }
    if (waiter) executor->post([waiter] { waiter.resume(); });
  }

  [[nodiscard]] auto wait() const {
    struct Awaiter {
      std::shared_ptr<State> state;
      bool await_ready() const {
        const std::lock_guard lock(state->mutex);
        return state->value.has_value();
      }
      bool await_suspend(std::coroutine_handle<> waiter) {
        const std::lock_guard lock(state->mutex);
        if (state->value.has_value()) return false;
        state->waiter = waiter;
        state->executor = Executor::current();
        return true;
      }
      T await_resume() { return std::move(*state->value); }
    };
    return Awaiter{state_};
  }

 private:
  struct State {
    std::mutex mutex;
    std::optional<T> value;
    std::coroutine_handle<> waiter;
    Executor* executor = nullptr;
  };
  std::shared_ptr<State>
      state_;  // shared between setter and awaiter, which may live on two threads
};

template <class F>
task<std::invoke_result_t<F>> ThreadPool::run(F work) {
  using T = std::invoke_result_t<F>;
  OneShot<T> done;
  submit([work = std::move(work), done]() mutable { done.set(work()); });
  co_return co_await done.wait();
}

// Gives other coroutines of this executor a turn.
struct Yield {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) const {
    Executor::current()->post([self] { self.resume(); });
  }
  void await_resume() const noexcept {}
};

// Starts `work` on `executor`; `done` runs there with the exception that left it, or null.
void spawn(Executor& executor, task<void> work,
           std::move_only_function<void(std::exception_ptr)> done);

// Runs `work` to its end on the calling thread, for command-line verbs and tests.
template <class T>
T run_blocking(ManualExecutor& executor, task<T> work) {
  std::optional<T> value;
  std::exception_ptr error;
  bool finished = false;
  auto body = [](task<T> inner, std::optional<T>& out) -> task<void> {
    out.emplace(co_await std::move(inner));
  };
  spawn(executor, body(std::move(work), value), [&](std::exception_ptr e) {
    error = e;
    finished = true;
  });
  executor.run_until([&] { return finished; });
  if (error) std::rethrow_exception(error);
  return std::move(*value);
}

}  // namespace postern
