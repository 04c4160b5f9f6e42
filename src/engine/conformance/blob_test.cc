// Blobs: visible with the commit that adopts them and not before, ranges, drops, reopening.
#include "engine/conformance/harness.h"

namespace postern::engine {
namespace {

constexpr AccountId kAnna{7};
constexpr AccountId kBert{8};

class BlobTest : public ConformanceTest {
 protected:
  void SetUp() override {
    ConformanceTest::SetUp();
    epoch_ = acquire(kAnna);
  }
  void adopt(std::unique_ptr<BlobWriter> writer) {
    Batch batch;
    batch.blobs.push_back(std::move(writer));
    put(kAnna, epoch_, std::move(batch));
  }
  void drop(std::vector<BlobId> ids) {
    Batch batch;
    batch.drops = std::move(ids);
    put(kAnna, epoch_, std::move(batch));
  }
  void expect_absent(const BlobId& id) {
    const auto absent = read(kAnna, id);
    ASSERT_FALSE(absent.has_value());
    EXPECT_EQ(absent.error().code, Errc::kNotFound);
  }
  Epoch epoch_;
};

TEST_P(BlobTest, SizesAroundEveryBoundComeBackWhole) {
  const std::size_t bound = GetParam().blob_threshold;
  const std::vector<std::size_t> sizes = {0,      1,         15,    16,        17,
                                          47,     48,        49,    4095,      4096,
                                          65'536, bound - 1, bound, bound + 1, 2 * bound + 17,
                                          5 << 20};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    adopt(blob(kAnna, blob_id(i), pattern_bytes(sizes[i], i)));
  }
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const auto bytes = read(kAnna, blob_id(i));
      ASSERT_TRUE(bytes.has_value()) << sizes[i] << ": " << bytes.error().detail;
      EXPECT_TRUE(*bytes == pattern_bytes(sizes[i], i)) << sizes[i];
    }
    if (!GetParam().persistent) break;
    reopen();
  }
}

TEST_P(BlobTest, RangesAreExact) {
  for (const std::size_t size : {std::size_t{1000}, GetParam().blob_threshold * 3}) {
    const BlobId id = blob_id(size);
    const std::string bytes = pattern_bytes(size, 3);
    adopt(blob(kAnna, id, bytes));
    for (const std::size_t offset :
         {std::size_t{0}, std::size_t{1}, size / 2, size - 1, size, size + 1, SIZE_MAX}) {
      for (const std::size_t length :
           {std::size_t{0}, std::size_t{1}, std::size_t{100}, size, SIZE_MAX}) {
        const auto part = read(kAnna, id, offset, length);
        ASSERT_TRUE(part.has_value()) << part.error().detail;
        EXPECT_TRUE(*part == (offset >= size ? "" : bytes.substr(offset, length)))
            << size << ' ' << offset << ' ' << length;
      }
    }
  }
}

TEST_P(BlobTest, IsNotThereBeforeItsCommit) {
  for (const std::size_t size : {std::size_t{10}, GetParam().blob_threshold * 2}) {
    const BlobId id = blob_id(size);
    auto writer = blob(kAnna, id, pattern_bytes(size, 1));
    expect_absent(id);
    adopt(std::move(writer));
    EXPECT_EQ(read(kAnna, id)->size(), size);
  }
}

TEST_P(BlobTest, BelongsToItsAccount) {
  adopt(blob(kAnna, blob_id(1), "anna's"));
  const auto other = read(kBert, blob_id(1));
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, Errc::kNotFound);

  Batch batch;
  batch.blobs.push_back(blob(kBert, blob_id(2), "bert's"));
  batch.puts = {{"k", "v"}};
  const auto refused = commit(kAnna, epoch_, std::move(batch));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::kInvalid);
  EXPECT_EQ(get(kAnna, "k"), std::nullopt);
}

TEST_P(BlobTest, WithoutFinishTheBatchIsRefused) {
  auto writer = engine_->create_blob(kAnna, blob_id(1), 4);
  ASSERT_TRUE(writer.has_value());
  EXPECT_TRUE(wait((*writer)->append("half")).has_value());
  Batch batch;
  batch.puts = {{"k", "v"}};
  batch.blobs.push_back(std::move(*writer));
  const auto refused = commit(kAnna, epoch_, std::move(batch));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::kInvalid);
  EXPECT_EQ(get(kAnna, "k"), std::nullopt);
  expect_absent(blob_id(1));
}

