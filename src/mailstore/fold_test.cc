// Folding, the expunge history and its bound, and loading large mailboxes.
#include <gtest/gtest.h>

#include <random>

#include "engine/memory/memory_engine.h"
#include "mailstore/testing/test_store.h"

namespace postern::mailstore {
namespace {

UidSet all() {
  return UidSet::range(1, UINT32_MAX);
}

std::size_t keys_of(TestStore& store, char kind) {
  const auto items = store.run(store.engine().scan(AccountId(1), std::string(1, kind),
                                                   std::string(1, static_cast<char>(kind + 1)), 0));
  return items ? items->size() : 0;
}

// Copies of the first messages until there are at least `count`.
void fill(TestStore& store, MailboxId mailbox, std::uint32_t count) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(store.append(mailbox, test_message("m" + std::to_string(i), "x"),
                             static_cast<std::uint8_t>(i)));
  }
  while (store.account().status(mailbox)->exists < count) {
    ASSERT_TRUE(store.run(store.account().copy(mailbox, all(), mailbox)));
  }
}

void expect_equal(const MailboxVersion& a, const MailboxVersion& b) {
  const Delta delta = difference(a, b);
  EXPECT_TRUE(delta.changed.empty());
  EXPECT_TRUE(delta.expunged.empty());
  EXPECT_EQ(a.all_uids(), b.all_uids());
  EXPECT_EQ(a.counts().highest_modseq, b.counts().highest_modseq);
  EXPECT_EQ(a.counts().uid_next, b.counts().uid_next);
}

TEST(Fold, ManyChunksSurviveFoldsAndRestarts) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  fill(store, inbox, 3000);
  std::mt19937 random(11);
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 150; ++i) {
      const auto first = static_cast<std::uint32_t>(1 + random() % 6000);
      const UidSet uids = UidSet::range(first, first + static_cast<std::uint32_t>(random() % 200));
      if (i % 10 == 9) {
        ASSERT_TRUE(store.flags(inbox, uids, FlagMode::kAdd, kDeleted));
        ASSERT_TRUE(store.run(store.account().expunge(inbox, uids)));
      } else {
        ASSERT_TRUE(store.flags(inbox, uids, static_cast<FlagMode>(1 + random() % 2),
                                static_cast<std::uint8_t>(random() % 8)));
      }
    }
    const VersionPtr before = store.version(inbox);
    store.restart();
    expect_equal(*before, *store.version(inbox));
    fill(store, inbox, 2500);
  }
  EXPECT_LE(keys_of(store, 'L'), 600u);
  EXPECT_GT(keys_of(store, 'C'), 3u);
}

TEST(Fold, DeliveriesToAMailboxNobodyOpens) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  store.restart();
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
  EXPECT_EQ(store.account().loaded_version(inbox), nullptr);
  EXPECT_EQ(store.account().status(inbox)->exists, 300u);
  EXPECT_EQ(keys_of(store, 'L'), 300u);
  ASSERT_TRUE(store.run(store.store().maintain()));
  EXPECT_EQ(keys_of(store, 'L'), 0u);
  EXPECT_EQ(keys_of(store, 'C'), 1u);
  store.restart();
  EXPECT_EQ(store.version(inbox)->exists(), 300u);
}

TEST(Fold, ARefusedFoldIsTriedAgainLater) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
  (void)store.version(inbox);
  for (int i = 0; i < 255; ++i) {
    ASSERT_TRUE(store.flags(inbox, all(), i % 2 == 0 ? FlagMode::kAdd : FlagMode::kRemove, kSeen));
  }
  EXPECT_EQ(keys_of(store, 'L'), 256u);
  // The disk is full: flags still commit, folds do not.
  store.engine().set_free_bytes(0);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(store.flags(inbox, all(), i % 2 == 0 ? FlagMode::kRemove : FlagMode::kAdd, kSeen));
  }
  EXPECT_EQ(keys_of(store, 'L'), 356u);
  store.engine().set_free_bytes(UINT64_MAX);
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(
        store.flags(inbox, all(), i % 2 == 0 ? FlagMode::kRemove : FlagMode::kAdd, kFlagged));
  }
  EXPECT_LT(keys_of(store, 'L'), 300u);
  const VersionPtr before = store.version(inbox);
  store.restart();
  expect_equal(*before, *store.version(inbox));
}

