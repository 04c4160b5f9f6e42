// What a feed is told of an account's changes: kinds, names, coalescing, limits, many threads.
#include "mailstore/change_feed.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "mailstore/testing/test_store.h"

namespace postern::mailstore {
namespace {

class Feed : public testing::Test {
 protected:
  Feed() : watch(store.account().follow(feed)) {}

  std::uint8_t kinds(MailboxId mailbox) {
    const ChangeFeed::Changes changes = feed.take();
    EXPECT_TRUE(changes.names.empty());
    EXPECT_LE(changes.messages.size(), 1u);
    const auto at = changes.messages.find(mailbox);
    return at == changes.messages.end() ? 0 : at->second;
  }
  // "name(from) bits" of each event.
  std::vector<std::string> names() {
    std::vector<std::string> lines;
    for (const NameEventsPtr& change : feed.take().names) {
      for (const NameEvent& event : change->events) {
        std::string line = event.name;
        if (!event.old_name.empty()) line += "(" + event.old_name + ")";
        if ((event.kinds & kExistence) != 0) line += " existence";
        if ((event.kinds & kRenamed) != 0) line += " renamed";
        if ((event.kinds & kSubscription) != 0) line += " subscription";
        if ((event.kinds & kIdentity) != 0) line += " identity";
        lines.push_back(line);
      }
    }
    return lines;
  }
  void create(std::string name) {
    TestStore::expect(store.run(store.account().create(std::move(name), SpecialUse::kNone)));
  }
  void subscribe(std::string name, bool on) {
    TestStore::expect(store.run(store.account().subscribe(std::move(name), on)));
  }
  void rename(std::string from, std::string to) {
    TestStore::expect(store.run(store.account().rename(std::move(from), std::move(to))));
  }
  void remove(std::string name) {
    TestStore::expect(store.run(store.account().remove(std::move(name))));
  }

