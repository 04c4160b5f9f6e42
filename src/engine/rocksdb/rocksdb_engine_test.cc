// What the RocksDB engine has beyond the contract: faults, full disks, damage, files left behind.
#include "engine/rocksdb/rocksdb_engine.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>

#include "base/log.h"
#include "engine/conformance/harness.h"
#include "engine/rocksdb/blob_writer.h"
#include "engine/rocksdb/database.h"
#include "engine/rocksdb/files.h"
#include "engine/rocksdb/format.h"

namespace postern::engine {

// The harness is used with one backend of our own here; the suite itself runs in
// conformance_test.cc.
namespace {

constexpr AccountId kAnna{7};
constexpr std::uint64_t kMiB = 1 << 20;

class RocksdbEngineTest : public ConformanceTest {
 protected:
  void SetUp() override {
    set_log_sink([this](LogLevel level, std::string_view line) {
      if (level == LogLevel::kError) errors_ += std::string(line) + "\n";
    });
    ConformanceTest::SetUp();
    epoch_ = acquire(kAnna);
  }
  void TearDown() override {
    engine_.reset();
    set_log_sink(nullptr);
    EXPECT_EQ(errors_.empty(), !errors_expected_) << errors_;
  }
  void restart() {
    reopen();
    epoch_ = acquire(kAnna);
  }
  RocksdbOptions options() {
    return {
        .data_dir = dir(),
        .min_free = 100 * kMiB,
        .reserve = kMiB,
        .segment_bytes = 64 << 10,
        .free_bytes = free_hook_,
        .faults = [this](FaultPoint point) { return point == fault_ ? error_.exchange(0) : 0; }};
  }
  std::filesystem::path dir() const { return directory_.path() / "data"; }
  std::vector<std::string> segments() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir() / "body")) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }
  Result<void> adopt(std::uint64_t number, std::size_t size) {
    Batch batch;
    batch.puts.emplace_back("blob" + std::to_string(number), "");
    batch.blobs.push_back(blob(kAnna, blob_id(number), pattern_bytes(size, number)));
    return commit(kAnna, epoch_, std::move(batch));
  }
  static Batch deletes(std::vector<std::string> keys) {
    Batch batch;
    batch.deletes = std::move(keys);
    return batch;
  }
  Result<void> drop(std::vector<BlobId> ids) {
    Batch batch;
    batch.drops = std::move(ids);
    return commit(kAnna, epoch_, std::move(batch), Engine::Urgency::kMayUseReserve);
  }
  void expect_blob(std::uint64_t number, std::size_t size) {
    const auto bytes = read(kAnna, blob_id(number));
    ASSERT_TRUE(bytes.has_value()) << number << ": " << bytes.error().detail;
    EXPECT_TRUE(*bytes == pattern_bytes(size, number)) << number;
  }
  void break_next(FaultPoint point, int error) {
    error_ = error;
    fault_ = point;
    errors_expected_ = true;
  }
  static Errc code(const Result<void>& result) {
    EXPECT_FALSE(result.has_value());
    return result.has_value() ? Errc::kInternal : result.error().code;
  }
  // Overwrites bytes of the one segment file that holds `number`.
  void damage(const std::string& name, std::uint64_t offset, std::string_view bytes) {
    const auto file = open_file(dir() / "body" / name, O_RDWR);
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(write_all(*file, bytes, offset, name).has_value());
  }

  Epoch epoch_;
  std::function<std::uint64_t()> free_hook_;
  std::atomic<FaultPoint> fault_{};
  std::atomic<int> error_{0};
  std::string errors_;
  bool errors_expected_ = false;
};

// gtest wants the parameter of a TEST_P suite: the engine opened with this test's own options.
class FaultTest : public RocksdbEngineTest {
 public:
  FaultTest() { current_ = this; }
  static Result<std::unique_ptr<Engine>> open_current(const std::filesystem::path&) {
    return create_rocksdb_engine(current_->options());
  }

