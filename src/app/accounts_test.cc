#include "app/accounts.h"

#include <gtest/gtest.h>

#include "base/executor.h"
#include "crypto/crypto.h"
#include "engine/memory/memory_engine.h"

namespace postern::app {
namespace {

namespace json = boost::json;

class AccountsTest : public testing::Test {
 protected:
  AccountsTest() : engine_(engine::MemoryEngine::create()) {
    auto store = run_blocking(
        executor_, mailstore::MailStore::open(*engine_, crypto::Secret(std::string(32, 'k')),
                                              system_clock(), crypto::system_random(), {}));
    store_ = std::move(*store);
    auto directory =
        run_blocking(executor_, auth::Directory::open(*engine_, store_->system_key(),
                                                      system_clock(), crypto::system_random()));
    directory_ = std::move(*directory);
    accounts_ = std::make_unique<Accounts>(*store_, *directory_,
                                           [this](AccountId id) { locked_out_.push_back(id); });
  }

  Result<json::object> call(std::string verb, json::object arguments) {
    return run_blocking(executor_, accounts_->call(std::move(verb), std::move(arguments)));
  }
  Errc code(std::string verb, json::object arguments) {
    const auto result = call(std::move(verb), std::move(arguments));
    EXPECT_FALSE(result.has_value());
    if (result.has_value()) return Errc::kInternal;
    EXPECT_FALSE(result.error().detail.empty()) << "every error has a line for people";
    return result.error().code;
  }
  json::object account(std::string verb, json::object arguments) {
    auto result = call(std::move(verb), std::move(arguments));
    EXPECT_TRUE(result.has_value()) << (result.has_value() ? "" : result.error().detail);
    return result.has_value() ? result->at("account").as_object() : json::object();
  }

