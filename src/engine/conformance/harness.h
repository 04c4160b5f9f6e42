// The conformance suite: what every engine must do, as value-parameterised tests over a Backend.
//
// An engine's test program compiles the *_test.cc files of this folder and defines
// conformance_backends(). Each test gets an empty store; a persistent backend is opened again with
// reopen().
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "engine/engine.h"

namespace postern::engine {

struct Backend {
  std::string name;
  // Opens the store below `dir` (empty at first); called again for reopen() when persistent.
  std::function<Result<std::unique_ptr<Engine>>(const std::filesystem::path& dir)> open;
  bool persistent = false;
  // Blobs above this many bytes take another way to disk; tests write some on both sides of it.
  std::size_t blob_threshold = 256 << 10;
};

inline void PrintTo(const Backend& backend, std::ostream* out) {
  *out << backend.name;
}

// Defined by each engine's test program.
[[nodiscard]] std::vector<Backend> conformance_backends();

// A directory of its own that goes away with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "postern-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "mkdtemp " << pattern;
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

[[nodiscard]] inline BlobId blob_id(std::uint64_t number) {
  BlobId id{};
  for (std::size_t i = 0; i < 8; ++i) {
    id[i] = static_cast<std::uint8_t>(number * 0x9e3779b97f4a7c15ull >>
                                      (8 * i));  // spread like random ids
    id[8 + i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return id;
}

// Bytes that differ at every offset and for every seed.
[[nodiscard]] inline std::string pattern_bytes(std::size_t size, std::uint64_t seed) {
  std::string bytes(size, '\0');
  std::uint64_t state = seed * 2 + 1;
  for (char& byte : bytes) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    byte = static_cast<char>(state >> 56);
  }
  return bytes;
}

class ConformanceTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override { open(); }

  void open() {
    auto opened = GetParam().open(directory_.path());
    ASSERT_TRUE(opened.has_value()) << opened.error().detail;
    engine_ = std::move(*opened);
  }
  void reopen() {
    engine_.reset();
    open();
  }

  template <class T>
  T wait(task<T> work) {
    return run_blocking(executor_, std::move(work));
  }

  // For tests where it must not fail.
  template <class T>
  T must(task<Result<T>> work) {
    Result<T> result = wait(std::move(work));
    if (!result.has_value()) {
      ADD_FAILURE() << to_string(result.error().code) << ": " << result.error().detail;
      return T{};
    }
    return std::move(*result);
  }

  Epoch acquire(AccountId account) { return must(engine_->acquire(account)); }

  Result<void> commit(AccountId account, Epoch epoch, Batch batch,
                      Engine::Urgency urgency = Engine::Urgency::kNormal) {
    return wait(commit_task(*engine_, account, epoch, std::move(batch), urgency));
  }
  // The commit must succeed.
  void put(AccountId account, Epoch epoch, Batch batch) {
    const Result<void> result = commit(account, epoch, std::move(batch));
    EXPECT_TRUE(result.has_value())
        << to_string(result.error().code) << ": " << result.error().detail;
  }

  std::unique_ptr<BlobWriter> blob(AccountId account, const BlobId& id, std::string_view bytes,
                                   std::size_t piece = 10'000) {
    auto writer = engine_->create_blob(account, id, bytes.size());
    EXPECT_TRUE(writer.has_value());
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      const auto appended = wait((*writer)->append(bytes.substr(at, piece)));
      EXPECT_TRUE(appended.has_value()) << appended.error().detail;
    }
    const auto finished = wait((*writer)->finish());
    EXPECT_TRUE(finished.has_value()) << finished.error().detail;
    EXPECT_EQ((*writer)->size(), bytes.size());
    return std::move(*writer);
  }

  std::vector<Item> scan(AccountId account, std::string first = "", std::string last = "",
                         std::size_t limit = 0) {
    return must(engine_->scan(account, std::move(first), std::move(last), limit));
  }
  std::optional<std::string> get(AccountId account, std::string key) {
    return must(engine_->get(account, {std::move(key)})).at(0);
  }
  Result<std::string> read(AccountId account, const BlobId& id, std::uint64_t offset = 0,
                           std::size_t length = SIZE_MAX) {
    return wait(engine_->read_blob(account, id, offset, length));
  }

  static task<Result<void>> commit_task(Engine& engine, AccountId account, Epoch epoch, Batch batch,
                                        Engine::Urgency urgency) {
    const OneShot<Result<void>> done;
    engine.commit(account, epoch, std::move(batch), urgency,
                  [done](Result<void> result) { done.set(std::move(result)); });
    co_return co_await done.wait();
  }

  static Batch puts(std::vector<std::pair<std::string, std::string>> items) {
    Batch batch;
    batch.puts = std::move(items);
    return batch;
  }

  TemporaryDirectory directory_;
  ManualExecutor executor_;  // outlives the engine, whose threads post to it
  std::unique_ptr<Engine> engine_;
};

inline bool operator==(const Item& a, const Item& b) {
  return a.key == b.key && a.value == b.value;
}
inline void PrintTo(const Item& item, std::ostream* out) {
  *out << item.key << '=' << item.value;
}

}  // namespace postern::engine

#define POSTERN_CONFORMANCE(suite)                                                   \
  INSTANTIATE_TEST_SUITE_P(Engine, suite, testing::ValuesIn(conformance_backends()), \
                           [](const auto& param) { return param.param.name; })
