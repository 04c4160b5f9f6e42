#include "base/executor.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "base/result.h"
#include "base/signal.h"

namespace postern {
namespace {

task<long> add(long a, long b) {
  co_return a + b;
}

task<long> sum_to(long n) {
  long total = 0;
  for (long i = 1; i <= n; ++i) total = co_await add(total, i);
  co_return total;
}

task<Result<int>> failing() {
  POSTERN_CO_TRY(const int value, Result<int>(fail(Errc::kFull, "no room")));
  co_return value;
}

task<int> throwing() {
  throw std::runtime_error("third party");
  co_return 0;
}

TEST(Task, RunsChildrenByValueWithoutGrowingTheStack) {
  ManualExecutor executor;
  EXPECT_EQ(run_blocking(executor, sum_to(100'000)), 5'000'050'000L);
}

TEST(Task, PassesErrorsAndExceptions) {
  ManualExecutor executor;
  const Result<int> result = run_blocking(executor, failing());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, Errc::kFull);
  EXPECT_THROW(run_blocking(executor, throwing()), std::runtime_error);
}

TEST(ThreadPool, ResumesOnTheAwaitingExecutor) {
  ThreadPool pool(2);
  ManualExecutor executor;
  auto body = [](ThreadPool& p) -> task<bool> {
    const std::thread::id here = std::this_thread::get_id();
    const std::thread::id there = co_await p.run([] { return std::this_thread::get_id(); });
    co_return there != here&& here == std::this_thread::get_id();
  };
  EXPECT_TRUE(run_blocking(executor, body(pool)));
}

TEST(OneShot, SetBeforeAndAfterTheWait) {
  ManualExecutor executor;
  auto await_value = [](OneShot<int> shot) -> task<int> { co_return co_await shot.wait(); };
  const OneShot<int> early;
  early.set(7);
  early.set(8);  // ignored
  EXPECT_EQ(run_blocking(executor, await_value(early)), 7);

  const OneShot<int> late;
  int seen = 0;
  auto store = [](OneShot<int> shot, int& out) -> task<void> { out = co_await shot.wait(); };
  spawn(executor, store(late, seen), [](std::exception_ptr) {});
  executor.run_ready();
  EXPECT_EQ(seen, 0);
  std::thread setter([&] { late.set(9); });
  setter.join();
  executor.run_ready();
  EXPECT_EQ(seen, 9);
}

TEST(Signal, CoalescesAndIsNotLost) {
  Signal signal;
  signal.notify();
  signal.notify();
  int woken = 0;
  EXPECT_FALSE(signal.arm([&] { ++woken; }));
  EXPECT_TRUE(signal.take());
  EXPECT_FALSE(signal.take());
  EXPECT_TRUE(signal.arm([&] { ++woken; }));
  signal.notify();
  signal.notify();
  EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace postern
