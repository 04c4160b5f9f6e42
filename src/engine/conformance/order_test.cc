// Many threads: FIFO per account, visibility after `done`, one moment per scan, fencing under load.
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "engine/conformance/harness.h"

namespace postern::engine {
namespace {

using OrderTest = ConformanceTest;

constexpr AccountId kAccount{3};

// Counts down from any thread.
class Latch {
 public:
  explicit Latch(std::size_t count) : left_(count) {}
  void arrive() {
    const std::lock_guard lock(mutex_);
    if (--left_ == 0) zero_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    zero_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  std::size_t left_;
};

TEST_P(OrderTest, DonesRunInTheOrderOfCommitsOfEachAccount) {
  constexpr std::size_t kThreads = 8;
  constexpr int kCommits = 150;
  std::vector<Epoch> epochs;
  for (std::size_t t = 0; t < kThreads; ++t) epochs.push_back(acquire(AccountId{t}));
  std::vector<std::vector<int>> order(
      kThreads);  // each written by the engine only, read after the latch
  Latch latch(kThreads * kCommits);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCommits; ++i) {
        Batch batch = puts({{"last", std::to_string(i)}, {"k" + std::to_string(1000 + i), "v"}});
        engine_->commit(AccountId{t}, epochs[t], std::move(batch), Engine::Urgency::kNormal,
                        [&, t, i](const Result<void>& result) {
                          order[t].push_back(result.has_value() ? i : -1);
                          latch.arrive();
                        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  latch.wait();
  std::vector<int> expected;
  for (int i = 0; i < kCommits; ++i) expected.push_back(i);
  for (std::size_t t = 0; t < kThreads; ++t) {
    EXPECT_EQ(order[t], expected) << "account " << t;
    EXPECT_EQ(get(AccountId{t}, "last"), std::to_string(kCommits - 1));
    EXPECT_EQ(scan(AccountId{t}, "k", "l").size(), static_cast<std::size_t>(kCommits));
  }
}

// Each commit writes one number under two far-apart keys and its square root's worth of others: a
// scan that saw half a batch would see two numbers. And what was done before the scan began must be
// in it.
TEST_P(OrderTest, AScanSeesWholeBatchesAndEverythingDone) {
  constexpr int kCommits = 400;
  const Epoch epoch = acquire(kAccount);
  put(kAccount, epoch, puts({{"a", "0"}, {"m", "0"}, {"z", "0"}}));
  std::atomic<int> done{0};
  std::thread writer([&] {
    ManualExecutor executor;
    for (int i = 1; i <= kCommits; ++i) {
      const std::string number = std::to_string(i);
      const Result<void> result =
          run_blocking(executor, commit_task(*engine_, kAccount, epoch,
                                             puts({{"z", number}, {"m", number}, {"a", number}}),
                                             Engine::Urgency::kNormal));
      if (!result.has_value()) break;
      done = i;
    }
  });
  std::vector<std::thread> readers;
  std::atomic<int> failures{0};
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&, r] {
      ManualExecutor executor;
      for (int seen = 0; seen < kCommits && failures == 0;) {
        const int floor = done;
        std::vector<std::string> values;
        if (r == 0) {
          const auto got = run_blocking(executor, engine_->get(kAccount, {"z", "a", "m"}));
          for (const auto& value : *got) values.push_back(*value);
        } else {
          const auto items = run_blocking(executor, engine_->scan(kAccount, "", "", 0));
          for (const Item& item : *items) values.push_back(item.value);
        }
        if (values.size() != 3 || values[0] != values[1] || values[1] != values[2]) ++failures;
        seen = std::stoi(values[0]);
        if (seen < floor) ++failures;
      }
    });
  }
  writer.join();
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(done, kCommits);
}

TEST_P(OrderTest, ADoneMayCommitAgain) {
  const Epoch epoch = acquire(kAccount);
  Latch latch(20);
  struct Chain {
    Engine& engine;
    Epoch epoch;
    Latch& latch;
    void step(int i) {
      engine.commit(kAccount, epoch, puts({{"k" + std::to_string(i), ""}}),
                    Engine::Urgency::kNormal, [this, i](const Result<void>&) {
                      if (i < 20) step(i + 1);
                      latch.arrive();
                    });
    }
  } chain{*engine_, epoch, latch};
  chain.step(1);
  latch.wait();
  EXPECT_EQ(scan(kAccount).size(), 20u);
}

// The new owner reads its state after acquire(): nothing of the old owner may come after that.
TEST_P(OrderTest, AcquireFencesWhatIsQueued) {
  for (int round = 0; round < 20; ++round) {
    const Epoch old = acquire(kAccount);
    Latch latch(50);
    std::atomic<int> accepted{0};
    std::thread other([&] {
      for (int i = 0; i < 50; ++i) {
        engine_->commit(kAccount, old,
                        puts({{"r" + std::to_string(round) + "." + std::to_string(i), ""}}),
                        Engine::Urgency::kNormal, [&](const Result<void>& result) {
                          if (result.has_value()) ++accepted;
                          latch.arrive();
                        });
      }
    });
    acquire(kAccount);
    const std::string prefix = "r" + std::to_string(round) + ".";
    const std::size_t seen = scan(kAccount, prefix, prefix_end(prefix)).size();
    other.join();
    latch.wait();
    EXPECT_EQ(scan(kAccount, prefix, prefix_end(prefix)).size(), seen);
    EXPECT_EQ(static_cast<std::size_t>(accepted.load()), seen);
  }
}

TEST_P(OrderTest, BlobsFromManyThreads) {
  constexpr std::size_t kThreads = 6;
  constexpr std::uint64_t kBlobs = 25;
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      ManualExecutor executor;
      const AccountId account{t};
      const auto epoch = run_blocking(executor, engine_->acquire(account));
      std::mt19937_64 random(t);
      for (std::uint64_t i = 0; i < kBlobs; ++i) {
        const std::size_t size = i % 10 == 9 ? GetParam().blob_threshold + 100 : random() % 20'000;
        const std::string bytes = pattern_bytes(size, t * 1000 + i);
        auto writer = engine_->create_blob(account, blob_id(i), size);
        if (!run_blocking(executor, (*writer)->append(bytes)).has_value()) ++failures;
        if (!run_blocking(executor, (*writer)->finish()).has_value()) ++failures;
        Batch batch = puts({{std::to_string(i), ""}});
        batch.blobs.push_back(std::move(*writer));
        if (!run_blocking(executor, commit_task(*engine_, account, *epoch, std::move(batch),
                                                Engine::Urgency::kNormal))
                 .has_value()) {
          ++failures;
        }
        if (run_blocking(executor, engine_->read_blob(account, blob_id(i), 0, SIZE_MAX)) != bytes)
          ++failures;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
}

POSTERN_CONFORMANCE(OrderTest);

}  // namespace
}  // namespace postern::engine
