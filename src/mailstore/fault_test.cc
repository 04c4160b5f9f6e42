// What the account does when the engine says no, at every step of a script and with changes queued
// behind.
#include <gtest/gtest.h>

#include <functional>

#include "engine/memory/memory_engine.h"
#include "mailstore/testing/test_store.h"

namespace postern::mailstore {
namespace {

using Effect = engine::MemoryEngine::Effect;

UidSet all() {
  return UidSet::range(1, UINT32_MAX);
}

// Everything a client could see of the account, as text.
std::string dump(TestStore& store) {
  std::string text;
  for (const Folder& folder : store.account().folders()->all()) {
    text += folder.name + (folder.subscribed ? " subscribed" : "") + "\n";
    if (!folder.exists()) continue;
    const VersionPtr version = store.version(folder.id);
    if (!version) return "unreadable";
    const MailboxCounts& counts = version->counts();
    text += " next " + std::to_string(counts.uid_next.value()) + " modseq " +
            std::to_string(counts.highest_modseq.value()) + "\n";
    version->visit_all([&](const MailboxVersion::MessageRef& message) {
      text += " " + std::to_string(message.row->uid.value()) + " flags " +
              std::to_string(message.flags().system) + " keywords " +
              std::to_string(message.flags().keywords.count()) + " modseq " +
              std::to_string(message.row->modseq.value()) + " " +
              store.body(message.row->email).substr(0, 60) + "\n";
      return true;
    });
  }
  const MetadataPtr metadata = store.account().metadata();
  for (const auto& [mailbox, entries] : metadata->all()) {
    for (const auto& [name, value] : *entries)
      text += std::to_string(mailbox.value()) + " " + name + "=" + *value + "\n";
  }
  const Account::Usage usage = store.account().usage();
  return text + std::to_string(usage.bytes) + " in " + std::to_string(usage.messages);
}

using Step = std::function<Result<void>(TestStore&)>;
template <class T>
Result<void> outcome(Result<T> result) {
  if (!result) return std::unexpected(std::move(result).error());
  return {};
}

std::vector<Step> script() {
  return {
      [](TestStore& s) {
        return outcome(s.append(s.mailbox("INBOX"), test_message("one", "x"), 0, {"key"}));
      },
      [](TestStore& s) {
        return outcome(s.append(s.mailbox("INBOX"), test_message("two", "y"), kSeen));
      },
      [](TestStore& s) {
        return outcome(s.flags(s.mailbox("INBOX"), all(), FlagMode::kAdd, kDeleted, {"new"}));
      },
      [](TestStore& s) {
        return outcome(
            s.run(s.account().copy(s.mailbox("INBOX"), UidSet::of({1}), s.mailbox("Sent"))));
      },
      [](TestStore& s) { return outcome(s.run(s.account().create("a/b", SpecialUse::kNone))); },
      [](TestStore& s) {
        return outcome(
            s.run(s.account().move(s.mailbox("INBOX"), UidSet::of({2}), s.mailbox("a/b"))));
      },
      [](TestStore& s) { return outcome(s.run(s.account().subscribe("a/b", true))); },
      [](TestStore& s) { return outcome(s.run(s.account().rename("a", "c"))); },
      [](TestStore& s) {
        return outcome(s.run(s.account().expunge(s.mailbox("INBOX"), std::nullopt)));
      },
      [](TestStore& s) {
        return s.run(s.account().set_metadata(s.mailbox("INBOX"),
                                              {{"/private/a", "1"}, {"/shared/b", "2"}}));
      },
      [](TestStore& s) {
        return s.run(s.account().set_metadata(kServerMetadata, {{"/private/a", "3"}}));
      },
      [](TestStore& s) {
        return s.run(s.account().set_metadata(s.mailbox("INBOX"),
                                              {{"/private/a", std::nullopt}, {"/shared/b", "4"}}));
      },
      [](TestStore& s) { return outcome(s.run(s.account().rename("INBOX", "before"))); },
      [](TestStore& s) { return outcome(s.run(s.account().remove("c/b"))); },
      [](TestStore& s) { return outcome(s.run(s.account().set_quota({1 << 20, 100, 50}))); },
      [](TestStore& s) { return outcome(s.run(s.store().maintain())); },
  };
}

TEST(Fault, EveryStepRefusedOnce) {
  for (const Errc code : {Errc::kUnavailable, Errc::kFull}) {
    for (std::size_t failing = 0; failing < script().size() - 1; ++failing) {
      SCOPED_TRACE(std::string(to_string(code)) + " at " + std::to_string(failing));
      TestStore store, undisturbed;
      std::size_t at = 0;
      for (const Step& step : script()) {
        if (at++ == failing) {
          const std::string before = dump(store);
          store.engine().fail_next_commit(code);
          const auto result = step(store);
          ASSERT_FALSE(result);
          EXPECT_EQ(result.error().code, code);
          EXPECT_EQ(dump(store), before);
        }
        ASSERT_TRUE(step(store));
        ASSERT_TRUE(step(undisturbed));
      }
      EXPECT_EQ(dump(store), dump(undisturbed));
      const std::string before = dump(store);
      store.restart();
      EXPECT_EQ(dump(store), before);
    }
  }
}

TEST(Fault, EveryStepWithUnknownOutcome) {
  for (const Effect effect : {Effect::kNone, Effect::kApplied}) {
    for (std::size_t failing = 0; failing < script().size() - 1; ++failing) {
      SCOPED_TRACE((effect == Effect::kNone ? "lost at " : "kept at ") + std::to_string(failing));
      TestStore store, undisturbed;
      const auto steps = script();
      for (std::size_t at = 0; at < failing; ++at) {
        ASSERT_TRUE(steps[at](store));
        ASSERT_TRUE(steps[at](undisturbed));
      }
      store.engine().fail_next_commit(Errc::kUnknownOutcome, effect);
      EXPECT_EQ(steps[failing](store).error().code, Errc::kUnknownOutcome);
      // The account is dead until it is loaded afresh; the store does that by itself.
      EXPECT_EQ(store.account().status(MailboxId(1)).error().code, Errc::kUnavailable);
      EXPECT_EQ(store.run(store.account().create("no", SpecialUse::kNone)).error().code,
                Errc::kUnavailable);
      store.reopen_account();
      if (effect == Effect::kApplied) ASSERT_TRUE(steps[failing](undisturbed));
      EXPECT_EQ(dump(store), dump(undisturbed));
    }
  }
}

TEST(Fault, ChangesBehindARefusedOneAreMadeAnew) {
  for (const Errc code : {Errc::kUnavailable, Errc::kFull}) {
    TestStore store;
    const MailboxId inbox = store.mailbox("INBOX");
    ASSERT_TRUE(store.append(inbox, test_message("zero", "x")));
    auto first = store.messages(test_message("first", "x"));
    auto second = store.messages(test_message("second", "x"));
    ASSERT_TRUE(first && second);
    std::optional<Result<AppendResult>> one, two;
    std::optional<Result<StoreResult>> flags;
    std::optional<Result<MailboxId>> created;
    store.engine().hold_commits();
    store.engine().fail_next_commit(code);
    store.start(store.account().append(inbox, std::move(*first)), one);
    store.start(store.account().append(inbox, std::move(*second)), two);
    store.start(store.account().store(inbox, all(), {FlagMode::kAdd, kSeen, {"k"}}, std::nullopt),
                flags);
    store.start(store.account().create("made", SpecialUse::kNone), created);
    EXPECT_FALSE(one || two || flags || created);
    EXPECT_EQ(store.account().status(inbox)->exists,
              1u);  // nothing is visible before it is durable
    store.engine().release_commits();
    store.executor().run_until([&] { return one && two && flags && created; });
    EXPECT_EQ(one->error().code, code);
    ASSERT_TRUE(*two);
    ASSERT_TRUE(*flags);
    ASSERT_TRUE(*created);
    EXPECT_EQ((*two)->uids, UidSet::of({2}));
    EXPECT_EQ((*flags)->modified, UidSet::of({1, 2}));
    store.restart();
    EXPECT_EQ(store.version(inbox)->exists(), 2u);
    EXPECT_EQ(store.version(inbox)->counts().unseen, 0u);
    EXPECT_EQ(store.body(store.version(inbox)->by_uid(Uid(2))->row->email),
              test_message("second", "x"));
    EXPECT_EQ(store.mailbox("made"), **created);
  }
}

TEST(Fault, ChangesBehindAnUnknownOutcomeDidNotHappen) {
  for (const Effect effect : {Effect::kNone, Effect::kApplied}) {
    TestStore store;
    const MailboxId inbox = store.mailbox("INBOX");
    auto first = store.messages(test_message("first", "x"));
    auto second = store.messages(test_message("second", "x"));
    ASSERT_TRUE(first && second);
    std::optional<Result<AppendResult>> one, two;
    store.engine().hold_commits();
    store.engine().fail_next_commit(Errc::kUnknownOutcome, effect);
    store.start(store.account().append(inbox, std::move(*first)), one);
    store.start(store.account().append(inbox, std::move(*second)), two);
    store.engine().release_commits();
    store.executor().run_until([&] { return one && two; });
    EXPECT_EQ(one->error().code, Errc::kUnknownOutcome);
    EXPECT_EQ(two->error().code, Errc::kUnavailable);
    store.reopen_account();
    EXPECT_EQ(store.version(inbox)->exists(), effect == Effect::kApplied ? 1u : 0u);
  }
}

TEST(Fault, ANoOpWaitsForWhatItReliesOn) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
  std::optional<Result<StoreResult>> one, two;
  store.engine().hold_commits();
  store.engine().fail_next_commit(Errc::kUnavailable);
  store.start(store.account().store(inbox, all(), {FlagMode::kAdd, kSeen, {}}, std::nullopt), one);
  // Nothing to do once the first is durable. But it will not be: this one must then set the flag
  // itself.
  store.start(store.account().store(inbox, all(), {FlagMode::kAdd, kSeen, {}}, std::nullopt), two);
  EXPECT_FALSE(two);
  store.engine().release_commits();
  store.executor().run_until([&] { return one && two; });
  EXPECT_FALSE(*one);
  ASSERT_TRUE(*two);
  store.restart();
  EXPECT_EQ(store.version(inbox)->counts().unseen, 0u);  // I6
}

TEST(Fault, AFullDiskStillTakesFlagsAndExpunges) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
  auto late = store.messages(test_message("late", "x"));
  ASSERT_TRUE(late);
  store.engine().set_free_bytes(0);
  EXPECT_EQ(store.account().begin_message(10).error().code, Errc::kFull);
  EXPECT_EQ(store.run(store.account().append(inbox, std::move(*late))).error().code, Errc::kFull);
  EXPECT_TRUE(store.flags(inbox, all(), FlagMode::kAdd, kDeleted));
  EXPECT_TRUE(store.run(store.account().move(inbox, all(), store.mailbox("Trash"))));
  EXPECT_TRUE(store.run(store.account().expunge(store.mailbox("Trash"), std::nullopt)));
  EXPECT_EQ(store.body(EmailId(1)), test_message("m", "x"));
  store.restart();
  EXPECT_EQ(store.account().usage().messages, 0u);
}

