#include "auth/directory.h"

#include <gtest/gtest.h>

#include "auth/record.h"
#include "auth/test_engine.h"
#include "base/executor.h"
#include "crypto/crypto.h"

namespace postern::auth {
namespace {

class DirectoryTest : public testing::Test {
 protected:
  DirectoryTest() { reopen(); }

  Result<void> try_reopen() {
    auto opened = run_blocking(
        executor_, Directory::open(engine_, key_, system_clock(), crypto::system_random()));
    if (!opened.has_value()) return std::unexpected(opened.error());
    directory_ = std::move(*opened);
    return {};
  }
  void reopen() {
    const auto result = try_reopen();
    ASSERT_TRUE(result.has_value()) << result.error().detail;
  }
  Result<RecordPtr> add(std::string address, std::vector<std::string> aliases = {}) {
    AccountRecord record;
    record.id = directory_->next_id();
    record.address = std::move(address);
    record.aliases = std::move(aliases);
    record.password_hash = "$6$x$y";
    return run_blocking(executor_, directory_->add(std::move(record)));
  }
  Result<RecordPtr> update(AccountRecord record) {
    return run_blocking(executor_, directory_->update(record.id, [record](AccountRecord& current) {
      current = record;
      return Result<void>{};
    }));
  }

  ManualExecutor executor_;
  TestEngine engine_;
  crypto::Secret key_{"0123456789abcdef0123456789abcdef"};
  std::unique_ptr<Directory> directory_;
};

TEST_F(DirectoryTest, FindsLoginsAndRecipients) {
  ASSERT_TRUE(add("Ann@Example.org", {"Info@Example.org", "a+b@example.org"}).has_value());
  EXPECT_NE(directory_->find_login("ANN@example.ORG"), nullptr);
  EXPECT_EQ(directory_->find_login("info@example.org"), nullptr) << "aliases do not sign in";
  EXPECT_EQ(directory_->find_login("ann+x@example.org"), nullptr);
  EXPECT_EQ(directory_->find_login("ann"), nullptr);

  const auto plain = directory_->find_recipient("INFO@example.org");
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->account->address, "ann@example.org");
  EXPECT_EQ(plain->detail, "");
  const auto detail = directory_->find_recipient("Ann+Lists@example.org");
  ASSERT_TRUE(detail.has_value());
  EXPECT_EQ(detail->detail, "Lists");
  const auto longer = directory_->find_recipient("ann+" + std::string(100, 'D') + "@example.org");
  ASSERT_TRUE(longer.has_value());
  EXPECT_EQ(longer->detail, std::string(100, 'D'));
  EXPECT_FALSE(directory_->find_recipient("ann+a\r\nb@example.org").has_value());
  const auto exact = directory_->find_recipient("a+b@example.org");
  ASSERT_TRUE(exact.has_value());
  EXPECT_EQ(exact->detail, "") << "the exact address wins";
  EXPECT_FALSE(directory_->find_recipient("bob@example.org").has_value());
  EXPECT_FALSE(directory_->find_recipient("ann+a b@example.org").has_value());
}

TEST_F(DirectoryTest, SurvivesReopening) {
  AccountRecord wanted;
  wanted.id = directory_->next_id();
  wanted.address = "ann@example.org";
  wanted.aliases = {"x@example.org", "y@example.org"};
  wanted.quota = 5ull << 30;
  wanted.disabled = true;
  wanted.created = 1'700'000'000;
  wanted.password_hash = "$6$x$y";
  wanted.epoch = 7;
  ASSERT_TRUE(run_blocking(executor_, directory_->add(wanted)).has_value());
  reopen();
  const RecordPtr found = directory_->find_login("ann@example.org");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(encode_record(*found), encode_record(wanted));
  EXPECT_EQ(directory_->list().size(), 1u);
}

TEST_F(DirectoryTest, NothingReadableIsStored) {
  ASSERT_TRUE(add("ann@example.org").has_value());
  for (const auto& [key, value] : engine_.keys) {
    EXPECT_EQ((key + value).find("ann"), std::string::npos);
    EXPECT_EQ((key + value).find("example"), std::string::npos);
  }
}

TEST_F(DirectoryTest, RefusesConflicts) {
  ASSERT_TRUE(add("ann@example.org", {"info@example.org"}).has_value());
  for (const char* taken : {"ann@example.org", "ANN@EXAMPLE.ORG", "info@example.org"}) {
    const auto result = add(taken);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Errc::kAlreadyExists);
  }
  EXPECT_EQ(add("bob@example.org", {"info@example.org"}).error().code, Errc::kAlreadyExists);
  EXPECT_EQ(add("bob@example.org", {"ann@example.org"}).error().code, Errc::kAlreadyExists);
  EXPECT_EQ(add("not an address").error().code, Errc::kInvalid);
  EXPECT_EQ(directory_->list().size(), 1u);