 private:
  static inline FaultTest* current_ = nullptr;
};

TEST_P(FaultTest, AFailedMetadataWriteStopsTheEngineForGood) {
  put(kAnna, epoch_, puts({{"before", "1"}}));
  ASSERT_TRUE(adopt(1, 100).has_value());
  break_next(FaultPoint::kMetaWrite, EIO);
  EXPECT_EQ(code(commit(kAnna, epoch_, puts({{"lost", "1"}}))), Errc::kUnknownOutcome);
  EXPECT_EQ(code(commit(kAnna, epoch_, puts({{"later", "1"}}))), Errc::kUnavailable);
  EXPECT_EQ(code(commit(kAnna, epoch_, {}, Engine::Urgency::kMayUseReserve)), Errc::kUnavailable);
  EXPECT_EQ(wait(engine_->acquire(kAnna)).error().code, Errc::kUnavailable);
  EXPECT_EQ(engine_->create_blob(kAnna, blob_id(2), 1).error().code, Errc::kUnavailable);
  EXPECT_FALSE(engine_->space().accepting);
  EXPECT_EQ(get(kAnna, "before"), "1");
  expect_blob(1, 100);
  restart();
  EXPECT_EQ(get(kAnna, "before"), "1");
  EXPECT_EQ(get(kAnna, "later"), std::nullopt);
  expect_blob(1, 100);
  put(kAnna, epoch_, puts({{"after", "1"}}));
}

TEST_P(FaultTest, AFailedBodyFlushStopsTheEngineAndNothingHappened) {
  break_next(FaultPoint::kSegmentSync, EIO);
  EXPECT_EQ(code(adopt(1, 100)), Errc::kUnavailable);
  EXPECT_EQ(code(commit(kAnna, epoch_, puts({{"later", "1"}}))), Errc::kUnavailable);
  EXPECT_FALSE(engine_->space().accepting);
  EXPECT_TRUE(scan(kAnna).empty());
  restart();
  EXPECT_TRUE(scan(kAnna).empty());
  EXPECT_EQ(read(kAnna, blob_id(1)).error().code, Errc::kNotFound);
  EXPECT_TRUE(segments().empty());
  ASSERT_TRUE(adopt(1, 100).has_value());
}

TEST_P(FaultTest, NoSpaceForABodyIsNoFailure) {
  ASSERT_TRUE(adopt(1, 100).has_value());
  error_ = ENOSPC;
  fault_ = FaultPoint::kSegmentWrite;
  EXPECT_EQ(code(adopt(2, 100)), Errc::kFull);
  EXPECT_EQ(read(kAnna, blob_id(2)).error().code, Errc::kNotFound);
  ASSERT_TRUE(adopt(3, 100).has_value());
  restart();
  expect_blob(1, 100);
  expect_blob(3, 100);
  EXPECT_EQ(get(kAnna, "blob2"), std::nullopt);
}

TEST_P(FaultTest, ALargeBlobOfAnUnknownOutcomeIsJudgedAtTheNextStart) {
  break_next(FaultPoint::kMetaWrite, EIO);
  EXPECT_EQ(code(adopt(1, 2 * kBufferedBlob)), Errc::kUnknownOutcome);
  EXPECT_EQ(segments().size(), 1u);
  restart();
  EXPECT_TRUE(segments().empty());
}