TEST(Fault, RowsLoadWhileChangesAreUnderWay) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
  store.restart();
  ASSERT_EQ(store.account().loaded_version(inbox), nullptr);
  auto next = store.messages(test_message("next", "x"), 0, {"word"});
  ASSERT_TRUE(next);
  std::optional<Result<AppendResult>> appended;
  store.engine().hold_commits();
  store.start(store.account().append(inbox, std::move(*next)), appended);
  // Loaded while the append waits: what is shown is what is durable.
  EXPECT_EQ(store.version(inbox)->exists(), 3u);
  std::optional<Result<StoreResult>> flags;
  store.start(store.account().store(inbox, all(), {FlagMode::kAdd, kSeen, {}}, std::nullopt),
              flags);
  store.engine().release_commits();
  store.executor().run_until([&] { return appended && flags; });
  EXPECT_EQ((*flags)->modified, UidSet::range(1, 4));
  const VersionPtr version = store.version(inbox);
  EXPECT_EQ(version->exists(), 4u);
  EXPECT_EQ(version->keywords(), std::vector<std::string>{"word"});
  store.restart();
  EXPECT_TRUE(difference(*version, *store.version(inbox)).changed.empty());
}

TEST(Fault, FailedReadsAreReportedAndForgotten) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
  store.restart();
  store.engine().fail_next_read(Errc::kIo);
  EXPECT_EQ(store.run(store.account().version(inbox)).error().code, Errc::kIo);
  EXPECT_EQ(store.version(inbox)->exists(), 1u);
  store.engine().fail_next_read(Errc::kIo);
  EXPECT_EQ(store.run(store.account().read_body(EmailId(1), 0, 10)).error().code, Errc::kIo);
  EXPECT_EQ(store.body(EmailId(1)), test_message("m", "x"));
}