TEST(Fold, ExpungeHistoryIsBoundedAndStaysSafe) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  fill(store, inbox, 10'300);
  const VersionPtr first = store.version(inbox);
  const UidSet uids = first->all_uids();
  ASSERT_TRUE(store.flags(inbox, UidSet::range(1, 10'300), FlagMode::kAdd, kDeleted));
  const ModSeq start = store.account().status(inbox)->highest_modseq;
  for (std::uint32_t uid = 1; uid <= 10'300; ++uid) {
    ASSERT_TRUE(store.run(store.account().expunge(inbox, UidSet::of({uid}))));
  }
  for (const bool restarted : {false, true}) {
    if (restarted) store.restart();
    const VersionPtr version = store.version(inbox);
    const ModSeq now = version->counts().highest_modseq;
    // Recent history is exact.
    EXPECT_EQ(store.account().vanished_since(inbox, ModSeq(now.value() - 500), version),
              UidSet::range(10'300 - 499, 10'300));
    // Older than what is kept: complete, and never a live one.
    const UidSet vanished = store.account().vanished_since(inbox, start, version);
    EXPECT_EQ(UidSet::range(1, 10'300).subtract(vanished), UidSet());
    EXPECT_EQ(vanished.intersect(version->all_uids()), UidSet());
  }
  EXPECT_LT(keys_of(store, 'V'), 60u);
}

TEST(Fold, AStoreOfEverythingIsOneSmallRecord) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  fill(store, inbox, 5000);
  // Every second message has the flag already: the record still names the range, not the rows.
  for (std::uint32_t uid = 1; uid <= 5000; uid += 100) {
    ASSERT_TRUE(store.flags(inbox, UidSet::of({uid}), FlagMode::kAdd, kAnswered));
  }
  const auto result = store.flags(inbox, all(), FlagMode::kAdd, kAnswered);
  ASSERT_TRUE(result);
  std::string key("L", 1);
  const auto items = store.run(store.engine().scan(AccountId(1), "L", "M", 0));
  ASSERT_FALSE(items->empty());
  EXPECT_LE(items->back().value.size(), 60u);
  const VersionPtr before = store.version(inbox);
  store.restart();
  expect_equal(*before, *store.version(inbox));
}

TEST(Fold, DamageIsNamedAndConfined) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  fill(store, inbox, 600);
  ASSERT_TRUE(store.append(store.mailbox("Sent"), test_message("m", "x")));
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(store.flags(inbox, UidSet::of({1}), i % 2 == 0 ? FlagMode::kAdd : FlagMode::kRemove,
                            kDraft));
  }
  ASSERT_GT(keys_of(store, 'C'), 0u);
  ASSERT_GT(keys_of(store, 'L'), 1u);
  for (const char kind : {'C', 'L', 'H'}) {
    for (const bool missing : {false, true}) {
      if (kind == 'C' && missing) continue;  // the counts tell, naming the header
      SCOPED_TRACE(std::string(1, kind) + (missing ? " missing" : " damaged"));
      const auto items = store.run(
          store.engine().scan(AccountId(1), std::string(1, kind) + std::string("\0\0\0\1", 4),
                              std::string(1, kind) + std::string("\0\0\0\2", 4), 0));
      ASSERT_FALSE(items->empty());
      const engine::Item item = items->front();
      const auto epoch = store.run(store.engine().acquire(AccountId(1)));
      engine::Batch damage;
      if (missing) {
        damage.deletes.push_back(item.key);
      } else {
        std::string value = item.value;
        value[value.size() / 2] = static_cast<char>(value[value.size() / 2] ^ 1);
        damage.puts.emplace_back(item.key, value);
      }
      store.engine().commit(AccountId(1), *epoch, std::move(damage),
                            engine::Engine::Urgency::kNormal, [](const Result<void>&) {});
      store.restart();
      const auto version = store.run(store.account().version(inbox));
      ASSERT_FALSE(version);
      EXPECT_EQ(version.error().code, Errc::kCorrupt);
      EXPECT_NE(version.error().detail.find("record " + std::string(1, kind) + "00000001"),
                std::string::npos)
          << version.error().detail;
      EXPECT_EQ(store.version(store.mailbox("Sent"))->exists(), 1u);
      // Nothing is freed while a mailbox cannot be read.
      ASSERT_TRUE(store.run(store.account().remove("Sent")));
      store.clock().advance(1000);
      (void)store.run(store.store().maintain());
      EXPECT_GT(keys_of(store, 'R'), 0u);
      ASSERT_TRUE(store.run(store.account().create("Sent", SpecialUse::kSent)));
      ASSERT_TRUE(store.append(store.mailbox("Sent"), test_message("m", "x")));

      const auto again = store.run(store.engine().acquire(AccountId(1)));
      engine::Batch repair;
      repair.puts.emplace_back(item.key, item.value);
      store.engine().commit(AccountId(1), *again, std::move(repair),
                            engine::Engine::Urgency::kNormal, [](const Result<void>&) {});
      store.restart();
      EXPECT_GE(store.version(inbox)->exists(), 600u);
    }
  }
}

}  // namespace
}  // namespace postern::mailstore