TEST_P(FaultTest, BelowMinFreeOnlyTheReserveCommits) {
  std::atomic<std::uint64_t> free = 500 * kMiB;
  free_hook_ = [&free] { return free.load(); };
  restart();
  EXPECT_TRUE(std::filesystem::exists(dir() / "RESERVE"));
  EXPECT_EQ(engine_->space().free_bytes, 400 * kMiB);
  EXPECT_EQ(engine_->create_blob(kAnna, blob_id(1), 400 * kMiB + 1).error().code, Errc::kFull);
  put(kAnna, epoch_, puts({{"a", "1"}}));

  free = 99 * kMiB;
  EXPECT_FALSE(engine_->space().accepting);
  EXPECT_EQ(engine_->space().free_bytes, 0u);
  EXPECT_EQ(engine_->create_blob(kAnna, blob_id(1), 0).error().code, Errc::kFull);
  EXPECT_EQ(code(commit(kAnna, epoch_, puts({{"b", "1"}}))), Errc::kFull);
  EXPECT_TRUE(
      commit(kAnna, epoch_, puts({{"c", "1"}}), Engine::Urgency::kMayUseReserve).has_value());
  EXPECT_TRUE(std::filesystem::exists(dir() / "RESERVE"));
  EXPECT_EQ(scan(kAnna).size(), 2u);

  free = 500 * kMiB;
  put(kAnna, epoch_, puts({{"b", "1"}}));
  free_hook_ = nullptr;
  restart();
}

TEST_P(FaultTest, TheReserveIsGivenUpWhenSpaceIsGoneAndMadeAgain) {
  std::atomic<std::uint64_t> free = 500 * kMiB;
  // The reserve is worth 16 MiB to this disk.
  free_hook_ = [&] { return free + (std::filesystem::exists(dir() / "RESERVE") ? 0 : 16 * kMiB); };
  restart();
  ASSERT_TRUE(std::filesystem::exists(dir() / "RESERVE"));
  free = kMiB;
  errors_expected_ = true;
  EXPECT_TRUE(
      commit(kAnna, epoch_, puts({{"c", "1"}}), Engine::Urgency::kMayUseReserve).has_value());
  EXPECT_FALSE(std::filesystem::exists(dir() / "RESERVE"));
  EXPECT_NE(errors_.find("disk_full"), std::string::npos);
  free_hook_ = [&] { return free.load(); };
  restart();
  // Not even the reserve is left. What is urgent goes on, down to the last bytes: an EXPUNGE is
  // such a commit, and makes room only later.
  EXPECT_TRUE(
      commit(kAnna, epoch_, puts({{"c", "2"}}), Engine::Urgency::kMayUseReserve).has_value());
  EXPECT_EQ(code(commit(kAnna, epoch_, puts({{"d", "1"}}))), Errc::kFull);
  free = 400 << 10;
  EXPECT_EQ(code(commit(kAnna, epoch_, puts({{"d", "1"}}), Engine::Urgency::kMayUseReserve)),
            Errc::kFull);
  EXPECT_TRUE(commit(kAnna, epoch_, deletes({"none"}), Engine::Urgency::kMayUseReserve).has_value())
      << "what frees space";
  free = 100 << 10;  // nothing happens, and nothing is broken
  EXPECT_EQ(code(commit(kAnna, epoch_, deletes({"c"}), Engine::Urgency::kMayUseReserve)),
            Errc::kFull);
  EXPECT_EQ(get(kAnna, "c"), "2");
  EXPECT_TRUE(commit(kAnna, epoch_, {}).has_value());
  free = 500 * kMiB;
  EXPECT_TRUE(commit(kAnna, epoch_, puts({{"d", "1"}})).has_value());
  put(kAnna, epoch_, {});
  EXPECT_TRUE(std::filesystem::exists(dir() / "RESERVE"));
  free_hook_ = nullptr;
  restart();
}