TEST_P(BlobTest, NothingIsAppendedAfterFinish) {
  auto writer = blob(kAnna, blob_id(1), "x");
  EXPECT_EQ(wait(writer->append("y")).error().code, Errc::kInvalid);
  EXPECT_EQ(wait(writer->finish()).error().code, Errc::kInvalid);
}

TEST_P(BlobTest, ARefusedCommitTakesItsBlobsWithIt) {
  const Epoch old = epoch_;
  epoch_ = acquire(kAnna);
  for (const std::size_t size : {std::size_t{10}, GetParam().blob_threshold * 2}) {
    Batch batch;
    batch.blobs.push_back(blob(kAnna, blob_id(size), pattern_bytes(size, 1)));
    EXPECT_EQ(commit(kAnna, old, std::move(batch)).error().code, Errc::kNotOwner);
    expect_absent(blob_id(size));
  }
}

TEST_P(BlobTest, AWriterGivenUpLeavesNothing) {
  for (const std::size_t size : {std::size_t{10}, GetParam().blob_threshold * 2}) {
    auto writer = engine_->create_blob(kAnna, blob_id(size), 0);
    ASSERT_TRUE(writer.has_value());
    EXPECT_TRUE(wait((*writer)->append(pattern_bytes(size, 1))).has_value());
    writer->reset();
    expect_absent(blob_id(size));
  }
  if (!GetParam().persistent) return;
  reopen();
  expect_absent(blob_id(10));
  expect_absent(blob_id(GetParam().blob_threshold * 2));
}

TEST_P(BlobTest, DropsAreIdempotent) {
  const std::size_t big = GetParam().blob_threshold * 2;
  adopt(blob(kAnna, blob_id(1), "one"));
  adopt(blob(kAnna, blob_id(2), pattern_bytes(big, 2)));
  adopt(blob(kAnna, blob_id(3), "three"));
  drop({blob_id(1), blob_id(2), blob_id(1)});
  expect_absent(blob_id(1));
  expect_absent(blob_id(2));
  drop({blob_id(1), blob_id(2), blob_id(99)});
  EXPECT_EQ(read(kAnna, blob_id(3)), "three");
  if (!GetParam().persistent) return;
  reopen();
  epoch_ = acquire(kAnna);
  expect_absent(blob_id(1));
  expect_absent(blob_id(2));
  drop({blob_id(1), blob_id(2)});
  EXPECT_EQ(read(kAnna, blob_id(3)), "three");
}

TEST_P(BlobTest, DropsOfAnotherAccountDoNothing) {
  adopt(blob(kAnna, blob_id(1), "anna's"));
  Batch batch;
  batch.drops = {blob_id(1)};
  put(kBert, acquire(kBert), std::move(batch));
  EXPECT_EQ(read(kAnna, blob_id(1)), "anna's");
}

TEST_P(BlobTest, AdoptedAndDroppedInOneBatchIsGone) {
  Batch batch;
  batch.blobs.push_back(blob(kAnna, blob_id(1), "short life"));
  batch.blobs.push_back(blob(kAnna, blob_id(2), "stays"));
  batch.drops = {blob_id(1)};
  put(kAnna, epoch_, std::move(batch));
  expect_absent(blob_id(1));
  EXPECT_EQ(read(kAnna, blob_id(2)), "stays");
}

// Queued without waiting, so that adoption and drop may share a flush.
TEST_P(BlobTest, AdoptedThenDroppedWithoutWaiting) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    Batch adopted;
    adopted.blobs.push_back(blob(kAnna, blob_id(i), "x" + std::to_string(i)));
    Batch dropped;
    dropped.drops = {blob_id(i)};
    engine_->commit(kAnna, epoch_, std::move(adopted), Engine::Urgency::kNormal,
                    [](const Result<void>&) {});
    if (i % 2 == 0) {
      engine_->commit(kAnna, epoch_, std::move(dropped), Engine::Urgency::kNormal,
                      [](const Result<void>&) {});
    }
  }
  put(kAnna, epoch_, {});
  for (std::uint64_t i = 0; i < 50; ++i) {
    if (i % 2 == 0) {
      expect_absent(blob_id(i));
    } else {
      EXPECT_EQ(read(kAnna, blob_id(i)), "x" + std::to_string(i));
    }
  }
}

POSTERN_CONFORMANCE(BlobTest);

}  // namespace
}  // namespace postern::engine
