// A really full disk: the store on a tmpfs of 96 MiB of its own (a private mount; exit 77, skipped,
// where that is not allowed). Deliveries stop at min_free, what may use the reserve goes on until
// the disk is full, everything acknowledged stays readable, dropping gives the space back, and a
// start on a full disk serves.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "base/log.h"
#include "engine/conformance/harness.h"
#include "engine/rocksdb/files.h"
#include "engine/rocksdb/rocksdb_engine.h"

#define DEMAND(condition, ...)                          \
  do {                                                  \
    if (!(condition)) {                                 \
      std::fprintf(stderr, "FAILED: %s: ", #condition); \
      std::fprintf(stderr, __VA_ARGS__);                \
      std::fprintf(stderr, "\n");                       \
      return 1;                                         \
    }                                                   \
  } while (false)

namespace postern::engine {
namespace {

constexpr AccountId kAccount{1};
constexpr int kSkipped = 77;

bool own_disk(const std::filesystem::path& at) {
  const int spaces = CLONE_NEWNS | (::geteuid() == 0 ? 0 : CLONE_NEWUSER);
  return ::unshare(spaces) == 0 &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=96m") == 0;
}

class Store {
 public:
  explicit Store(std::filesystem::path dir) : dir_(std::move(dir)) {}

  Result<void> open() {
    engine_.reset();
    POSTERN_TRY(engine_, create_rocksdb_engine({.data_dir = dir_,
                                                .min_free = 16 << 20,
                                                .reserve = 8 << 20,
                                                .segment_bytes = 8 << 20,
                                                .memtable_bytes = 1 << 20}));
    POSTERN_TRY(epoch_, run_blocking(executor_, engine_->acquire(kAccount)));
    return {};
  }
  Result<void> commit(Batch batch, Engine::Urgency urgency) {
    return run_blocking(executor_, commit_task(*engine_, epoch_, std::move(batch), urgency));
  }
  Result<void> put(const std::string& key, Engine::Urgency urgency) {
    Batch batch;
    batch.puts = {{key, pattern_bytes(2000, 1)}};
    return commit(std::move(batch), urgency);
  }
  static std::size_t size_of(std::uint64_t number) { return number % 5 == 0 ? 400'000 : 20'000; }
  Result<void> deliver(std::uint64_t number) {
    const std::string bytes = pattern_bytes(size_of(number), number);
    POSTERN_TRY(auto writer, engine_->create_blob(kAccount, blob_id(number), bytes.size()));
    POSTERN_CHECK_OK(run_blocking(executor_, writer->append(bytes)));
    POSTERN_CHECK_OK(run_blocking(executor_, writer->finish()));
    Batch batch;
    batch.puts = {{"n" + std::to_string(number), pattern_bytes(2000, number)}};
    batch.blobs.push_back(std::move(writer));
    return commit(std::move(batch), Engine::Urgency::kNormal);
  }
  bool unreadable_one(std::uint64_t i) {
    const auto bytes =
        run_blocking(executor_, engine_->read_blob(kAccount, blob_id(i), 0, SIZE_MAX));
    if (bytes.has_value() && *bytes == pattern_bytes(size_of(i), i)) return false;
    std::printf("blob %llu: %s\n", static_cast<unsigned long long>(i),
                bytes.has_value() ? "other bytes" : bytes.error().detail.c_str());
    return true;
  }
  std::size_t unreadable(std::uint64_t delivered) {
    std::size_t count = 0;
    for (std::uint64_t i = 1; i <= delivered; ++i) count += unreadable_one(i) ? 1 : 0;
    return count;
  }
  [[nodiscard]] Engine& engine() { return *engine_; }

 private:
  static task<Result<void>> commit_task(Engine& engine, Epoch epoch, Batch batch,
                                        Engine::Urgency urgency) {
    const OneShot<Result<void>> done;
    engine.commit(kAccount, epoch, std::move(batch), urgency,
                  [done](Result<void> result) { done.set(std::move(result)); });
    co_return co_await done.wait();
  }
  std::filesystem::path dir_;
  ManualExecutor executor_;
  std::unique_ptr<Engine> engine_;
  Epoch epoch_;
};

// Until nothing more fits.
bool fill(const std::filesystem::path& path) {
  const auto file = open_file(path, O_WRONLY | O_CREAT);
  const std::string chunk(64 << 10, 'x');
  std::uint64_t size = 0;
  while (file.has_value() && write_all(*file, chunk, size, path).has_value()) size += chunk.size();
  return file.has_value();
}

int run(const std::filesystem::path& disk) {
  Store store(disk / "data");
  if (const auto opened = store.open(); !opened.has_value())
    DEMAND(false, "%s", opened.error().detail.c_str());
  std::uint64_t delivered = 0;
  Result<void> result;
  while ((result = store.deliver(delivered + 1)).has_value()) ++delivered;
  DEMAND(result.error().code == Errc::kFull, "%s", result.error().detail.c_str());
  DEMAND(delivered > 100, "%llu", static_cast<unsigned long long>(delivered));

  std::uint64_t urgent = 0;
  while ((result = store.put("u" + std::to_string(urgent), Engine::Urgency::kMayUseReserve))
             .has_value())
    ++urgent;
  DEMAND(result.error().code == Errc::kFull, "%s", result.error().detail.c_str());
  // 16 MiB of min_free and 8 MiB of reserve, less what RocksDB needs to keep going.
  DEMAND(urgent > 1000, "%llu", static_cast<unsigned long long>(urgent));
  DEMAND(!std::filesystem::exists(disk / "data" / "RESERVE"), "the reserve was not used");
  DEMAND(!store.engine().space().accepting, "deliveries must be refused");
  DEMAND(store.unreadable(delivered) == 0, "reads on a full disk");

  Batch drops;
  for (std::uint64_t i = 2; i <= delivered; ++i) drops.drops.push_back(blob_id(i));
  drops.delete_ranges = {{"u", "v"}};
  // Background work may hold the space for a moment; it gives it back when it fails.
  for (int attempt = 0; attempt < 100; ++attempt) {
    Batch again{.puts = {},
                .deletes = {},
                .delete_ranges = drops.delete_ranges,
                .blobs = {},
                .drops = drops.drops};
    result = store.commit(std::move(again), Engine::Urgency::kMayUseReserve);
    if (result.has_value() || result.error().code != Errc::kFull) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  DEMAND(result.has_value(), "drop: %s", result.error().detail.c_str());
  for (int attempt = 0; attempt < 100 && !store.engine().space().accepting; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  result = store.deliver(delivered + 1);
  DEMAND(result.has_value(), "delivery after dropping: %s", result.error().detail.c_str());
  DEMAND(store.unreadable(1) == 0, "the blob that was kept");

  // Others fill the disk to the last byte, and we are started again.
  for (int i = 0; i < 300; ++i) (void)store.put("w" + std::to_string(i), Engine::Urgency::kNormal);
  DEMAND(std::filesystem::exists(disk / "data" / "RESERVE"), "the reserve was not made again");
  DEMAND(fill(disk / "fill"), "fill");
  result = store.open();
  DEMAND(result.has_value(), "open on a full disk: %s", result.error().detail.c_str());
  DEMAND(store.unreadable(1) == 0, "read after it");
  result = store.put("login", Engine::Urgency::kMayUseReserve);
  DEMAND(result.has_value(), "login on a full disk: %s", result.error().detail.c_str());
  // Refused, or, where RocksDB gave back a log at that moment, stored as any other.
  if (store.deliver(delivered + 2).has_value()) {
    DEMAND(!store.unreadable_one(delivered + 2),
           "a delivery on a full disk was answered and is not there");
  }
  std::filesystem::remove(disk / "fill");
  result = store.deliver(delivered + 3);
  DEMAND(result.has_value(), "delivery after making room: %s", result.error().detail.c_str());
  std::printf("%llu deliveries, %llu commits on the last bytes\n",
              static_cast<unsigned long long>(delivered), static_cast<unsigned long long>(urgent));
  return 0;
}

}  // namespace
}  // namespace postern::engine

int main() {
  using namespace postern;
  set_log_sink([](LogLevel, std::string_view) {});  // a full disk is loud, and it is meant to be
  const engine::TemporaryDirectory directory;
  if (!engine::own_disk(directory.path())) {
    std::printf("skipped: no private mount here\n");
    return engine::kSkipped;
  }
  const int failed = engine::run(directory.path());
  ::umount2(directory.path().c_str(), MNT_DETACH);
  return failed;
}
