// Durable commits a second of the RocksDB engine: 8 KiB body and 600 bytes of keys each, by 1 and
// 32 clients.
//
//   postern_engine_bench [directory] [seconds]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "base/executor.h"
#include "base/metrics.h"
#include "engine/rocksdb/rocksdb_engine.h"

namespace postern::engine {
namespace {

constexpr std::size_t kBody = 8 << 10;

struct Tally {
  std::mutex mutex;
  std::condition_variable ended;
  std::vector<double> seconds;  // latencies; guarded by mutex
  std::size_t running = 0;      // guarded by mutex
  std::atomic<bool> stop{false};
};

// One client: the next commit when the last one is durable, from the engine's own callback.
class Client {
 public:
  Client(Engine& engine, Tally& tally, AccountId account)
      : engine_(engine), tally_(tally), account_(account) {}

  void start() {
    epoch_ = *run_blocking(executor_, engine_.acquire(account_));
    next();
  }

 private:
  void next() {
    Batch batch;
    BlobId id{};
    ++number_;
    for (std::size_t i = 0; i < 8; ++i) {
      id[i] = static_cast<std::uint8_t>(number_ * 0x9e3779b97f4a7c15u >> (8 * i));
      id[8 + i] = static_cast<std::uint8_t>(number_ >> (8 * i));
    }
    auto writer = engine_.create_blob(account_, id, kBody);
    const std::string body(kBody, static_cast<char>(number_));
    if (!writer.has_value() || !finish(**writer, body)) std::abort();
    batch.blobs.push_back(std::move(*writer));
    batch.puts = {{"H", std::string(64, 'h')},
                  {"L" + std::to_string(number_), std::string(80, 'l')},
                  {"A", std::string(160, 'a')},
                  {"E" + std::to_string(number_), std::string(300, 'e')}};
    started_ = std::chrono::steady_clock::now();
    engine_.commit(
        account_, epoch_, std::move(batch), Engine::Urgency::kNormal,
        [this](const Result<void>& result) {
          if (!result.has_value()) std::abort();
          {
            const std::lock_guard lock(tally_.mutex);
            tally_.seconds.push_back(
                std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count());
            if (tally_.stop) {
              if (--tally_.running == 0) tally_.ended.notify_all();
              return;
            }
          }
          next();
        });
  }
  // A small blob is only buffered: its tasks end without waiting.
  bool finish(BlobWriter& writer, std::string_view body) {
    return run_blocking(executor_, writer.append(body)).has_value() &&
           run_blocking(executor_, writer.finish()).has_value();
  }

  Engine& engine_;
  Tally& tally_;
  AccountId account_;
  Epoch epoch_;
  ManualExecutor executor_;
  std::uint64_t number_ = 0;
  std::chrono::steady_clock::time_point started_;
};

void measure(const std::filesystem::path& dir, std::size_t clients, int seconds) {
  std::filesystem::remove_all(dir);
  auto engine = create_rocksdb_engine({.data_dir = dir});
  if (!engine.has_value()) {
    std::fprintf(stderr, "%s\n", engine.error().detail.c_str());
    std::exit(1);
  }
  Tally tally;
  tally.running = clients;
  std::vector<std::unique_ptr<Client>> all;
  for (std::size_t i = 0; i < clients; ++i) {
    all.push_back(std::make_unique<Client>(**engine, tally, AccountId{i}));
  }
  for (auto& client : all) client->start();
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  tally.stop = true;
  std::unique_lock lock(tally.mutex);
  tally.ended.wait(lock, [&] { return tally.running == 0; });
  std::ranges::sort(tally.seconds);
  const auto at = [&](double q) {
    return 1e3 * tally.seconds[static_cast<std::size_t>(
                     q * static_cast<double>(tally.seconds.size() - 1))];
  };
  std::printf("%2zu clients: %8.0f commits/s, p50 %.2f ms, p99 %.2f ms\n", clients,
              static_cast<double>(tally.seconds.size()) / seconds, at(0.5), at(0.99));
  lock.unlock();
  engine->reset();
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace postern::engine

int main(int argc, char** argv) {
  const std::filesystem::path dir =
      argc > 1 ? argv[1] : std::filesystem::temp_directory_path() / "postern-engine-bench";
  const int seconds = argc > 2 ? std::atoi(argv[2]) : 3;
  for (const std::size_t clients : {1u, 8u, 32u}) postern::engine::measure(dir, clients, seconds);
}
