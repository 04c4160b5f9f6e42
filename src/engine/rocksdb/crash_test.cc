// Kills a process that commits, at random moments, and looks at what is there afterwards.
//
//   postern_engine_crash_test [rounds] [seed]
//
// The child (this program again) commits numbered records and blobs of four accounts, several in
// flight each, and reports what was acknowledged. The parent kills it, opens the store and demands,
// per account: every acknowledged number, no hole (a prefix of the commit order), whole batches,
// blobs byte for byte, dropped blobs gone. The next child goes on from there. SIGKILL keeps the
// page cache: lost power is not tested here.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>

#include "base/log.h"
#include "engine/conformance/harness.h"
#include "engine/rocksdb/blob_writer.h"
#include "engine/rocksdb/rocksdb_engine.h"

namespace postern::engine {
namespace {

constexpr std::size_t kAccounts = 4;
constexpr std::uint64_t kKeep = 6;      // number n drops the blob of number n - kKeep
constexpr std::uint64_t kInFlight = 5;  // commits an account has queued at once

Result<std::unique_ptr<Engine>> open(const std::filesystem::path& dir) {
  // Small, so that memtable flushes, compactions and segment changes are hit, too.
  return create_rocksdb_engine({.data_dir = dir,
                                .cache_bytes = 1 << 20,
                                .reserve = 1 << 20,
                                .segment_bytes = 512 << 10,
                                .memtable_bytes = 128 << 10});
}

std::string key_of(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return "n" + std::string(10 - digits.size(), '0') + digits;
}

std::size_t blob_size(std::uint64_t number) {
  return number % 23 == 22 ? kBufferedBlob + number % 1000 : number * 7919 % 12'000;
}

// ---- the child

struct Ack {
  std::uint64_t account;
  std::uint64_t number;
};

class Account {
 public:
  Account(Engine& engine, AccountId id) : engine_(engine), id_(id) {}

  void run() {
    const auto epoch = run_blocking(executor_, engine_.acquire(id_));
    const auto last = run_blocking(executor_, engine_.get(id_, {"last"}));
    if (!epoch.has_value() || !last.has_value()) std::_Exit(3);
    const auto& value = last->at(0);
    for (std::uint64_t number = value ? std::stoull(*value) + 1 : 1;; ++number) {
      {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return in_flight_ < kInFlight; });
        ++in_flight_;
      }
      Batch batch = make(number);
      engine_.commit(id_, *epoch, std::move(batch), Engine::Urgency::kNormal,
                     [this, number](const Result<void>& result) {
                       if (!result.has_value()) std::_Exit(4);
                       const Ack ack{id_.value(), number};
                       if (::write(STDOUT_FILENO, &ack, sizeof ack) != sizeof ack) std::_Exit(5);
                       const std::lock_guard lock(mutex_);
                       --in_flight_;
                       room_.notify_one();
                     });
    }
  }

 private:
  Batch make(std::uint64_t number) {
    Batch batch;
    batch.puts = {{key_of(number), std::to_string(number)}, {"last", std::to_string(number)}};
    if (number > kKeep) batch.drops = {blob_id(number - kKeep)};
    const std::string bytes = pattern_bytes(blob_size(number), number);
    auto writer = engine_.create_blob(id_, blob_id(number), bytes.size());
    if (!writer.has_value() || !run_blocking(executor_, (*writer)->append(bytes)).has_value() ||
        !run_blocking(executor_, (*writer)->finish()).has_value()) {
      std::_Exit(6);
    }
    batch.blobs.push_back(std::move(*writer));
    return batch;
  }

  Engine& engine_;
  AccountId id_;
  ManualExecutor executor_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::uint64_t in_flight_ = 0;
};

int child(const std::filesystem::path& dir) {
  auto engine = open(dir);
  if (!engine.has_value()) {
    std::fprintf(stderr, "open: %s\n", engine.error().detail.c_str());
    return 2;
  }
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kAccounts; ++i) {
    threads.emplace_back([&engine, i] { Account(**engine, AccountId{i}).run(); });
  }
  for (auto& thread : threads) thread.join();
  return 0;
}

// ---- the parent

using Numbers = std::array<std::uint64_t, kAccounts>;