TEST_P(FaultTest, DroppedBlobsGiveTheirFilesBack) {
  // Segments of 64 KiB: ten blobs of 30,000 bytes fill five of them; two large ones have files of
  // their own.
  for (std::uint64_t i = 0; i < 10; ++i) ASSERT_TRUE(adopt(i, 30'000).has_value());
  ASSERT_TRUE(adopt(20, 2 * kBufferedBlob).has_value());
  ASSERT_TRUE(adopt(21, 2 * kBufferedBlob).has_value());
  const std::size_t before = segments().size();
  EXPECT_EQ(before, 7u);
  std::vector<BlobId> ids;
  for (std::uint64_t i = 0; i < 7; ++i) ids.push_back(blob_id(i));
  ids.push_back(blob_id(20));
  ASSERT_TRUE(drop(std::move(ids)).has_value());
  restart();  // the pool has finished
  EXPECT_EQ(segments().size(), before - 4);
  for (std::uint64_t i = 7; i < 10; ++i) expect_blob(i, 30'000);
  expect_blob(21, 2 * kBufferedBlob);
  ASSERT_TRUE(drop({blob_id(7), blob_id(8), blob_id(9), blob_id(21)}).has_value());
  restart();
  EXPECT_TRUE(segments().empty());
}

TEST_P(FaultTest, TheSegmentInUseIsKeptUntilItIsLeft) {
  ASSERT_TRUE(adopt(1, 10'000).has_value());
  ASSERT_TRUE(drop({blob_id(1)}).has_value());
  ASSERT_TRUE(adopt(2, 10'000).has_value());
  expect_blob(2, 10'000);
  ASSERT_TRUE(drop({blob_id(2)}).has_value());
  ASSERT_TRUE(adopt(3, 60'000).has_value());
  restart();
  EXPECT_EQ(segments().size(), 1u);
  expect_blob(3, 60'000);
}

TEST_P(FaultTest, OrphansAreRemovedAndReferencedFilesAreNot) {
  ASSERT_TRUE(adopt(1, 100).has_value());
  ASSERT_TRUE(adopt(2, 2 * kBufferedBlob).has_value());
  engine_.reset();
  const std::size_t kept = segments().size();
  const auto plant = [&](std::uint64_t number, const std::string& bytes) {
    ASSERT_TRUE(replace_file(dir() / "body" / segment_file_name(number), bytes).has_value());
  };
  const auto exclusive = [](std::uint64_t number, std::uint64_t blob, std::uint64_t length) {
    return encode(SegmentHeader{.kind = SegmentKind::kExclusive, .number = number}) +
           encode(FrameHeader{.account = kAnna, .id = blob_id(blob), .length = length});
  };
  plant(100, "");
  plant(101, std::string(200, '\0'));
  plant(102, "garbage");
  plant(103, exclusive(103, 77, 0) + "torn");
  plant(104, exclusive(104, 2, 2 * kBufferedBlob));  // names a blob that lies elsewhere
  plant(105,
        encode(SegmentHeader{.kind = SegmentKind::kShared, .number = 105}) + "never committed");
  ASSERT_TRUE(replace_file(dir() / "body" / "notes.txt", "not ours").has_value());
  restart();
  EXPECT_EQ(segments().size(), kept + 1);
  EXPECT_TRUE(std::filesystem::exists(dir() / "body" / "notes.txt"));
  expect_blob(1, 100);
  expect_blob(2, 2 * kBufferedBlob);
  ASSERT_TRUE(adopt(3, 100).has_value());
  EXPECT_TRUE(std::filesystem::exists(dir() / "body" / segment_file_name(106)));
}

TEST_P(FaultTest, ACountThatIsWrongLosesNothing) {
  ASSERT_TRUE(adopt(1, 20'000).has_value());
  ASSERT_TRUE(adopt(2, 20'000).has_value());
  const std::string name = segments().at(0);
  for (const bool damaged : {false, true}) {
    engine_.reset();
    {
      auto db = Database::open(dir() / "meta", {});
      ASSERT_TRUE(db.has_value()) << db.error().detail;
      Database::Changes changes(**db);
      changes.put_own(use_key(*parse_segment_file_name(name)), encode(SegmentUse{}));
      ASSERT_TRUE((*db)->write(changes).has_value());
    }
    if (damaged) damage(name, kSegmentHeaderSize + 9, "\xff");  // the first frame ends the walk
    errors_expected_ = true;
    errors_.clear();
    restart();
    EXPECT_NE(errors_.find("segment_count_wrong"), std::string::npos);
    expect_blob(2, 20'000);
    errors_.clear();
    restart();
    EXPECT_EQ(errors_, "") << "the count was set right";
    expect_blob(2, 20'000);
  }
  ASSERT_TRUE(drop({blob_id(1), blob_id(2)}).has_value());
  restart();
  EXPECT_TRUE(segments().empty());
  errors_expected_ = false;
}

TEST_P(FaultTest, AReferencedFileWithADamagedHeaderIsKept) {
  ASSERT_TRUE(adopt(2, 2 * kBufferedBlob).has_value());
  const std::string name = segments().at(0);
  engine_.reset();
  damage(name, 0, std::string(100, '\0'));
  restart();
  EXPECT_EQ(segments(), std::vector<std::string>{name});
  EXPECT_EQ(read(kAnna, blob_id(2)).error().code, Errc::kCorrupt);
}

TEST_P(FaultTest, ADamagedBlobIsCorruptAndTheOthersAreServed) {
  ASSERT_TRUE(adopt(1, 1000).has_value());
  ASSERT_TRUE(adopt(2, 1000).has_value());
  ASSERT_TRUE(adopt(3, 1000).has_value());
  const std::string name = segments().at(0);
  damage(name, kSegmentHeaderSize + kFrameHeaderSize + 500, "x");     // a payload byte of 1
  damage(name, kSegmentHeaderSize + frame_extent(1000) + 9, "\xff");  // the header of 2
  EXPECT_EQ(read(kAnna, blob_id(1)).error().code, Errc::kCorrupt);
  EXPECT_TRUE(read(kAnna, blob_id(1), 0, 10).has_value());  // a part is checked by its header alone
  EXPECT_EQ(read(kAnna, blob_id(2)).error().code, Errc::kCorrupt);
  EXPECT_EQ(read(kAnna, blob_id(2), 10, 10).error().code, Errc::kCorrupt);
  expect_blob(3, 1000);
}

TEST_P(FaultTest, AMissingSegmentIsReportedAndTheRestIsServed) {
  ASSERT_TRUE(adopt(1, 60'000).has_value());
  ASSERT_TRUE(adopt(2, 60'000).has_value());
  engine_.reset();
  std::filesystem::remove(dir() / "body" / segments().at(0));
  errors_expected_ = true;
  restart();
  EXPECT_NE(errors_.find("segment_missing"), std::string::npos);
  EXPECT_EQ(read(kAnna, blob_id(1)).error().code, Errc::kCorrupt);
  expect_blob(2, 60'000);
}

TEST_P(FaultTest, ASecondEngineOnTheDirectoryIsRefused) {
  const auto second = create_rocksdb_engine(options());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Errc::kInUse);
  put(kAnna, epoch_, puts({{"a", "1"}}));
}

TEST_P(FaultTest, LostMetadataIsNotTakenForAnEmptyStore) {
  ASSERT_TRUE(adopt(1, 100).has_value());
  engine_.reset();
  std::filesystem::remove(dir() / "meta" / "CURRENT");
  const auto opened = create_rocksdb_engine(options());
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, Errc::kCorrupt);
}

TEST_P(FaultTest, ManyOpeningsDoNotPileUpFiles) {
  for (std::uint64_t i = 0; i < 5; ++i) {
    put(kAnna, epoch_, puts({{"k", std::to_string(i)}}));
    restart();
  }
  EXPECT_TRUE(segments().empty());
  std::size_t logs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir() / "meta")) {
    logs += entry.path().filename().string().starts_with("LOG") ? 1 : 0;
  }
  EXPECT_LE(logs, 2u);
}

INSTANTIATE_TEST_SUITE_P(Engine, FaultTest,
                         testing::Values(Backend{.name = "Rocksdb",
                                                 .open = FaultTest::open_current,
                                                 .persistent = true}),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace postern::engine