TEST(Fault, AnotherOwnerEndsThisOne) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  Signal signal;
  const Watch watch = store.account().watch(inbox, signal);
  ASSERT_TRUE(store.run(store.engine().acquire(AccountId(1))));
  EXPECT_EQ(store.append(inbox, test_message("m", "x")).error().code, Errc::kNotOwner);
  EXPECT_TRUE(signal.take());  // sessions find out at once
  EXPECT_EQ(store.append(inbox, test_message("m", "x")).error().code, Errc::kUnavailable);
  store.reopen_account();
  EXPECT_TRUE(store.append(inbox, test_message("m", "x")));
}

TEST(Fault, SweepCutShortIsDoneAgain) {
  for (int failing = 0; failing < 2; ++failing) {
    TestStore store;
    store.options().release_grace_seconds = 0;
    store.restart();
    const MailboxId inbox = store.mailbox("INBOX");
    std::vector<NewMessage> many;
    for (int i = 0; i < 600; ++i)
      many.push_back(std::move((*store.messages(test_message("m", "x"), kDeleted))[0]));
    ASSERT_TRUE(store.run(store.account().append(inbox, std::move(many))));
    ASSERT_TRUE(store.run(store.account().copy(inbox, UidSet::of({7}), store.mailbox("Sent"))));
    ASSERT_TRUE(store.run(store.account().expunge(inbox, std::nullopt)));
    for (int i = 0; i < failing; ++i) store.engine().fail_next_commit(Errc::kUnavailable);
    (void)store.run(store.store().maintain());
    store.restart();
    ASSERT_TRUE(store.run(store.store().maintain()));
    EXPECT_EQ(store.run(store.engine().scan(AccountId(1), "B", "C", 0))->size(), 1u);
    EXPECT_EQ(store.run(store.engine().scan(AccountId(1), "R", "S", 0))->size(), 0u);
    EXPECT_EQ(store.body(store.version(store.mailbox("Sent"))->by_seq(SeqNum(1))->row->email),
              test_message("m", "x"));
  }
}

