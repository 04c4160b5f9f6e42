#include "engine/rocksdb/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>

#include <cstdarg>
#include <cstdio>

#include "base/codec.h"
#include "base/log.h"
#include "engine/rocksdb/wal_check.h"

namespace postern::engine {
namespace {

constexpr std::size_t kReadahead = 64 << 10;

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

std::unexpected<Error> to_error(const rocksdb::Status& status, std::string_view what) {
  Errc code = Errc::kInternal;
  if (status.IsCorruption()) code = Errc::kCorrupt;
  if (status.IsIOError()) code = status.IsNoSpace() ? Errc::kFull : Errc::kIo;
  if (status.IsNotFound()) code = Errc::kNotFound;
  return fail(code, std::string(what) + ": " + status.ToString());
}

// RocksDB's own messages go to our log. Its log file would take its process down on a full disk: a
// write to a file that failed before is an assertion in a library built with them, and Debian's is.
class LogBridge final : public rocksdb::Logger {
 public:
  LogBridge() : Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  using Logger::Logv;
  void Logv(const char*, va_list) override {}  // headers and the like
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < GetInfoLogLevel() || level == rocksdb::InfoLogLevel::HEADER_LEVEL) return;
    char text[512];
    if (std::vsnprintf(text, sizeof text, format, arguments) < 0) return;
    log_warn("rocksdb",
             {{"text", std::string_view(text).substr(0, std::string_view(text).find('\n'))}});
  }
};

rocksdb::Options fixed_options(const Database::Options& wanted) {
  rocksdb::Options options;
  options.create_if_missing = wanted.may_create;
  // Creation may have been interrupted after the database and before its families.
  options.create_missing_column_families = true;
  options.paranoid_checks = true;
  // The torn tail is cut off before (wal_check.h): from then on every byte must be right.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kAbsoluteConsistency;
  options.recycle_log_file_num = 0;  // recycled logs cannot be verified to their end
  options.max_total_wal_size = 64 << 20;
  options.avoid_flush_during_shutdown = true;  // the log has it all
  options.max_background_jobs = 2;
  options.max_open_files = 512;
  options.bytes_per_sync = 1 << 20;
  // The kernel's read-ahead stays on: mailboxes and runs of messages are read in order.
  options.advise_random_on_open = false;
  // Free space must be what the file system says it is: space_guard.h counts on it.
  options.allow_fallocate = false;
  // A failed write is never retried behind our back; space errors are resumed by the committer.
  options.max_bgerror_resume_count = 0;
  options.info_log = std::make_shared<LogBridge>();
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;

  options.write_buffer_size = wanted.memtable_bytes;
  options.max_write_buffer_number = 2;
  if (wanted.keep_log_bytes > 0) {
    options.avoid_flush_during_recovery = true;
    options.write_buffer_size += 2 * wanted.keep_log_bytes;
  }
  options.db_write_buffer_size = 2 * options.write_buffer_size;
  options.compression = rocksdb::kLZ4Compression;
  options.level_compaction_dynamic_level_bytes = true;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(wanted.cache_bytes);
  table.block_size = 8 << 10;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// A read from the cache alone needs the disk. RocksDB 7.8 says kIncomplete for a missing block, but
// for a table that is not open it says OK with an empty value ("the key may exist").
bool is_incomplete(ReadFrom from, const rocksdb::Status& status, const rocksdb::Slice& value) {
  return status.IsIncomplete() || (from == ReadFrom::kCache && status.ok() && value.empty());
}

// Where keys of `account` before `last` end; "" is to the end of the account.
std::string range_end(AccountId account, const std::string& last) {
  std::string end = last.empty() ? account_end(account) : account_key(account, last);
  // Behind the last account nothing follows that could name the end; keys are at most kMaxKeySize
  // long.
  if (end.empty()) end.assign(sizeof(std::uint64_t) + kMaxKeySize + 1, '\xff');
  return end;
}

}  // namespace