  const auto bob = add("bob@example.org");
  ASSERT_TRUE(bob.has_value());
  AccountRecord changed = **bob;
  changed.aliases = {"info@example.org"};
  EXPECT_EQ(update(changed).error().code, Errc::kAlreadyExists);
}

TEST_F(DirectoryTest, UpdateFreesOldNamesAndMovesTheEpoch) {
  const auto ann = add("ann@example.org", {"info@example.org"});
  ASSERT_TRUE(ann.has_value());
  AccountRecord record = **ann;
  record.aliases = {"new@example.org"};
  record.quota = 5;
  auto updated = update(record);
  ASSERT_TRUE(updated.has_value());
  EXPECT_EQ((*updated)->epoch, 1u) << "no credential changed";
  EXPECT_FALSE(directory_->find_recipient("info@example.org").has_value());
  EXPECT_TRUE(directory_->find_recipient("new@example.org").has_value());

  record.password_hash = "$6$other$hash";
  EXPECT_EQ((*update(record))->epoch, 2u);
  record.disabled = true;
  EXPECT_EQ((*update(record))->epoch, 3u);
  record.disabled = false;
  record.epoch = 1;
  EXPECT_EQ((*update(record))->epoch, 4u) << "never back";

  record.id = AccountId(12345);
  EXPECT_EQ(update(record).error().code, Errc::kNotFound);
}

TEST_F(DirectoryTest, RemoveForgetsEveryName) {
  const auto ann = add("ann@example.org", {"info@example.org"});
  ASSERT_TRUE(ann.has_value());
  ASSERT_TRUE(run_blocking(executor_, directory_->remove((*ann)->id)).has_value());
  EXPECT_EQ(run_blocking(executor_, directory_->remove((*ann)->id)).error().code, Errc::kNotFound);
  EXPECT_EQ(directory_->find_login("ann@example.org"), nullptr);
  EXPECT_FALSE(directory_->find_recipient("info@example.org").has_value());
  EXPECT_TRUE(engine_.keys.empty());
  EXPECT_TRUE(add("info@example.org").has_value());
}

TEST_F(DirectoryTest, IdsAreNeverGivenTwice) {
  std::set<AccountId> ids;
  for (int i = 0; i < 1000; ++i) {
    const AccountId id = directory_->next_id();
    EXPECT_NE(id, AccountId(0));
    EXPECT_TRUE(ids.insert(id).second);
  }
}

TEST_F(DirectoryTest, AFailedCommitChangesNothing) {
  engine_.next_fault = {Errc::kFull};
  EXPECT_EQ(add("ann@example.org").error().code, Errc::kFull);
  EXPECT_EQ(directory_->find_login("ann@example.org"), nullptr);
  EXPECT_TRUE(add("ann@example.org").has_value());
}

TEST_F(DirectoryTest, AnUnknownOutcomeIsReadBack) {
  engine_.next_fault = {Errc::kUnknownOutcome, true};
  EXPECT_EQ(add("ann@example.org").error().code, Errc::kUnknownOutcome);
  EXPECT_NE(directory_->find_login("ann@example.org"), nullptr) << "it was durable";
  engine_.next_fault = {Errc::kUnknownOutcome, false};
  EXPECT_EQ(add("bob@example.org").error().code, Errc::kUnknownOutcome);
  EXPECT_EQ(directory_->find_login("bob@example.org"), nullptr) << "it was not";
  EXPECT_TRUE(add("bob@example.org").has_value());
}

TEST_F(DirectoryTest, ALostOwnershipIsTakenAgain) {
  ++engine_.acquired;  // someone else acquired
  EXPECT_EQ(add("ann@example.org").error().code, Errc::kNotOwner);
  EXPECT_TRUE(add("ann@example.org").has_value());
}