TEST(Fault, SweepWaitsForTheGraceTime) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  ASSERT_TRUE(store.append(inbox, test_message("m", "x"), kDeleted));
  const EmailId email = store.version(inbox)->by_seq(SeqNum(1))->row->email;
  ASSERT_TRUE(store.run(store.account().expunge(inbox, std::nullopt)));
  ASSERT_TRUE(store.run(store.store().maintain()));
  EXPECT_EQ(store.body(email), test_message("m", "x"));
  store.clock().advance(301);
  ASSERT_TRUE(store.run(store.store().maintain()));
  EXPECT_EQ(store.run(store.account().read_body(email, 0, 1)).error().code, Errc::kExpunged);
}

TEST(Fault, OneDestructionThatFailsHoldsUpNobody) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  for (const std::uint64_t id : {2u, 3u}) {
    ASSERT_TRUE(store.run(store.store().create_account(AccountId(id), 0)));
    const auto epoch = store.run(store.engine().acquire(AccountId(id)));
    engine::Batch key;
    key.deletes.push_back("K");
    store.engine().commit(AccountId(id), *epoch, std::move(key), engine::Engine::Urgency::kNormal,
                          [](const Result<void>&) {});
  }
  ASSERT_TRUE(store.append(inbox, test_message("m", "x"), kDeleted));
  const EmailId email = store.version(inbox)->by_seq(SeqNum(1))->row->email;
  ASSERT_TRUE(store.run(store.account().expunge(inbox, std::nullopt)));
  store.clock().advance(301);
  const auto accounts = [&] { return store.run(store.engine().list_accounts())->size(); };
  const std::size_t before = accounts();
  store.engine().fail_next_commit(Errc::kCorrupt);
  EXPECT_TRUE(store.run(store.store().maintain()));
  EXPECT_EQ(accounts(), before - 1) << "the other one is gone";
  EXPECT_EQ(store.run(store.account().read_body(email, 0, 1)).error().code, Errc::kExpunged);
  EXPECT_TRUE(store.run(store.store().maintain()));
  EXPECT_EQ(accounts(), before - 1);
  store.clock().advance(61);
  EXPECT_TRUE(store.run(store.store().maintain()));
  EXPECT_EQ(accounts(), before - 2) << "tried again";
  // One whose destruction fails while the server runs is found, too.
  ASSERT_TRUE(store.run(store.store().create_account(AccountId(4), 0)));
  store.engine().fail_next_commit(Errc::kUnknownOutcome, Effect::kApplied);
  EXPECT_FALSE(store.run(store.store().destroy_account(AccountId(4))));
  store.clock().advance(61);
  EXPECT_TRUE(store.run(store.store().maintain()));
  EXPECT_EQ(accounts(), before - 2);
}