class Database::Listener final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override {
    // A failed write to the log is the committer's own: it has the status in hand and stops for
    // good.
    const bool of_write = reason == rocksdb::BackgroundErrorReason::kWriteCallback ||
                          reason == rocksdb::BackgroundErrorReason::kMemTable;
    const Health health = error->IsNoSpace() && !of_write ? Health::kNoSpace : Health::kFailed;
    health_ = health;
    log_error("engine_background_error",
              {{"reason", static_cast<int>(reason)}, {"error", error->ToString()}});
  }
  void OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) override {
    if (info.new_bg_error.ok()) clear();
  }
  [[nodiscard]] Health health() const { return health_; }
  void clear() {
    Health no_space = Health::kNoSpace;
    health_.compare_exchange_strong(no_space, Health::kGood);
  }

 private:
  std::atomic<Health> health_{Health::kGood};
};

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& meta,
                                                 Options wanted) {
  POSTERN_TRY(const WalTail tail, repair_wal_tail(meta));
  if (tail.cut > 0) log_warn("log_tail_cut", {{"kept_bytes", tail.kept}, {"cut_bytes", tail.cut}});

  std::unique_ptr<Database> database(new Database);
  database->listener_ = std::make_shared<Listener>();
  rocksdb::Options options = fixed_options(wanted);
  options.listeners.push_back(database->listener_);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const char* name : {"default", "meta", "blob"}) families.emplace_back(name, options);
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(options, meta.string(), families, &database->handles_, &db);
  if (!status.ok()) return to_error(status, "open " + meta.string());
  database->db_.reset(db);
  database->own_ = database->handles_[0];
  database->meta_ = database->handles_[1];
  database->blob_ = database->handles_[2];
  return database;
}

Database::~Database() {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    if (db_) (void)db_->DestroyColumnFamilyHandle(handle);
  }
}

rocksdb::ReadOptions Database::read_options(ReadFrom from) {
  rocksdb::ReadOptions options;
  options.read_tier = from == ReadFrom::kCache ? rocksdb::kBlockCacheTier : rocksdb::kReadAllTier;
  return options;
}

Result<std::vector<Item>> Database::scan(AccountId account, const std::string& first,
                                         const std::string& last, std::size_t limit) const {
  std::vector<Item> items;
  if (!last.empty() && last <= first) return items;
  const std::string end = range_end(account, last);
  rocksdb::ReadOptions options = read_options(ReadFrom::kDisk);
  const rocksdb::Slice bound(end);
  options.iterate_upper_bound = &bound;
  // Without it RocksDB looks ahead only after two blocks, which most scans end before. Every table
  // that may hold the range reads so much, so not more.
  options.readahead_size = kReadahead;
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options, meta_));
  const std::size_t prefix = account_key(account).size();
  for (at->Seek(account_key(account, first)); at->Valid(); at->Next()) {
    items.push_back({at->key().ToString().substr(prefix), at->value().ToString()});
    if (items.size() == limit) return items;
  }
  if (!at->status().ok()) return to_error(at->status(), "scan");
  return items;
}

std::optional<Result<std::vector<std::optional<std::string>>>> Database::get(
    ReadFrom from, AccountId account, const std::vector<std::string>& keys) const {
  std::vector<std::string> full;
  full.reserve(keys.size());
  for (const std::string& key : keys) full.push_back(account_key(account, key));
  const std::vector<rocksdb::Slice> slices(full.begin(), full.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  // One column family in one call: all keys are read at one sequence number.
  db_->MultiGet(read_options(from), meta_, slices.size(), slices.data(), values.data(),
                statuses.data());
  std::vector<std::optional<std::string>> out(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (is_incomplete(from, statuses[i], values[i])) return std::nullopt;
    if (statuses[i].ok()) {
      out[i] = values[i].ToString();
    } else if (!statuses[i].IsNotFound()) {
      return to_error(statuses[i], "get");
    }
  }
  return out;
}

std::optional<Result<Locator>> Database::find_locator(ReadFrom from, AccountId account,
                                                      const BlobId& id) const {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = db_->Get(read_options(from), blob_, blob_key(account, id), &value);
  if (is_incomplete(from, status, value)) return std::nullopt;
  if (!status.ok()) return to_error(status, "blob");
  return parse_locator({value.data(), value.size()});
}

Result<std::vector<std::optional<Locator>>> Database::find_locators(
    const std::vector<std::string>& keys) const {
  const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  db_->MultiGet(read_options(ReadFrom::kDisk), blob_, slices.size(), slices.data(), values.data(),
                statuses.data());
  std::vector<std::optional<Locator>> out(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) return to_error(statuses[i], "locator");
    POSTERN_TRY(out[i], parse_locator({values[i].data(), values[i].size()}));
  }
  return out;
}

Result<std::vector<AccountId>> Database::list_accounts() const {
  std::vector<AccountId> accounts;
  const std::unique_ptr<rocksdb::Iterator> at(
      db_->NewIterator(read_options(ReadFrom::kDisk), meta_));
  for (at->SeekToFirst(); at->Valid();) {
    const auto account = account_of_key(at->key().ToStringView());
    if (!account) return fail(Errc::kCorrupt, "a key without an account");
    accounts.push_back(*account);
    const std::string next = account_end(*account);
    if (next.empty()) break;
    at->Seek(next);
  }
  if (!at->status().ok()) return to_error(at->status(), "list accounts");
  return accounts;
}

