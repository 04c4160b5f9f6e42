#include "engine/rocksdb/rocksdb_engine.h"

#include <algorithm>

#include "base/executor.h"
#include "engine/rocksdb/blob_writer.h"
#include "engine/rocksdb/committer.h"
#include "engine/rocksdb/data_dir.h"
#include "engine/rocksdb/database.h"
#include "engine/rocksdb/recovery.h"

namespace postern::engine {
namespace {

// A cached read up to this size is copied on the caller's thread.
constexpr std::size_t kMaxInlineRead = 256 << 10;

class RocksdbEngine final : public Engine {
 public:
  RocksdbEngine(RocksdbOptions options, DataDir dir, std::unique_ptr<Database> db)
      : options_(std::move(options)),
        dir_(std::move(dir)),
        db_(std::move(db)),
        files_(dir_.body()),
        space_(dir_.path(), {.min_free = std::max(options_.min_free, kLeastMinFree),
                             .reserve = options_.reserve,
                             .free_bytes = options_.free_bytes}),
        reaper_(*db_, files_),
        pool_(std::max<std::size_t>(options_.pool_threads, 1)) {}

  Result<void> start() {
    POSTERN_TRY(Recovered recovered, recover(*db_, files_));
    // Each opening has its own range of epochs, above all those before.
    committer_ = std::make_unique<Committer>(
        Committer::Parts{*db_, files_, space_, reaper_, pool_, options_.faults},
        std::move(recovered.ledger), recovered.opens << 32, options_.segment_bytes);
    return {};
  }

  task<Result<Epoch>> acquire(AccountId account) override {
    const OneShot<Result<Epoch>> out;
    committer_->acquire(account, out);
    co_return co_await out.wait();
  }

  void commit(AccountId account, Epoch epoch, Batch batch, Urgency urgency, Done done) override {
    committer_->commit(account, epoch, std::move(batch), urgency, std::move(done));
  }

  task<Result<std::vector<Item>>> scan(AccountId account, std::string first, std::string last,
                                       std::size_t limit) override {
    co_return co_await pool_.run(
        [this, account, &first, &last, limit] { return db_->scan(account, first, last, limit); });
  }

  task<Result<std::vector<std::optional<std::string>>>> get(
      AccountId account, std::vector<std::string> keys) override {
    if (auto cached = db_->get(ReadFrom::kCache, account, keys)) co_return std::move(*cached);
    co_return co_await pool_.run(
        [this, account, &keys] { return *db_->get(ReadFrom::kDisk, account, keys); });
  }

  Result<std::unique_ptr<BlobWriter>> create_blob(AccountId account, const BlobId& id,
                                                  std::uint64_t size_hint) override {
    if (!committer_->accepting()) return fail(Errc::kUnavailable, "the engine was stopped");
    if (!space_.has_room(size_hint)) return fail(Errc::kFull, "below min_free");
    return std::make_unique<SegmentBlobWriter>(account, id, files_, space_, pool_);
  }

  task<Result<std::string>> read_blob(AccountId account, const BlobId& id, std::uint64_t offset,
                                      std::size_t length) override {
    const BlobId blob = id;
    if (auto cached = read_cached_blob(account, blob, offset, length)) co_return std::move(*cached);
    co_return co_await pool_.run([this, account, &blob, offset, length] {
      return read_blob_from_disk(account, blob, offset, length);
    });
  }

  task<Result<std::vector<AccountId>>> list_accounts() override {
    co_return co_await pool_.run([this] { return db_->list_accounts(); });
  }

  Space space() const override {
    const std::uint64_t free = space_.free_bytes();
    const std::uint64_t left = free > space_.min_free() ? free - space_.min_free() : 0;
    return {.free_bytes = left,
            .used_bytes = files_.size_bytes() + db_->size_bytes(),
            .accepting = committer_->accepting() && left > 0};
  }

  void stop() override { committer_->stop(); }

 private:
  std::optional<Result<std::string>> read_cached_blob(AccountId account, const BlobId& id,
                                                      std::uint64_t offset, std::size_t length) {
    const auto locator = db_->find_locator(ReadFrom::kCache, account, id);
    if (!locator) return std::nullopt;
    if (!locator->has_value()) return std::unexpected(locator->error());
    if (offset < (*locator)->length &&
        std::min<std::uint64_t>(length, (*locator)->length - offset) > kMaxInlineRead) {
      return std::nullopt;
    }
    const auto file = files_.find_open((*locator)->segment);
    if (!file) return std::nullopt;
    return file->read(ReadFrom::kCache, account, id, **locator, offset, length);
  }

  Result<std::string> read_blob_from_disk(AccountId account, const BlobId& id, std::uint64_t offset,
                                          std::size_t length) {
    POSTERN_TRY(const Locator locator, *db_->find_locator(ReadFrom::kDisk, account, id));
    const auto file = files_.open(locator.segment);
    if (!file.has_value()) {
      if (file.error().code != Errc::kNotFound) return std::unexpected(file.error());
      // Dropped since we looked, or lost.
      POSTERN_CHECK_OK(*db_->find_locator(ReadFrom::kDisk, account, id));
      return fail(Errc::kCorrupt, file.error().detail + " is missing");
    }
    return *(*file)->read(ReadFrom::kDisk, account, id, locator, offset, length);
  }

  const RocksdbOptions options_;
  DataDir dir_;
  std::unique_ptr<Database> db_;
  SegmentFiles files_;
  SpaceGuard space_;
  Reaper reaper_;
  // The order of the end: the committer finishes what was accepted, then the pool deletes what that
  // emptied.
  ThreadPool pool_;
  std::unique_ptr<Committer> committer_;
};

// RocksDB's own files of one opening, about.
constexpr std::uint64_t kOpeningBytes = 1 << 20;

// Opening writes: RocksDB puts what its logs hold into tables, and it does not survive running out
// of space there. On a full disk the reserve goes first; if that is not enough for the tables the
// logs are kept.
Result<void> make_room(const DataDir& dir, Database::Options& wanted) {
  std::uint64_t log_bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir.meta(), error)) {
    if (entry.path().extension() == ".log") log_bytes += entry.file_size(error);
  }
  if (error) return fail_errno(error.value(), "look into " + dir.meta().string());
  const std::uint64_t needed = kOpeningBytes + 2 * log_bytes;
  std::uint64_t free = SpaceGuard::ask_file_system(dir.path());
  if (free < needed) {
    SpaceGuard::give_up(dir.path());
    free = SpaceGuard::ask_file_system(dir.path());
  }
  if (free < kOpeningBytes) {
    return fail(Errc::kFull, "data directory " + dir.path().string() + ": opening needs " +
                                 std::to_string(kOpeningBytes) + " bytes of disk space, " +
                                 std::to_string(free) + " are free");
  }
  if (free < needed) wanted.keep_log_bytes = log_bytes;
  return {};
}

}  // namespace

Result<std::unique_ptr<Engine>> create_rocksdb_engine(RocksdbOptions options) {
  POSTERN_TRY(DataDir dir, DataDir::open(options.data_dir));
  Database::Options wanted{.cache_bytes = options.cache_bytes,
                           .memtable_bytes = options.memtable_bytes,
                           .may_create = dir.fresh()};
  POSTERN_CHECK_OK(make_room(dir, wanted));
  POSTERN_TRY(auto db, Database::open(dir.meta(), wanted));
  auto engine = std::make_unique<RocksdbEngine>(std::move(options), std::move(dir), std::move(db));
  POSTERN_CHECK_OK(engine->start());
  return engine;
}

}  // namespace postern::engine
