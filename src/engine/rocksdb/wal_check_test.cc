// The newest log, torn and damaged in every place, as RocksDB wrote it.
#include "engine/rocksdb/wal_check.h"

#include <fcntl.h>

#include <algorithm>

#include "engine/conformance/harness.h"
#include "engine/rocksdb/database.h"
#include "engine/rocksdb/files.h"

namespace postern::engine {
namespace {

constexpr AccountId kAccount{1};

class WalCheckTest : public testing::Test {
 protected:
  // Writes `count` commits of about `size` bytes. Remembers the log and where each commit ends in
  // it.
  void fill(int count, std::size_t size) {
    auto db = Database::open(meta(), {.may_create = true});
    ASSERT_TRUE(db.has_value()) << db.error().detail;
    for (int i = 0; i < count; ++i) {
      Batch batch;
      batch.puts.emplace_back("k" + std::to_string(100 + i),
                              pattern_bytes(size, static_cast<std::uint64_t>(i)));
      Database::Changes changes(**db);
      ASSERT_TRUE(changes.add(kAccount, batch).has_value());
      ASSERT_TRUE((*db)->write(changes).has_value());
      log_ = newest();
      ends_.push_back(std::filesystem::file_size(log_));
    }
    db->reset();
    bytes_ = *read_whole(log_);
    ASSERT_EQ(bytes_.size(), ends_.back());
  }
  std::filesystem::path meta() const { return directory_.path() / "meta"; }
  std::filesystem::path newest() const {
    std::filesystem::path found;
    for (const auto& entry : std::filesystem::directory_iterator(meta())) {
      if (entry.path().extension() == ".log" && entry.path() > found) found = entry.path();
    }
    return found;
  }
  void set_log(const std::string& bytes) {
    const auto file = open_file(log_, O_WRONLY | O_TRUNC);
    ASSERT_TRUE(file.has_value() && write_all(*file, bytes, 0, log_).has_value());
  }
  // How many commits are whole in the first `size` bytes.
  std::size_t whole(std::uint64_t size) const {
    return static_cast<std::size_t>(std::ranges::upper_bound(ends_, size) - ends_.begin());
  }
  std::uint64_t end_of(std::size_t commits) const { return commits == 0 ? 0 : ends_[commits - 1]; }
  // Opens the store for good: what RocksDB has after all this.
  std::size_t reopened_keys() {
    auto db = Database::open(meta(), {});
    EXPECT_TRUE(db.has_value()) << db.error().detail;
    if (!db.has_value()) return SIZE_MAX;
    return (*db)->scan(kAccount, "", "", 0)->size();
  }

  TemporaryDirectory directory_;
  std::filesystem::path log_;
  std::vector<std::uint64_t> ends_;
  std::string bytes_;
};

TEST_F(WalCheckTest, NothingToDoWithoutALog) {
  const auto tail = repair_wal_tail(meta());
  ASSERT_TRUE(tail.has_value());
  EXPECT_EQ(tail->cut, 0u);
}

TEST_F(WalCheckTest, AWholeLogIsLeftAlone) {
  fill(20, 5000);  // records that span blocks, and block ends of every kind
  const auto tail = repair_wal_tail(meta());
  ASSERT_TRUE(tail.has_value()) << tail.error().detail;
  EXPECT_EQ(tail->cut, 0u);
  EXPECT_EQ(tail->kept, bytes_.size());
  EXPECT_EQ(reopened_keys(), 20u);
}

TEST_F(WalCheckTest, CutAnywhereItKeepsTheWholeRecords) {
  fill(8, 9000);
  for (std::size_t size = 0; size <= bytes_.size();
       size += size % 4096 < 40 || size % 32768 > 32700 ? 1 : 211) {
    set_log(bytes_.substr(0, size));
    const auto tail = repair_wal_tail(meta());
    ASSERT_TRUE(tail.has_value()) << size << ": " << tail.error().detail;
    ASSERT_EQ(tail->kept, end_of(whole(size))) << size;
    ASSERT_EQ(std::filesystem::file_size(log_), tail->kept);
  }
  set_log(bytes_.substr(0, ends_[5] - 3));
  EXPECT_EQ(reopened_keys(), 5u);
}

TEST_F(WalCheckTest, ATailOfTheRightLengthAndTheWrongBytesIsCut) {
  fill(5, 9000);
  for (const char filler : {'\0', '\x5a', '\xff'}) {
    for (std::uint64_t from = ends_[3]; from < ends_[4]; from += 311) {
      std::string torn = bytes_;
      std::fill(torn.begin() + static_cast<std::ptrdiff_t>(from), torn.end(), filler);
      set_log(torn);
      const auto tail = repair_wal_tail(meta());
      ASSERT_TRUE(tail.has_value()) << from << ": " << tail.error().detail;
      ASSERT_EQ(tail->kept, ends_[3]) << from;
    }
  }
}

// Power loss may keep later pages of the last write and lose earlier ones.
TEST_F(WalCheckTest, AHoleInTheLastRecordIsATornTail) {
  fill(3, 100'000);
  std::string torn = bytes_;
  std::fill_n(torn.begin() + static_cast<std::ptrdiff_t>(ends_[1] / 4096 * 4096 + 4096), 8192,
              '\0');
  set_log(torn);
  const auto tail = repair_wal_tail(meta());
  ASSERT_TRUE(tail.has_value()) << tail.error().detail;
  EXPECT_EQ(tail->kept, ends_[1]);
  EXPECT_EQ(reopened_keys(), 2u);
}

TEST_F(WalCheckTest, DamageBeforeAWholeRecordIsRefusedAndNothingIsChanged) {
  fill(6, 9000);
  for (std::uint64_t at = 0; at < ends_[4]; at += 433) {
    std::string damaged = bytes_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    set_log(damaged);
    const auto tail = repair_wal_tail(meta());
    ASSERT_FALSE(tail.has_value()) << at;
    EXPECT_EQ(tail.error().code, Errc::kCorrupt);
    ASSERT_EQ(*read_whole(log_), damaged);
  }
  const auto db = Database::open(meta(), {});
  ASSERT_FALSE(db.has_value());
  EXPECT_EQ(db.error().code, Errc::kCorrupt);
}

TEST_F(WalCheckTest, AZeroedPageBeforeAWholeRecordIsRefused) {
  fill(20, 9000);
  std::string damaged = bytes_;
  std::fill_n(damaged.begin() + 40'960, 4096, '\0');
  set_log(damaged);
  const auto tail = repair_wal_tail(meta());
  ASSERT_FALSE(tail.has_value());
  EXPECT_EQ(tail.error().code, Errc::kCorrupt);
}

// Older logs are RocksDB's to judge; it knows which of them still count.
TEST_F(WalCheckTest, OnlyTheNewestLogIsCut) {
  fill(3, 1000);
  const std::filesystem::path older = meta() / "000001.log";
  ASSERT_TRUE(replace_file(older, "no log at all").has_value());
  ASSERT_TRUE(replace_file(meta() / "999999.log", "").has_value());
  const auto tail = repair_wal_tail(meta());
  ASSERT_TRUE(tail.has_value());
  EXPECT_EQ(tail->kept, ends_.back());
  EXPECT_EQ(*read_whole(older), "no log at all");
}

}  // namespace
}  // namespace postern::engine