// Runs a child for `milliseconds`, kills it, and raises `acked` to what it reported.
bool run_and_kill(const std::filesystem::path& dir, int milliseconds, Numbers& acked) {
  int out[2];
  if (::pipe(out) != 0) return false;
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::close(out[0]);
    ::close(out[1]);
    ::execl("/proc/self/exe", "postern_engine_crash_test", "--child", dir.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(out[1]);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  bool killed = false;
  std::string bytes;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (!killed && left.count() <= 0) {
      ::kill(pid, SIGKILL);
      killed = true;
    }
    pollfd readable{.fd = out[0], .events = POLLIN, .revents = 0};
    ::poll(&readable, 1, killed ? -1 : static_cast<int>(left.count()));
    if (readable.revents == 0) continue;
    char chunk[4096];
    const ssize_t got = ::read(out[0], chunk, sizeof chunk);
    if (got <= 0) break;  // all that was acknowledged has been read
    bytes.append(chunk, static_cast<std::size_t>(got));
  }
  ::close(out[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  for (std::size_t at = 0; at + sizeof(Ack) <= bytes.size(); at += sizeof(Ack)) {
    Ack ack{};
    std::memcpy(&ack, bytes.data() + at, sizeof ack);
    acked[ack.account] = std::max(acked[ack.account], ack.number);
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return true;
  std::fprintf(stderr, "the child ended by itself: status %d\n", status);
  return false;
}

#define DEMAND(condition, ...)                      \
  do {                                              \
    if (!(condition)) {                             \
      std::fprintf(stderr, "FAILED: " __VA_ARGS__); \
      std::fprintf(stderr, " (%s)\n", #condition);  \
      return false;                                 \
    }                                               \
  } while (false)

bool verify(const std::filesystem::path& dir, const Numbers& acked, Numbers& present) {
  auto engine = open(dir);
  DEMAND(engine.has_value(), "open: %s", engine.error().detail.c_str());
  ManualExecutor executor;
  std::size_t large = 0;
  for (std::size_t i = 0; i < kAccounts; ++i) {
    const AccountId account{i};
    const auto items = run_blocking(executor, (*engine)->scan(account, "n", "o", 0));
    const auto last = run_blocking(executor, (*engine)->get(account, {"last"}));
    DEMAND(items.has_value() && last.has_value(), "account %zu: read", i);
    for (std::size_t n = 0; n < items->size(); ++n) {
      DEMAND((*items)[n].key == key_of(n + 1), "account %zu: a hole before %s", i,
             (*items)[n].key.c_str());
    }
    present[i] = items->size();
    DEMAND(present[i] >= acked[i], "account %zu: %llu acknowledged, %llu there", i,
           static_cast<unsigned long long>(acked[i]), static_cast<unsigned long long>(present[i]));
    DEMAND(last->at(0).value_or("0") == std::to_string(present[i]), "account %zu: half a batch", i);
    for (std::uint64_t n = present[i] > 3 * kKeep ? present[i] - 3 * kKeep : 1;
         n <= present[i] + kInFlight; ++n) {
      const auto bytes =
          run_blocking(executor, (*engine)->read_blob(account, blob_id(n), 0, SIZE_MAX));
      if (n + kKeep <= present[i] || n > present[i]) {
        DEMAND(!bytes.has_value() && bytes.error().code == Errc::kNotFound,
               "account %zu: blob %llu is there", i, static_cast<unsigned long long>(n));
        continue;
      }
      DEMAND(bytes.has_value() && *bytes == pattern_bytes(blob_size(n), n),
             "account %zu: blob %llu", i, static_cast<unsigned long long>(n));
      large += blob_size(n) > kBufferedBlob ? 1 : 0;
    }
  }
  engine->reset();
  std::size_t large_files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir / "body")) {
    std::FILE* file = std::fopen(entry.path().c_str(), "rb");
    if (file == nullptr) continue;
    char head[11] = {};
    const bool whole = std::fread(head, 1, sizeof head, file) == sizeof head;
    std::fclose(file);
    large_files += whole && head[10] == 2 ? 1 : 0;  // the segment kind
  }
  DEMAND(large_files == large, "%zu files for %zu large blobs", large_files, large);
  return true;
}

int parent(int rounds, std::uint64_t seed) {
  std::printf("%d rounds, seed %llu\n", rounds, static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const TemporaryDirectory directory;
  const auto round = [&](const std::filesystem::path& dir, int milliseconds, Numbers& present) {
    Numbers acked = present;
    if (run_and_kill(dir, milliseconds, acked) && verify(dir, acked, present)) return true;
    std::fprintf(stderr, "killed after %d ms, seed %llu\n", milliseconds,
                 static_cast<unsigned long long>(seed));
    return false;
  };
  // Kills while a store is made.
  for (int i = 0; i < rounds; ++i) {
    Numbers present{};
    const std::filesystem::path dir = directory.path() / std::to_string(i);
    if (!round(dir, static_cast<int>(random() % 150), present)) return 1;
    std::filesystem::remove_all(dir);
  }
  // Kills of one store that goes on and on; a third of them falls into opening and recovering.
  Numbers present{};
  for (int i = 0; i < rounds; ++i) {
    const int milliseconds = static_cast<int>(i % 3 == 0 ? random() % 40 : random() % 300);
    if (!round(directory.path() / "data", milliseconds, present)) return 1;
  }
  std::uint64_t total = 0;
  for (const std::uint64_t number : present) total += number;
  std::printf("%llu commits survived\n", static_cast<unsigned long long>(total));
  return total > 0 ? 0 : 1;
}

}  // namespace
}  // namespace postern::engine

int main(int argc, char** argv) {
  using namespace postern;
  if (argc == 3 && std::string_view(argv[1]) == "--child") return engine::child(argv[2]);
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 20;
  const std::uint64_t seed =
      argc > 2 ? std::strtoull(argv[2], nullptr, 10) : std::random_device{}();
  set_log(LogFormat::kText, LogLevel::kError);
  return engine::parent(rounds, seed);
}