TEST_F(DirectoryTest, DamageIsSeen) {
  ASSERT_TRUE(add("ann@example.org").has_value());
  ASSERT_TRUE(add("bob@example.org").has_value());
  const auto good = engine_.keys;
  auto first = engine_.keys.begin();
  first->second.back() = static_cast<char>(first->second.back() ^ 1);
  EXPECT_EQ(try_reopen().error().code, Errc::kCorrupt);
  // Two values exchanged: each is sealed for its own key.
  engine_.keys = good;
  std::swap(engine_.keys.begin()->second, std::next(engine_.keys.begin())->second);
  EXPECT_EQ(try_reopen().error().code, Errc::kCorrupt);
  engine_.keys = good;
  key_ = crypto::Secret("another key of thirty-two bytes!");
  EXPECT_EQ(try_reopen().error().code, Errc::kCorrupt);
}

TEST_F(DirectoryTest, ChangesFromManyThreadsAreOneAfterTheOther) {
  constexpr int kThreads = 4, kEach = 25;
  std::atomic<int> added = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      ManualExecutor executor;
      for (int i = 0; i < kEach; ++i) {
        AccountRecord record;
        record.id = directory_->next_id();
        record.address = "user" + std::to_string(i) + "@example.org";
        if (run_blocking(executor, directory_->add(std::move(record))).has_value()) ++added;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(added, kEach) << "each address goes to exactly one";
  EXPECT_EQ(directory_->list().size(), static_cast<std::size_t>(kEach));
}

TEST_F(DirectoryTest, OverlappingEditsAddUp) {
  const auto ann = add("ann@example.org");
  ASSERT_TRUE(ann.has_value());
  const AccountId id = (*ann)->id;
  constexpr int kThreads = 4, kEach = 50;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      ManualExecutor executor;
      for (int i = 0; i < kEach; ++i) {
        const auto done = run_blocking(executor, directory_->update(id, [](AccountRecord& record) {
          ++record.quota;
          return Result<void>{};
        }));
        EXPECT_TRUE(done.has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(directory_->find(id)->quota, static_cast<std::uint64_t>(kThreads * kEach));
}

TEST_F(DirectoryTest, AnEditThatFailsChangesNothing) {
  const auto ann = add("ann@example.org");
  ASSERT_TRUE(ann.has_value());
  const auto before = engine_.keys;
  const auto refused =
      run_blocking(executor_, directory_->update((*ann)->id, [](AccountRecord& record) {
        record.disabled = true;
        return Result<void>(fail(Errc::kInvalid, "no"));
      }));
  EXPECT_EQ(refused.error().code, Errc::kInvalid);
  EXPECT_FALSE(directory_->find((*ann)->id)->disabled);
  EXPECT_EQ(engine_.keys, before);
}

// The worked example of docs/formats/directory.md.
TEST(Record, TheDocumentedBytes) {
  AccountRecord record;
  record.id = AccountId(300);
  record.address = "a@b";
  record.aliases = {"c@d"};
  record.quota_mailboxes = 9;
  const std::string bytes(
      "\x02\xac\x02\x03"
      "a@b\x01\x03"
      "c@d\0\0\0\0\x01\0\x09",
      19);
  EXPECT_EQ(encode_record(record), bytes);
}

// As written before messages and mailboxes had limits.
TEST(Record, TheFirstVersionIsReadable) {
  const std::string bytes(
      "\x01\xac\x02\x03"
      "a@b\x01\x03"
      "c@d\x05\0\0\0\x01",
      17);
  const auto record = decode_record(bytes);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->quota, 5u);
  EXPECT_EQ(record->quota_messages, 0u);
  EXPECT_EQ(record->quota_mailboxes, 0u);
  EXPECT_EQ(decode_record(encode_record(*record))->aliases, record->aliases);
}

TEST(Record, EveryCutIsCorrupt) {
  AccountRecord record;
  record.id = AccountId(300);
  record.address = "ann@example.org";
  record.aliases = {"b@c"};
  const std::string bytes = encode_record(record);
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_FALSE(decode_record(bytes.substr(0, n)).has_value());
  EXPECT_FALSE(decode_record(bytes + '\0').has_value());
  EXPECT_TRUE(decode_record(bytes).has_value());
  // A count that promises more than there is costs nothing.
  EXPECT_FALSE(decode_record(std::string("\x01\x01\x00\xff\xff\xff\xff\x0f", 8)).has_value());
}

}  // namespace
}  // namespace postern::auth
