#include "base/executor.h"

#include <condition_variable>

namespace postern {
namespace {

thread_local Executor* current_executor = nullptr;

// Owns itself: created suspended, destroyed when it ends.
struct Detached {
  struct promise_type {
    Detached get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

Detached run_detached(task<void> work, std::move_only_function<void(std::exception_ptr)> done) {
  std::exception_ptr error;
  try {
    co_await std::move(work);
  } catch (...) {
    error = std::current_exception();
  }
  done(error);
}

}  // namespace

Executor* Executor::current() {
  return current_executor;
}

Executor::Scope::Scope(Executor& executor)
    : previous_(std::exchange(current_executor, &executor)) {}
Executor::Scope::~Scope() {
  current_executor = previous_;
}

void ManualExecutor::post(Work work) {
  // Notified under the lock: once the work can be seen, its runner may finish and destroy this
  // executor.
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(work));
  ready_.notify_one();
}

std::size_t ManualExecutor::run_ready() {
  const Scope scope(*this);
  std::size_t ran = 0;
  for (;;) {
    Work work;
    {
      const std::lock_guard lock(mutex_);
      if (queue_.empty()) return ran;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
    ++ran;
  }
}

void ManualExecutor::run_until(const std::function<bool()>& done) {
  for (;;) {
    run_ready();
    if (done()) return;
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return !queue_.empty(); });
  }
}

struct ThreadPool::State {
  mutable std::mutex mutex;
  std::condition_variable ready;
  std::deque<Executor::Work> queue;
  bool stopping = false;
  std::vector<std::thread> threads;

  void run() {
    for (;;) {
      Executor::Work work;
      {
        std::unique_lock lock(mutex);
        ready.wait(lock, [this] { return stopping || !queue.empty(); });
        if (queue.empty()) return;
        work = std::move(queue.front());
        queue.pop_front();
      }
      work();
    }
  }
};

ThreadPool::ThreadPool(std::size_t threads) : state_(std::make_unique<State>()) {
  for (std::size_t i = 0; i < threads; ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->run(); });
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->ready.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

void ThreadPool::submit(Executor::Work work) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->queue.push_back(std::move(work));
  }
  state_->ready.notify_one();
}

std::size_t ThreadPool::queued() const {
  const std::lock_guard lock(state_->mutex);
  return state_->queue.size();
}

void spawn(Executor& executor, task<void> work,
           std::move_only_function<void(std::exception_ptr)> done) {
  const Detached detached = run_detached(std::move(work), std::move(done));
  executor.post([handle = detached.handle] { handle.resume(); });
}

}  // namespace postern