TEST(Fault, DestructionCutShortIsFinished) {
  TestStore store;
  ASSERT_TRUE(store.append(store.mailbox("INBOX"), test_message("m", "x")));
  const std::shared_ptr<Account> session = store.account_ptr();
  // The key goes first; then the engine fails.
  store.engine().hold_commits();
  std::optional<Result<void>> destroyed;
  store.start(store.store().destroy_account(AccountId(1)), destroyed);
  store.engine().release_commits();
  store.executor().run_until([&] { return destroyed.has_value(); });
  EXPECT_TRUE(*destroyed);
  EXPECT_EQ(session->status(MailboxId(1)).error().code, Errc::kUnavailable);
  EXPECT_EQ(store.run(store.store().open_account(AccountId(1))).error().code, Errc::kNotFound);
  EXPECT_EQ(store.run(store.store().destroy_account(AccountId(1))).error().code, Errc::kNotFound);

  ASSERT_TRUE(store.run(store.store().create_account(AccountId(2), 0)));
  store.engine().fail_next_commit(Errc::kUnavailable);
  EXPECT_FALSE(store.run(store.store().destroy_account(AccountId(2))));
  EXPECT_TRUE(store.run(store.store().open_account(AccountId(2))));
  const auto epoch = store.run(store.engine().acquire(AccountId(2)));
  engine::Batch key;
  key.deletes.push_back("K");
  store.engine().commit(AccountId(2), *epoch, std::move(key), engine::Engine::Urgency::kNormal,
                        [](const Result<void>&) {});
  store.close();
  store.open();
  ASSERT_TRUE(store.run(store.store().maintain()));
  EXPECT_EQ(*store.run(store.engine().list_accounts()), std::vector<AccountId>{AccountId(0)});
}

}  // namespace
}  // namespace postern::mailstore