  ManualExecutor executor_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<mailstore::MailStore> store_;
  std::unique_ptr<auth::Directory> directory_;
  std::unique_ptr<Accounts> accounts_;
  std::vector<AccountId> locked_out_;
};

TEST_F(AccountsTest, AddMakesMailboxesAndARecord) {
  const json::object made = account("account.add", {{"address", "Ann@Example.org"},
                                                    {"quota", 1 << 20},
                                                    {"aliases", json::array{"info@example.org"}},
                                                    {"password_hash", "$6$a$b"}});
  EXPECT_EQ(made.at("address"), "ann@example.org");
  EXPECT_EQ(made.at("quota"), 1 << 20);
  EXPECT_EQ(made.at("used"), 0);
  EXPECT_EQ(made.at("disabled"), false);
  EXPECT_EQ(made.at("aliases").as_array().size(), 1u);
  EXPECT_TRUE(made.at("created").is_string());
  const auth::RecordPtr record = directory_->find_login("ann@example.org");
  ASSERT_NE(record, nullptr);
  const auto opened = run_blocking(executor_, store_->open_account(record->id));
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ((*opened)->usage().limit.bytes, 1u << 20);
  EXPECT_EQ(call("account.list", {})->at("accounts").as_array().size(), 1u);
}

TEST_F(AccountsTest, AddRefusesWhatIsTakenOrWrong) {
  account("account.add",
          {{"address", "ann@example.org"}, {"aliases", json::array{"info@example.org"}}});
  EXPECT_EQ(code("account.add", {{"address", "ANN@example.org"}}), Errc::kAlreadyExists);
  EXPECT_EQ(code("account.add", {{"address", "info@example.org"}}), Errc::kAlreadyExists);
  EXPECT_EQ(code("account.add", {{"address", "b@c"}, {"aliases", json::array{"ann@example.org"}}}),
            Errc::kAlreadyExists);
  EXPECT_EQ(code("account.add", {{"address", "nothing"}}), Errc::kInvalid);
  EXPECT_EQ(code("account.add", {}), Errc::kInvalid);
  EXPECT_EQ(code("account.add", {{"address", 5}}), Errc::kInvalid);
  EXPECT_EQ(code("account.add", {{"address", "b@c"}, {"quota", -1}}), Errc::kInvalid);
  EXPECT_EQ(code("account.add", {{"address", "b@c"}, {"quota", "5"}}), Errc::kInvalid);
  EXPECT_EQ(code("account.add", {{"address", "b@c"}, {"aliases", "x"}}), Errc::kInvalid);
  EXPECT_EQ(code("account.add", {{"address", "b@c"}, {"disabled", 1}}), Errc::kInvalid);
  EXPECT_EQ(code("account.nonsense", {}), Errc::kNotFound);
  EXPECT_EQ(directory_->list().size(), 1u);
  // A refused add leaves no mailboxes behind: account 0 and ann.
  EXPECT_LE(run_blocking(executor_, engine_->list_accounts())->size(), 2u);
}

TEST_F(AccountsTest, SetChangesWhatIsGiven) {
  account(
      "account.add",
      {{"address", "ann@x"}, {"aliases", json::array{"a@x", "b@x"}}, {"password_hash", "$6$a$b"}});
  json::object after = account("account.set", {{"address", "ann@x"},
                                               {"add_aliases", json::array{"c@x"}},
                                               {"remove_aliases", json::array{"A@X"}},
                                               {"quota", 4096}});
  EXPECT_EQ(after.at("aliases"), (json::array{"b@x", "c@x"}));
  EXPECT_EQ(after.at("quota"), 4096);
  EXPECT_TRUE(locked_out_.empty()) << "no credential changed";
  after = account("account.set",
                  {{"address", "ann@x"}, {"quota_messages", 10}, {"quota_mailboxes", 7}});
  EXPECT_EQ(after.at("quota"), 4096);
  EXPECT_EQ(after.at("quota_messages"), 10);
  EXPECT_EQ(after.at("quota_mailboxes"), 7);
  EXPECT_EQ(after.at("used_messages"), 0);
  EXPECT_EQ(after.at("used_mailboxes"), 6);
  EXPECT_EQ(code("account.set", {{"address", "ann@x"}, {"quota_messages", "5"}}), Errc::kInvalid);
  const auth::RecordPtr record = directory_->find_login("ann@x");
  EXPECT_EQ(record->password_hash, "$6$a$b");
  EXPECT_EQ((*run_blocking(executor_, store_->open_account(record->id)))->usage().limit,
            mailstore::Quota(4096, 10, 7));

  account("account.set", {{"address", "ann@x"}, {"password_hash", "$6$c$d"}});
  EXPECT_EQ(locked_out_, std::vector{record->id}) << "open sessions end with the old password";
  after = account("account.set", {{"address", "ann@x"}, {"disabled", true}});
  EXPECT_EQ(after.at("disabled"), true);
  EXPECT_EQ(locked_out_.size(), 2u);
  EXPECT_EQ(code("account.set", {{"address", "ann@x"}, {"remove_aliases", json::array{"no@x"}}}),
            Errc::kNotFound);
  EXPECT_EQ(code("account.set", {{"address", "bob@x"}}), Errc::kNotFound);
}

TEST_F(AccountsTest, OverlappingSetsUndoNothing) {
  account("account.add", {{"address", "ann@x"}});
  constexpr int kThreads = 4, kEach = 10;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      ManualExecutor executor;
      for (int i = 0; i < kEach; ++i) {
        const int number = t * kEach + i;
        const std::string alias = "a" + std::to_string(number) + "@x";
        const auto done = run_blocking(
            executor,
            accounts_->call("account.set", {{"address", "ann@x"},
                                            {"quota", 1000 + number},
                                            {"add_aliases", json::array{json::string(alias)}}}));
        EXPECT_TRUE(done.has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auth::RecordPtr record = directory_->find_login("ann@x");
  EXPECT_EQ(record->aliases.size(), static_cast<std::size_t>(kThreads * kEach));
  EXPECT_EQ((*run_blocking(executor_, store_->open_account(record->id)))->usage().limit.bytes,
            record->quota)
      << "the mailboxes and the directory agree";
}

TEST_F(AccountsTest, RemoveDestroysAndCanBeRepeated) {
  account("account.add", {{"address", "ann@x"}});
  const AccountId id = directory_->find_login("ann@x")->id;
  // As a crash between the steps leaves it: the mail is gone, the record is not.
  ASSERT_TRUE(run_blocking(executor_, store_->destroy_account(id)).has_value());
  EXPECT_TRUE(account("account.show", {{"address", "ann@x"}}).at("used").is_null());
  EXPECT_TRUE(call("account.remove", {{"address", "ann@x"}}).has_value());
  EXPECT_EQ(locked_out_, std::vector{id});
  EXPECT_EQ(code("account.remove", {{"address", "ann@x"}}), Errc::kNotFound);
  EXPECT_EQ(code("account.show", {{"address", "ann@x"}}), Errc::kNotFound);
  account("account.add", {{"address", "ann@x"}});
  EXPECT_NE(directory_->find_login("ann@x")->id, id);
}

}  // namespace
}  // namespace postern::app
