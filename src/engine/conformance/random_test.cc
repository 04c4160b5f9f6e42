// Random operations on an engine and on the memory engine; after each, both must answer alike.
// POSTERN_SEED replays a printed seed.
#include <cstdlib>
#include <random>

#include "engine/conformance/harness.h"
#include "engine/memory/memory_engine.h"

namespace postern::engine {
namespace {

constexpr AccountId kAccounts[] = {AccountId{1}, AccountId{2}, AccountId{3}};

class RandomTest : public ConformanceTest {
 protected:
  void run(std::uint64_t seed, int steps) {
    SCOPED_TRACE("replay with POSTERN_SEED=" + std::to_string(seed));
    random_.seed(seed);
    oracle_ = MemoryEngine::create(MemoryEngine::Delivery::kInline);
    for (const AccountId id : kAccounts) take(id);
    for (int i = 0; i < steps && !HasFailure(); ++i) step();
    for (const AccountId id : kAccounts) compare_all(id);
  }

 private:
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  AccountId any_account() { return kAccounts[below(std::size(kAccounts))]; }
  std::string any_key() {
    std::string key;
    for (std::size_t i = below(4); i > 0; --i)
      key +=
          "\x00"
          "aM\xff"[below(4)];
    return key;
  }

  void take(AccountId account) {
    epochs_[account] = {acquire(account), must(oracle_->acquire(account))};
  }

  void step() {
    switch (below(20)) {
      case 0:
        take(any_account());
        break;
      case 1:
        if (GetParam().persistent && below(3) == 0) {
          reopen();
          for (const AccountId id : kAccounts) take(id);
        }
        break;
      case 2:
        compare_all(any_account());
        break;
      case 3:
      case 4:
      case 5:
        compare_reads(any_account());
        break;
      default:
        commit_both(any_account());
        break;
    }
  }

  void commit_both(AccountId account) {
    Batch real;
    for (std::size_t i = below(6); i > 0; --i)
      real.puts.emplace_back(any_key(), pattern_bytes(below(300), random_()));
    for (std::size_t i = below(3); i > 0; --i) real.deletes.push_back(any_key());
    if (below(4) == 0) real.delete_ranges.emplace_back(any_key(), any_key());
    Batch model{.puts = real.puts,
                .deletes = real.deletes,
                .delete_ranges = real.delete_ranges,
                .blobs = {},
                .drops = {}};
    if (below(2) == 0) {
      const BlobId id = blob_id(++blobs_made_);
      const std::size_t size =
          below(12) == 0 ? GetParam().blob_threshold + below(5000) : below(3000);
      const std::string bytes = pattern_bytes(size, blobs_made_);
      real.blobs.push_back(blob(account, id, bytes));
      auto writer = oracle_->create_blob(account, id, size);
      must(void_to_bool((*writer)->append(bytes)));
      must(void_to_bool((*writer)->finish()));
      model.blobs.push_back(std::move(*writer));
    }
    for (std::size_t i = below(3); i > 0; --i)
      real.drops.push_back(blob_id(1 + below(blobs_made_ + 1)));
    model.drops = real.drops;
    const auto [epoch, model_epoch] = epochs_[account];
    const bool stale = below(25) == 0;
    const auto older = [stale](Epoch e) { return stale ? Epoch{e.value() - 1} : e; };
    const auto got = commit(account, older(epoch), std::move(real));
    const auto wanted = wait(commit_task(*oracle_, account, older(model_epoch), std::move(model),
                                         Engine::Urgency::kNormal));
    ASSERT_EQ(got.has_value(), wanted.has_value());
    if (!wanted.has_value()) {
      ASSERT_EQ(got.error().code, wanted.error().code);
    }
  }

  static task<Result<bool>> void_to_bool(task<Result<void>> inner) {
    POSTERN_CO_CHECK_OK(co_await std::move(inner));
    co_return true;
  }

  void compare_reads(AccountId account) {
    const std::string first = any_key();
    const std::string last = any_key();
    const std::size_t limit = below(5);
    ASSERT_EQ(scan(account, first, last, limit), must(oracle_->scan(account, first, last, limit)));
    const std::vector<std::string> keys = {any_key(), any_key()};
    ASSERT_EQ(must(engine_->get(account, keys)), must(oracle_->get(account, keys)));
    const BlobId id = blob_id(1 + below(blobs_made_ + 1));
    const std::uint64_t offset = below(2000);
    const std::size_t length = below(2000);
    compare_blob(account, id, offset, length);
  }

  void compare_blob(AccountId account, const BlobId& id, std::uint64_t offset, std::size_t length) {
    const auto got = read(account, id, offset, length);
    const auto wanted = wait(oracle_->read_blob(account, id, offset, length));
    ASSERT_EQ(got.has_value(), wanted.has_value()) << (got ? "" : got.error().detail);
    if (wanted) {
      ASSERT_TRUE(*got == *wanted);
    } else {
      ASSERT_EQ(got.error().code, wanted.error().code);
    }
  }

  void compare_all(AccountId account) {
    ASSERT_EQ(scan(account), must(oracle_->scan(account, "", "", 0)));
    ASSERT_EQ(must(engine_->list_accounts()), must(oracle_->list_accounts()));
    for (std::uint64_t i = 1; i <= blobs_made_; ++i) compare_blob(account, blob_id(i), 0, SIZE_MAX);
  }

  std::mt19937_64 random_;
  std::unique_ptr<MemoryEngine> oracle_;
  std::map<AccountId, std::pair<Epoch, Epoch>> epochs_;  // the engine's, the oracle's
  std::uint64_t blobs_made_ = 0;
};

TEST_P(RandomTest, AnswersLikeTheModel) {
  if (const char* replay = std::getenv("POSTERN_SEED")) {
    run(std::strtoull(replay, nullptr, 10), 600);
    return;
  }
  run(1, 600);
}

TEST_P(RandomTest, AnswersLikeTheModelWithAFreshSeed) {
  const std::uint64_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  run(seed, 600);
}

POSTERN_CONFORMANCE(RandomTest);

}  // namespace
}  // namespace postern::engine
