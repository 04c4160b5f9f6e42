// What the memory engine has beyond the contract: the fault hooks.
#include "engine/memory/memory_engine.h"

#include <gtest/gtest.h>

#include "base/executor.h"

namespace postern::engine {
namespace {

constexpr AccountId kAnna{1};

class MemoryEngineTest : public testing::Test {
 protected:
  void SetUp() override {
    engine_ = MemoryEngine::create(MemoryEngine::Delivery::kInline);
    epoch_ = *run_blocking(executor_, engine_->acquire(kAnna));
  }
  // The result, or nothing while the commit waits.
  std::shared_ptr<std::optional<Result<void>>> commit(
      std::string key, Engine::Urgency urgency = Engine::Urgency::kNormal) {
    Batch batch;
    batch.puts.emplace_back(std::move(key), "v");
    auto result = std::make_shared<std::optional<Result<void>>>();
    engine_->commit(kAnna, epoch_, std::move(batch), urgency,
                    [result](Result<void> value) { result->emplace(std::move(value)); });
    return result;
  }
  std::size_t keys() { return run_blocking(executor_, engine_->scan(kAnna, "", "", 0))->size(); }

  ManualExecutor executor_;
  std::unique_ptr<MemoryEngine> engine_;
  Epoch epoch_;
};

TEST_F(MemoryEngineTest, AnInjectedFailureHitsOneCommit) {
  engine_->fail_next_commit(Errc::kUnavailable);
  EXPECT_EQ((*commit("a"))->error().code, Errc::kUnavailable);
  EXPECT_EQ(keys(), 0u);
  EXPECT_TRUE((*commit("b"))->has_value());
  EXPECT_EQ(keys(), 1u);
}

TEST_F(MemoryEngineTest, AnUnknownOutcomeMayHaveHappened) {
  engine_->fail_next_commit(Errc::kUnknownOutcome, MemoryEngine::Effect::kApplied);
  engine_->fail_next_commit(Errc::kUnknownOutcome, MemoryEngine::Effect::kNone);
  EXPECT_EQ((*commit("a"))->error().code, Errc::kUnknownOutcome);
  EXPECT_EQ((*commit("b"))->error().code, Errc::kUnknownOutcome);
  EXPECT_EQ(keys(), 1u);
}

TEST_F(MemoryEngineTest, HeldCommitsWaitAndKeepTheirOrder) {
  engine_->hold_commits();
  const auto first = commit("a");
  const auto second = commit("b");
  EXPECT_FALSE(first->has_value());
  EXPECT_EQ(engine_->queued_commits(), 2u);
  EXPECT_EQ(keys(), 0u);
  engine_->fail_next_commit(Errc::kUnavailable);
  engine_->release_commits();
  EXPECT_FALSE((*first)->has_value());
  EXPECT_TRUE((*second)->has_value());
  EXPECT_EQ(keys(), 1u);
}

TEST_F(MemoryEngineTest, StopLetsHeldCommitsFinish) {
  engine_->hold_commits();
  const auto held = commit("a");
  engine_->stop();
  EXPECT_TRUE((*held)->has_value());
  EXPECT_EQ(keys(), 1u);
}

TEST_F(MemoryEngineTest, WithoutSpaceOnlyTheReserveCommits) {
  engine_->set_free_bytes(0);
  EXPECT_FALSE(engine_->space().accepting);
  EXPECT_EQ((*commit("a"))->error().code, Errc::kFull);
  EXPECT_TRUE((*commit("b", Engine::Urgency::kMayUseReserve))->has_value());
  EXPECT_EQ(engine_->create_blob(kAnna, BlobId{}, 1).error().code, Errc::kFull);
  engine_->set_free_bytes(100);
  EXPECT_TRUE((*commit("a"))->has_value());
  EXPECT_EQ(engine_->create_blob(kAnna, BlobId{}, 101).error().code, Errc::kFull);
  EXPECT_TRUE(engine_->create_blob(kAnna, BlobId{}, 100).has_value());
}

TEST_F(MemoryEngineTest, AnInjectedReadFailureHitsOneRead) {
  engine_->fail_next_read(Errc::kIo);
  EXPECT_EQ(run_blocking(executor_, engine_->get(kAnna, {"a"})).error().code, Errc::kIo);
  EXPECT_TRUE(run_blocking(executor_, engine_->get(kAnna, {"a"})).has_value());
  engine_->fail_next_read(Errc::kCorrupt);
  EXPECT_EQ(run_blocking(executor_, engine_->read_blob(kAnna, BlobId{}, 0, 1)).error().code,
            Errc::kCorrupt);
}

}  // namespace
}  // namespace postern::engine