  using Lines = std::vector<std::string>;
  TestStore store;
  Signal signal;
  ChangeFeed feed{signal};
  Watch watch;
  MailboxId inbox = store.mailbox("INBOX");
  UidSet all = UidSet::range(1, UINT32_MAX);
};

TEST_F(Feed, NamesTheKindOfChange) {
  EXPECT_FALSE(feed.pending());
  TestStore::expect(store.append(inbox, test_message("a", "x")));
  EXPECT_TRUE(signal.take());
  EXPECT_EQ(kinds(inbox), kArrivals | kUnseenCount);
  EXPECT_FALSE(feed.pending());
  TestStore::expect(store.append(inbox, test_message("b", "x"), kSeen));
  EXPECT_EQ(kinds(inbox), kArrivals);
  TestStore::expect(store.flags(inbox, all, FlagMode::kAdd, kFlagged));
  EXPECT_EQ(kinds(inbox), kFlagChanges);
  TestStore::expect(store.flags(inbox, all, FlagMode::kAdd, kSeen | kDeleted));
  EXPECT_EQ(kinds(inbox), kFlagChanges | kUnseenCount);
  // A change that changes nothing is none.
  TestStore::expect(store.flags(inbox, all, FlagMode::kAdd, kSeen));
  EXPECT_EQ(kinds(inbox), 0);
  TestStore::expect(store.run(store.account().expunge(inbox, std::nullopt)));
  EXPECT_EQ(kinds(inbox), kExpunges);
}

TEST_F(Feed, OneEntryForManyChangesOfAMailbox) {
  for (int i = 0; i < 5; ++i) TestStore::expect(store.append(inbox, test_message("a", "x")));
  TestStore::expect(store.flags(inbox, all, FlagMode::kAdd, kFlagged));
  EXPECT_EQ(kinds(inbox), kArrivals | kFlagChanges | kUnseenCount);
  EXPECT_TRUE(feed.take().empty());
}

TEST_F(Feed, OwnChangesAreLeftOutUnlessOthersCameToo) {
  TestStore::expect(store.append(inbox, test_message("mine", "x")));
  feed.disown(inbox);
  EXPECT_TRUE(feed.take().empty());
  TestStore::expect(store.append(inbox, test_message("theirs", "x")));
  TestStore::expect(store.append(inbox, test_message("mine", "x")));
  feed.disown(inbox);
  EXPECT_NE(kinds(inbox), 0);
  feed.disown(inbox);  // of nothing
  create("mine");
  feed.disown("mine");
  EXPECT_TRUE(feed.take().empty());
  create("theirs");
  create("mine/too");
  feed.disown("mine/too");
  EXPECT_EQ(names(), Lines{"theirs existence identity"});
}

TEST_F(Feed, CopyAndMoveTellBothMailboxes) {
  create("a");
  TestStore::expect(store.append(inbox, test_message("m", "x")));
  TestStore::expect(store.append(inbox, test_message("n", "x")));
  static_cast<void>(feed.take());
  const MailboxId a = store.mailbox("a");
  TestStore::expect(store.run(store.account().copy(inbox, UidSet::range(1, 1), a)));
  EXPECT_EQ(kinds(a) & kArrivals, kArrivals);
  TestStore::expect(store.run(store.account().move(inbox, all, a)));
  const ChangeFeed::Changes changes = feed.take();
  EXPECT_EQ(changes.messages.at(a) & kArrivals, kArrivals);
  EXPECT_EQ(changes.messages.at(inbox) & kExpunges, kExpunges);
}

TEST_F(Feed, NamesThatComeAndGo) {
  create("a/b");
  EXPECT_EQ(names(), (Lines{"a existence identity", "a/b existence identity"}));
  subscribe("a", true);
  EXPECT_EQ(names(), Lines{"a subscription"});
  subscribe("a", true);  // changes nothing
  EXPECT_EQ(names(), Lines{});
  remove("a");
  EXPECT_EQ(names(), Lines{"a existence"});  // the subscription stays
  subscribe("a", false);
  EXPECT_EQ(names(), Lines{"a subscription"});
  create("a");
  EXPECT_EQ(names(), Lines{"a existence identity"});
}

TEST_F(Feed, RenameIsOneEventForTheRoot) {
  create("a/x/y");
  create("old");
  subscribe("a/x", true);
  static_cast<void>(feed.take());
  rename("a", "b");
  EXPECT_EQ(names(),
            (Lines{"b(a) renamed identity", "b/x subscription identity", "b/x/y identity"}));
  // Only mailboxes below it move.
  remove("b");
  static_cast<void>(feed.take());
  rename("b", "c");
  EXPECT_EQ(names().front(), "c(b) renamed");
  // Missing parents are created, not renamed.
  rename("old", "new/place");
  EXPECT_EQ(names(), (Lines{"new/place(old) renamed identity", "new existence identity"}));
}

TEST_F(Feed, RenameOfInboxLeavesInboxWhereItIs) {
  TestStore::expect(store.append(inbox, test_message("m", "x")));
  static_cast<void>(feed.take());
  rename("INBOX", "INBOX/old/mail");
  const ChangeFeed::Changes changes = feed.take();
  EXPECT_EQ(changes.messages.at(inbox) & kExpunges, kExpunges);
  EXPECT_EQ(changes.messages.at(store.mailbox("INBOX/old/mail")) & kArrivals, kArrivals);
  ASSERT_EQ(changes.names.size(), 1u);
  std::map<std::string, std::uint8_t> told;
  for (const NameEvent& event : changes.names[0]->events) told[event.name] = event.kinds;
  EXPECT_EQ(told, (std::map<std::string, std::uint8_t>{{"INBOX/old", kExistence | kIdentity},
                                                       {"INBOX/old/mail", kRenamed | kIdentity}}));
}

TEST_F(Feed, OwnRenameOfInboxLeavesOutItsMessagesToo) {
  TestStore::expect(store.append(inbox, test_message("m", "x")));
  static_cast<void>(feed.take());
  rename("INBOX", "old");
  feed.disown("old");
  EXPECT_TRUE(feed.take().empty());
}

TEST_F(Feed, MetadataIsOneFlag) {
  std::vector<MetadataChange> changes;
  changes.push_back({"/private/comment", "x"});
  TestStore::expect(store.run(store.account().set_metadata(inbox, changes)));
  EXPECT_TRUE(signal.take());
  EXPECT_TRUE(feed.take().metadata);
  TestStore::expect(store.run(store.account().set_metadata(kServerMetadata, changes)));
  EXPECT_TRUE(feed.take().metadata);
  EXPECT_FALSE(feed.pending());
  // What changes nothing is told to nobody.
  TestStore::expect(store.run(store.account().set_metadata(inbox, changes)));
  EXPECT_FALSE(feed.pending());
}

TEST_F(Feed, AMailboxThatIsGoneHasNoEntry) {
  create("a");
  TestStore::expect(store.append(store.mailbox("a"), test_message("m", "x")));
  remove("a");
  EXPECT_TRUE(feed.take().messages.empty());
}

TEST_F(Feed, TooManyNamesOverflow) {
  for (std::size_t i = 0; i <= kMaxNameEvents / 2; ++i) {
    create("n");
    remove("n");
  }
  const ChangeFeed::Changes changes = feed.take();
  EXPECT_TRUE(changes.overflow);
  EXPECT_TRUE(changes.names.empty());
  create("after");
  EXPECT_EQ(names(), Lines{"after existence identity"});
}

TEST_F(Feed, AnAccountThatDiesSaysSo) {
  EXPECT_FALSE(signal.take());
  TestStore::expect(store.run(store.store().destroy_account(AccountId(1))));
  EXPECT_TRUE(signal.take());
  EXPECT_TRUE(feed.take().dead);
  Signal late_signal;
  ChangeFeed late(late_signal);
  const Watch late_watch = store.account().follow(late);
  EXPECT_TRUE(late_signal.take());
  EXPECT_TRUE(late.take().dead);
}

TEST_F(Feed, NothingComesAfterTheWatchIsGone) {
  watch = Watch();
  TestStore::expect(store.append(inbox, test_message("m", "x")));
  EXPECT_FALSE(feed.pending());
  EXPECT_FALSE(signal.take());
}

// Whatever the threads do, who takes the feed until it is empty has looked at every mailbox after
// its last change.
TEST(FeedThreads, NoChangeIsLost) {
  TestStore store(engine::MemoryEngine::Delivery::kThread);
  constexpr int kThreads = 4, kRounds = 100;
  std::vector<MailboxId> mailboxes;
  for (int i = 0; i < kThreads; ++i) {
    auto made = store.run(store.account().create("m" + std::to_string(i), SpecialUse::kNone));
    ASSERT_TRUE(made);
    mailboxes.push_back(*made);
    ASSERT_TRUE(store.append(*made, test_message("m", "x")));
  }
  Signal signal;
  ChangeFeed feed(signal);
  const Watch watch = store.account().follow(feed);
  std::atomic<int> running = kThreads;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      ManualExecutor executor;
      const std::shared_ptr<Account> account = store.account_ptr();
      for (int round = 0; round < kRounds; ++round) {
        const MailboxId mailbox = mailboxes[static_cast<std::size_t>((i + round) % kThreads)];
        const FlagMode mode = (round & 1) == 0 ? FlagMode::kAdd : FlagMode::kRemove;
        const auto system = static_cast<std::uint8_t>(1 << i);
        EXPECT_TRUE(run_blocking(executor, account->store(mailbox, UidSet::range(1, 1),
                                                          {mode, system, {}}, std::nullopt)));
      }
      --running;
    });
  }
  std::map<MailboxId, ModSeq> seen;
  bool last = false;
  while (!last) {
    last = running == 0;
    for (const auto& [mailbox, kinds] : feed.take().messages) {
      seen[mailbox] = store.account().status(mailbox)->highest_modseq;
    }
  }
  for (std::thread& thread : threads) thread.join();
  for (const MailboxId mailbox : mailboxes) {
    EXPECT_EQ(seen[mailbox], store.account().status(mailbox)->highest_modseq);
  }
}

}  // namespace
}  // namespace postern::mailstore
