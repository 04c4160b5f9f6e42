// The metadata store: RocksDB with a fixed set of options, opened strictly, written with sync only.
//
// Threads: reads from any thread; write() and resume() from the committer alone. It relies on being
// the only writer: see wal_check.h.
#pragma once

#include <rocksdb/db.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "engine/rocksdb/format.h"

namespace postern::engine {

// Whether a read may wait for the disk. Cached reads answer nullopt where they would have to.
enum class ReadFrom : std::uint8_t { kCache, kDisk };

class Database {
 public:
  struct Options {
    std::size_t cache_bytes = 64 << 20;
    std::size_t memtable_bytes = 32 << 20;
    bool may_create = false;
    // Not 0: the disk is too full to turn the logs, this many bytes, into tables now.
    std::uint64_t keep_log_bytes = 0;
  };
  // kCorrupt where anything acknowledged may be missing.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& meta, Options options);
  ~Database();

  // May block.
  [[nodiscard]] Result<std::vector<Item>> scan(AccountId account, const std::string& first,
                                               const std::string& last, std::size_t limit) const;
  [[nodiscard]] std::optional<Result<std::vector<std::optional<std::string>>>> get(
      ReadFrom from, AccountId account, const std::vector<std::string>& keys) const;
  // kNotFound where there is none.
  [[nodiscard]] std::optional<Result<Locator>> find_locator(ReadFrom from, AccountId account,
                                                            const BlobId& id) const;
  // For blob_key()s, in their order.
  [[nodiscard]] Result<std::vector<std::optional<Locator>>> find_locators(
      const std::vector<std::string>& keys) const;
  [[nodiscard]] Result<std::vector<AccountId>> list_accounts() const;
  // Reads every locator: only after damage.
  [[nodiscard]] Result<void> each_locator(const std::function<void(const Locator&)>& visit) const;
  // The engine's own records that begin with `prefix`.
  [[nodiscard]] Result<std::vector<Item>> own_records(std::string_view prefix) const;

  // Collects the changes of one group.
  class Changes {
   public:
    explicit Changes(const Database& db) : db_(db) {}
    // In this order take effect; a failure here is out of memory or a batch beyond RocksDB's
    // limits.
    Result<void> add(AccountId account, const Batch& batch);
    void put_locator(const std::string& blob_key, const Locator& locator);
    void delete_locator(const std::string& blob_key);
    void put_own(std::string_view key, std::string_view value);
    void delete_own(std::string_view key);
    [[nodiscard]] bool empty() const { return batch_.Count() == 0; }

   private:
    friend class Database;
    Result<void> delete_range(AccountId account, const std::string& first, const std::string& last);
    const Database& db_;
    rocksdb::WriteBatch batch_;
    std::vector<std::string> put_keys_;  // whole keys, for ranges of later requests
  };
  // One atomic write, in the log and flushed when it returns. There is no other way to write.
  [[nodiscard]] Result<void> write(Changes& changes);

  // What stopped RocksDB's background work, if anything did.
  enum class Health : std::uint8_t { kGood, kNoSpace, kFailed };
  [[nodiscard]] Health health() const;
  // After kNoSpace, when there is space again.
  [[nodiscard]] Result<void> resume();
  [[nodiscard]] std::uint64_t size_bytes() const;

 private:
  class Listener;
  Database() = default;
  [[nodiscard]] static rocksdb::ReadOptions read_options(ReadFrom from);

  std::shared_ptr<Listener> listener_;  // shared with RocksDB
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // owned; own_, meta_, blob_
  rocksdb::ColumnFamilyHandle* own_ = nullptr;
  rocksdb::ColumnFamilyHandle* meta_ = nullptr;
  rocksdb::ColumnFamilyHandle* blob_ = nullptr;
};

}  // namespace postern::engine
