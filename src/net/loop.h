// Loop: one thread and its event loop. LoopGroup: one loop a core.
//
// A connection lives on one loop from its first byte to its last, so what belongs to it needs no
// lock. Loops outlive every socket, signal and task that names them: they are the last to go.
#pragma once

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/task.h"

namespace boost::asio {
class io_context;
}

namespace postern::net {

class Loop final : public Executor {
 public:
  Loop();
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void post(Work work) override;
  // Any thread: runs `work` on this loop once `when` has come. For housekeeping; connections have
  // deadlines of their own.
  void post_at(TimePoint when, Work work);

  // Runs until stop(). An exception that leaves posted work is logged and the loop goes on.
  void run();
  // Any thread. What is posted after it may never run.
  void stop();

  [[nodiscard]] boost::asio::io_context& context();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class LoopGroup {
 public:
  // Starts `loops` threads (at least one).
  explicit LoopGroup(std::size_t loops);
  ~LoopGroup();  // stop()
  LoopGroup(const LoopGroup&) = delete;
  LoopGroup& operator=(const LoopGroup&) = delete;

  [[nodiscard]] std::size_t size() const { return loops_.size(); }
  [[nodiscard]] Loop& at(std::size_t index) { return *loops_[index]; }
  // Any thread: the loops in turn.
  [[nodiscard]] Loop& next();
  // Stops the loops and joins their threads. Not from a loop. Coroutines that still wait then never
  // run again and are not freed: end them first.
  void stop();

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> turn_{0};
};

// Suspends the calling coroutine, which runs on a Loop, until `when`.
[[nodiscard]] task<void> sleep_until(TimePoint when);

}  // namespace postern::net
