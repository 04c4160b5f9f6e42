// For the tests of this room: a store over the memory engine on one thread, with a clock that
// stands still.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "crypto/crypto.h"
#include "engine/memory/memory_engine.h"
#include "mailstore/mailstore.h"

namespace postern::mailstore {

class TestClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return TimePoint(std::chrono::seconds(seconds_)); }
  [[nodiscard]] std::int64_t unix_seconds() const override { return seconds_; }
  [[nodiscard]] std::int64_t unix_millis() const override { return seconds_ * 1000; }
  void advance(std::int64_t seconds) { seconds_ += seconds; }

 private:
  std::atomic<std::int64_t> seconds_{1'700'000'000};
};

inline crypto::Secret test_master(char fill = 'm') {
  return crypto::Secret(std::string(32, fill));
}

inline std::string test_message(std::string_view subject, std::string_view body) {
  std::string text = "From: A <a@example.org>\r\nTo: b@example.org\r\nSubject: ";
  text.append(subject)
      .append("\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n\r\n")
      .append(body)
      .append("\r\n");
  return text;
}

class TestStore {
 public:
  explicit TestStore(
      engine::MemoryEngine::Delivery delivery = engine::MemoryEngine::Delivery::kInline)
      : engine_(engine::MemoryEngine::create(delivery)) {
    open();
    expect(run(store_->create_account(AccountId(1), 0)));
    reopen_account();
  }
  ~TestStore() { close(); }
  TestStore(const TestStore&) = delete;
  TestStore& operator=(const TestStore&) = delete;

  template <class T>
  T run(task<T> work) {
    return run_blocking(executor_, std::move(work));
  }
  // Starts without waiting for the end; `out` is set when it is there. run_ready() moves things on.
  template <class T>
  void start(task<T> work, std::optional<T>& out) {
    auto body = [](task<T> inner, std::optional<T>& into) -> task<void> {
      into.emplace(co_await std::move(inner));
    };
    spawn(executor_, body(std::move(work), out), [](std::exception_ptr) {});
    executor_.run_ready();
  }

  // As after a restart: everything in memory is gone, the engine's data stay.
  void restart() {
    close();
    open();
    reopen_account();
  }
  void close() {
    account_ = nullptr;
    store_ = nullptr;
  }
  void open() {
    auto opened =
        run(MailStore::open(*engine_, test_master(), clock_, crypto::system_random(), options_));
    ASSERT_TRUE(opened) << opened.error().detail;
    store_ = std::move(*opened);
  }
  void reopen_account() {
    account_ = nullptr;
    auto opened = run(store_->open_account(AccountId(1)));
    ASSERT_TRUE(opened) << opened.error().detail;
    account_ = *opened;
  }

  [[nodiscard]] MailboxId mailbox(std::string_view name) const {
    const FoldersPtr folders = account_->folders();
    const Folder* folder = folders->find(name);
    return folder == nullptr ? MailboxId(0) : folder->id;
  }
  Result<StagedMessage> stage(std::string_view text) {
    auto body = [](Account& account, std::string_view bytes) -> task<Result<StagedMessage>> {
      POSTERN_CO_TRY(auto writer, account.begin_message(bytes.size()));
      // Two pieces, so that no test depends on getting a message whole.
      POSTERN_CO_CHECK_OK(co_await writer->append(bytes.substr(0, bytes.size() / 2)));
      POSTERN_CO_CHECK_OK(co_await writer->append(bytes.substr(bytes.size() / 2)));
      co_return co_await writer->finish();
    };
    return run(body(*account_, text));
  }
  Result<std::vector<NewMessage>> messages(std::string_view text, std::uint8_t flags = 0,
                                           std::vector<std::string> keywords = {}) {
    POSTERN_TRY(StagedMessage staged, stage(text));
    std::vector<NewMessage> result;
    result.push_back({.staged = std::move(staged),
                      .system_flags = flags,
                      .keywords = std::move(keywords),
                      .internal_date = clock_.unix_seconds(),
                      .zone_minutes = 60});
    return result;
  }
  Result<AppendResult> append(MailboxId mailbox, std::string_view text, std::uint8_t flags = 0,
                              std::vector<std::string> keywords = {}) {
    POSTERN_TRY(auto list, messages(text, flags, std::move(keywords)));
    return run(account_->append(mailbox, std::move(list)));
  }
  Result<AppendResult> replace(MailboxId from, Uid uid, MailboxId to, std::string_view text) {
    POSTERN_TRY(auto list, messages(text));
    return run(account_->replace(from, uid, to, std::move(list.front())));
  }
  VersionPtr version(MailboxId mailbox) {
    auto result = run(account_->version(mailbox));
    EXPECT_TRUE(result) << result.error().detail;
    return result ? *result : nullptr;
  }
  Result<StoreResult> flags(MailboxId mailbox, UidSet uids, FlagMode mode, std::uint8_t system,
                            std::vector<std::string> keywords = {}) {
    return run(account_->store(mailbox, std::move(uids), {mode, system, std::move(keywords)},
                               std::nullopt));
  }
  std::string body(EmailId email, std::uint64_t offset = 0, std::size_t length = SIZE_MAX / 2) {
    auto result = run(account_->read_body(email, offset, length));
    EXPECT_TRUE(result) << result.error().detail;
    return result ? *result : "";
  }

  template <class T>
  static void expect(const Result<T>& result) {
    EXPECT_TRUE(result) << to_string(result.error().code) << " " << result.error().detail;
  }

  engine::MemoryEngine& engine() { return *engine_; }
  MailStore& store() { return *store_; }
  Account& account() { return *account_; }
  std::shared_ptr<Account> account_ptr() { return account_; }
  TestClock& clock() { return clock_; }
  ManualExecutor& executor() { return executor_; }
  MailStore::Options& options() { return options_; }

 private:
  MailStore::Options options_;
  TestClock clock_;
  ManualExecutor executor_;
  std::unique_ptr<engine::MemoryEngine> engine_;
  std::unique_ptr<MailStore> store_;
  std::shared_ptr<Account> account_;
};

}  // namespace postern::mailstore