Result<void> Database::each_locator(const std::function<void(const Locator&)>& visit) const {
  const std::unique_ptr<rocksdb::Iterator> at(
      db_->NewIterator(read_options(ReadFrom::kDisk), blob_));
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    POSTERN_TRY(const Locator locator, parse_locator(at->value().ToStringView()));
    visit(locator);
  }
  if (!at->status().ok()) return to_error(at->status(), "read locators");
  return {};
}

Result<std::vector<Item>> Database::own_records(std::string_view prefix) const {
  std::vector<Item> items;
  const std::unique_ptr<rocksdb::Iterator> at(
      db_->NewIterator(read_options(ReadFrom::kDisk), own_));
  for (at->Seek(slice(prefix)); at->Valid() && at->key().starts_with(slice(prefix)); at->Next()) {
    items.push_back({at->key().ToString(), at->value().ToString()});
  }
  if (!at->status().ok()) return to_error(at->status(), "read the engine's records");
  return items;
}

// Key by key, because readers of RocksDB 7.8 go wrong on range tombstones: an iterator over them
// can leave keys out without saying so. Callers bound what a range holds.
Result<void> Database::Changes::delete_range(AccountId account, const std::string& first,
                                             const std::string& last) {
  if (!last.empty() && last <= first) return {};
  const std::string begin = account_key(account, first);
  const std::string end = range_end(account, last);
  rocksdb::ReadOptions options = read_options(ReadFrom::kDisk);
  const rocksdb::Slice bound(end);
  options.iterate_upper_bound = &bound;
  rocksdb::Status status;
  const std::unique_ptr<rocksdb::Iterator> at(db_.db_->NewIterator(options, db_.meta_));
  for (at->Seek(begin); at->Valid() && status.ok(); at->Next()) {
    status = batch_.Delete(db_.meta_, at->key());
  }
  if (status.ok()) status = at->status();
  // What earlier requests of the same group put is not in the database yet.
  for (const std::string& key : put_keys_) {
    if (status.ok() && key >= begin && key < end) status = batch_.Delete(db_.meta_, key);
  }
  if (!status.ok()) return to_error(status, "delete a range");
  return {};
}

Result<void> Database::Changes::add(AccountId account, const Batch& batch) {
  for (const auto& [first, last] : batch.delete_ranges) {
    POSTERN_CHECK_OK(delete_range(account, first, last));
  }
  rocksdb::Status status;
  for (const std::string& key : batch.deletes) {
    if (status.ok()) status = batch_.Delete(db_.meta_, account_key(account, key));
  }
  for (const auto& [key, value] : batch.puts) {
    put_keys_.push_back(account_key(account, key));
    if (status.ok()) status = batch_.Put(db_.meta_, put_keys_.back(), value);
  }
  if (!status.ok()) return to_error(status, "collect a batch");
  return {};
}

void Database::Changes::put_locator(const std::string& key, const Locator& locator) {
  (void)batch_.Put(db_.blob_, key, encode(locator));
}
void Database::Changes::delete_locator(const std::string& key) {
  (void)batch_.Delete(db_.blob_, key);
}
void Database::Changes::put_own(std::string_view key, std::string_view value) {
  (void)batch_.Put(db_.own_, slice(key), slice(value));
}
void Database::Changes::delete_own(std::string_view key) {
  (void)batch_.Delete(db_.own_, slice(key));
}

Result<void> Database::write(Changes& changes) {
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = db_->Write(options, &changes.batch_);
  if (!status.ok()) return to_error(status, "write metadata");
  return {};
}

Database::Health Database::health() const {
  return listener_->health();
}

Result<void> Database::resume() {
  const rocksdb::Status status = db_->Resume();
  if (!status.ok()) return to_error(status, "resume");
  listener_->clear();
  return {};
}

std::uint64_t Database::size_bytes() const {
  std::uint64_t total = 0;
  for (rocksdb::ColumnFamilyHandle* family : handles_) {
    std::uint64_t bytes = 0;
    if (db_->GetIntProperty(family, rocksdb::DB::Properties::kTotalSstFilesSize, &bytes))
      total += bytes;
    if (db_->GetIntProperty(family, rocksdb::DB::Properties::kCurSizeAllMemTables, &bytes))
      total += bytes;
  }
  return total;
}

}  // namespace postern::engine
