// One account, step by step: names, messages, flags, quota, reading, watching.
#include "mailstore/account.h"

#include "mailstore/testing/test_store.h"
#include "mime/parser.h"

namespace postern::mailstore {
namespace {

UidSet all() {
  return UidSet::range(1, UINT32_MAX);
}

std::vector<std::string> names(const Account& account) {
  std::vector<std::string> result;
  for (const Folder& folder : account.folders()->all()) {
    std::string text = folder.name;
    if (!folder.exists()) text += " -";
    if (folder.subscribed) text += " *";
    result.push_back(std::move(text));
  }
  return result;
}

std::vector<std::string> added_names(const Account& account) {
  std::vector<std::string> result;
  for (std::string& name : names(account)) {
    if (name.ends_with(" *") && name.find(' ') == name.size() - 2 &&
        name.find('/') == std::string::npos &&
        (name == "INBOX *" || name == "Archive *" || name == "Drafts *" || name == "Junk *" ||
         name == "Sent *" || name == "Trash *")) {
      continue;
    }
    result.push_back(std::move(name));
  }
  return result;
}

TEST(Account, StartsWithInboxAndSpecialMailboxes) {
  TestStore store;
  EXPECT_EQ(names(store.account()), (std::vector<std::string>{"INBOX *", "Archive *", "Drafts *",
                                                              "Junk *", "Sent *", "Trash *"}));
  EXPECT_EQ(store.account().folders()->find("Sent")->special_use, SpecialUse::kSent);
  EXPECT_EQ(store.version(store.mailbox("INBOX"))->exists(), 0u);
}

TEST(Account, AppendedMessageComesOutWhole) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  const std::string text = test_message("one", "hello");
  const auto appended = store.append(inbox, text, kFlagged, {"Work"});
  ASSERT_TRUE(appended) << appended.error().detail;
  EXPECT_EQ(appended->uids, UidSet::of({1}));
  for (const bool restarted : {false, true}) {
    if (restarted) store.restart();
    const VersionPtr version = store.version(inbox);
    ASSERT_EQ(version->exists(), 1u);
    const auto message = version->by_seq(SeqNum(1));
    EXPECT_EQ(message->row->size, text.size());
    EXPECT_EQ(message->flags().system, kFlagged);
    EXPECT_EQ(version->keywords(), std::vector<std::string>{"Work"});
    EXPECT_TRUE(message->flags().keywords.test(0));
    EXPECT_EQ(message->row->zone_minutes, 60);
    EXPECT_EQ(message->row->modseq, appended->modseq);
    EXPECT_EQ(store.body(message->row->email), text);
    EXPECT_EQ(store.body(message->row->email, 6, 4), text.substr(6, 4));
    EXPECT_EQ(store.body(message->row->email, text.size(), 4), "");
    const auto info = store.run(store.account().read_info({message->row->email}));
    ASSERT_TRUE(info);
    EXPECT_EQ((*info)[0].size, text.size());
    EXPECT_EQ(mime::encode_info((*info)[0].info), mime::encode_info(mime::parse_message(text)));
  }
}

TEST(Account, LargeBodiesAndAllRangesAroundChunkBorders) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  for (const std::size_t size : {65'535u, 65'536u, 65'537u, 131'072u, 300'000u}) {
    std::string text = test_message("big", "");
    while (text.size() < size) text += static_cast<char>('a' + text.size() % 26);
    text.resize(size);
    const auto appended = store.append(inbox, text);
    ASSERT_TRUE(appended);
    const EmailId email = store.version(inbox)->by_uid(appended->uids.min())->row->email;
    EXPECT_EQ(store.body(email), text);
    for (const std::size_t border :
         {std::size_t{0}, std::size_t{65'536}, std::size_t{131'072}, size}) {
      for (int before = -2; before <= 2; ++before) {
        if (before < 0 && border < 2) continue;
        const std::size_t at = border + static_cast<std::size_t>(before);
        for (const std::size_t length : {1u, 2u, 5u, 70'000u}) {
          EXPECT_EQ(store.body(email, at, length), at >= size ? "" : text.substr(at, length));
        }
      }
    }
  }
}

TEST(Account, EmptyMessage) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  ASSERT_TRUE(store.append(inbox, ""));
  const auto message = store.version(inbox)->by_seq(SeqNum(1));
  EXPECT_EQ(message->row->size, 0u);
  EXPECT_EQ(store.body(message->row->email), "");
}

TEST(Account, MessageTooBig) {
  TestStore store;
  store.options().max_message_size = 1000;
  store.restart();
  EXPECT_EQ(store.account().begin_message(1001).error().code, Errc::kTooBig);
  auto writer = store.account().begin_message(0);
  ASSERT_TRUE(writer);
  EXPECT_TRUE(store.run((*writer)->append(std::string(1000, 'x'))));
  EXPECT_EQ(store.run((*writer)->append("x")).error().code, Errc::kTooBig);
}

TEST(Account, StoreModesAndModseq) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
  const auto added = store.flags(inbox, all(), FlagMode::kAdd, kSeen, {"a", "B"});
  ASSERT_TRUE(added);
  EXPECT_EQ(added->modified, UidSet::range(1, 3));
  EXPECT_EQ(added->after, store.version(inbox));
  EXPECT_EQ(store.account().status(inbox)->unseen, 0u);
  // The same again changes nothing; keywords compare without case.
  const auto again = store.flags(inbox, all(), FlagMode::kAdd, kSeen, {"A", "b"});
  EXPECT_EQ(again->modseq, ModSeq(0));
  EXPECT_EQ(again->modified, UidSet::range(1, 3));
  EXPECT_EQ(store.version(inbox)->keywords(), (std::vector<std::string>{"a", "B"}));

  const auto one = store.flags(inbox, UidSet::of({2}), FlagMode::kRemove, kSeen, {"never seen"});
  EXPECT_EQ(one->modseq.value(), added->modseq.value() + 1);
  EXPECT_EQ(store.version(inbox)->by_uid(Uid(1))->row->modseq, added->modseq);
  EXPECT_EQ(store.version(inbox)->keywords().size(), 2u);

  const auto conditional = store.run(
      store.account().store(inbox, all(), {FlagMode::kReplace, kDraft, {}}, added->modseq));
  EXPECT_EQ(conditional->failed, UidSet::of({2}));
  EXPECT_EQ(conditional->modified, UidSet::of({1, 3}));
  const VersionPtr before = store.version(inbox);
  store.restart();
  const VersionPtr after = store.version(inbox);
  EXPECT_TRUE(difference(*before, *after).changed.empty());
  EXPECT_EQ(after->by_uid(Uid(3))->flags().system, kDraft);
  EXPECT_TRUE(after->by_uid(Uid(3))->flags().keywords.none());
}

TEST(Account, KeywordLimits) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
  EXPECT_TRUE(store.flags(inbox, all(), FlagMode::kAdd, 0, {std::string(50, 'k')}));
  EXPECT_EQ(store.flags(inbox, all(), FlagMode::kAdd, 0, {std::string(51, 'k')}).error().code,
            Errc::kLimit);
  std::vector<std::string> many;
  for (int i = 0; i < 255; ++i) many.push_back("k" + std::to_string(i));
  EXPECT_TRUE(store.flags(inbox, all(), FlagMode::kAdd, 0, many));
  EXPECT_EQ(store.flags(inbox, all(), FlagMode::kAdd, 0, {"one too many"}).error().code,
            Errc::kLimit);
  store.restart();
  EXPECT_EQ(store.version(inbox)->by_seq(SeqNum(1))->flags().keywords.count(), 256u);
}

TEST(Account, ExpungeTakesOnlyDeleted) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(store.append(inbox, test_message("m", "x"), i % 2 == 0 ? kDeleted : 0));
  const VersionPtr before = store.version(inbox);
  const auto some = store.run(store.account().expunge(inbox, UidSet::of({1, 2})));
  EXPECT_EQ(some->uids, UidSet::of({1}));
  const auto rest = store.run(store.account().expunge(inbox, std::nullopt));
  EXPECT_EQ(rest->uids, UidSet::of({3, 5}));
  EXPECT_EQ(store.run(store.account().expunge(inbox, std::nullopt))->modseq, ModSeq(0));
  for (const bool restarted : {false, true}) {
    if (restarted) store.restart();
    const VersionPtr after = store.version(inbox);
    EXPECT_EQ(after->all_uids(), UidSet::of({2, 4}));
    EXPECT_EQ(after->counts().uid_next, Uid(6));
    EXPECT_EQ(store.account().vanished_since(inbox, before->counts().highest_modseq, after),
              UidSet::of({1, 3, 5}));
    EXPECT_EQ(store.account().vanished_since(inbox, some->modseq, after), UidSet::of({3, 5}));
    EXPECT_EQ(store.account().vanished_since(inbox, rest->modseq, after), UidSet());
    // What a session still shows has not vanished for it.
    const VersionPtr shown = keep_expunged(before, after);
    EXPECT_EQ(store.account().vanished_since(inbox, ModSeq(1), shown), UidSet());
  }
}

TEST(Account, CopyAndMove) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX"), archive = store.mailbox("Archive");
  ASSERT_TRUE(store.append(archive, test_message("old", "x"), 0, {"other"}));
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(store.append(inbox, test_message("m" + std::to_string(i), "x"), kSeen, {"mine"}));
  }
  const auto copied = store.run(store.account().copy(inbox, UidSet::of({2, 4, 9}), archive));
  EXPECT_EQ(copied->from, UidSet::of({2, 4}));
  EXPECT_EQ(copied->to, UidSet::of({2, 3}));
  const auto moved = store.run(store.account().move(inbox, UidSet::of({1, 2}), archive));
  EXPECT_EQ(moved->to, UidSet::of({4, 5}));
  const auto nothing = store.run(store.account().move(inbox, UidSet::of({1}), archive));
  EXPECT_TRUE(nothing->from.empty());
  EXPECT_EQ(store.run(store.account().copy(inbox, all(), MailboxId(999))).error().code,
            Errc::kTryCreate);
  EXPECT_EQ(store.run(store.account().copy(MailboxId(999), all(), inbox)).error().code,
            Errc::kNotFound);
  for (const bool restarted : {false, true}) {
    if (restarted) store.restart();
    const VersionPtr from = store.version(inbox), to = store.version(archive);
    EXPECT_EQ(from->all_uids(), UidSet::of({3, 4}));
    EXPECT_EQ(to->all_uids(), UidSet::range(1, 5));
    EXPECT_EQ(to->keywords(), (std::vector<std::string>{"other", "mine"}));
    EXPECT_TRUE(to->by_uid(Uid(5))->flags().keywords.test(1));
    EXPECT_FALSE(to->by_uid(Uid(5))->flags().keywords.test(0));
    EXPECT_EQ(to->by_uid(Uid(3))->row->email, from->by_uid(Uid(4))->row->email);
    EXPECT_EQ(store.account().usage().messages, 7u);
  }
  // Within one mailbox: a copy stays beside its original, a move gives a new UID.
  EXPECT_EQ(store.run(store.account().copy(inbox, UidSet::of({3}), inbox))->to, UidSet::of({5}));
  EXPECT_EQ(store.run(store.account().move(inbox, UidSet::of({3}), inbox))->to, UidSet::of({6}));
  store.restart();
  EXPECT_EQ(store.version(inbox)->all_uids(), UidSet::of({4, 5, 6}));
}

TEST(Account, Quota) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  const std::string text = test_message("m", "x");
  ASSERT_TRUE(store.run(store.account().set_quota(text.size() * 3)));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store.append(inbox, text));
  EXPECT_EQ(store.append(inbox, text).error().code, Errc::kOverQuota);
  EXPECT_EQ(store.run(store.account().copy(inbox, UidSet::of({1}), inbox)).error().code,
            Errc::kOverQuota);
  EXPECT_TRUE(store.run(store.account().move(inbox, UidSet::of({1}), store.mailbox("Trash"))));
  EXPECT_TRUE(store.run(store.account().remove("Trash")));
  store.restart();
  EXPECT_EQ(store.account().usage().bytes, text.size() * 2);
  EXPECT_EQ(store.account().usage().limit.bytes, text.size() * 3);
  EXPECT_TRUE(store.append(inbox, text));
}

TEST(Account, QuotaOfMessagesAndMailboxes) {
  TestStore store;
  Account& account = store.account();
  const MailboxId inbox = store.mailbox("INBOX");
  ASSERT_TRUE(store.run(account.set_quota({0, 2, 7})));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
  EXPECT_EQ(store.append(inbox, test_message("m", "x")).error().code, Errc::kOverQuota);
  EXPECT_TRUE(store.run(account.create("a", SpecialUse::kNone)));
  EXPECT_EQ(store.run(account.create("b", SpecialUse::kNone)).error().code, Errc::kOverQuota);
  EXPECT_EQ(store.run(account.rename("INBOX", "b")).error().code, Errc::kOverQuota);
  store.restart();
  const Account::Usage usage = store.account().usage();
  EXPECT_EQ(usage.limit, Quota(0, 2, 7));
  EXPECT_EQ(usage.messages, 2u);
  EXPECT_EQ(usage.mailboxes, 7u);
  EXPECT_TRUE(usage.fits(UINT64_MAX, 0));
  EXPECT_FALSE(usage.fits(0, 1));
}

TEST(Account, CreateRenameRemove) {
  TestStore store;
  Account& account = store.account();
  EXPECT_TRUE(store.run(account.create("a/b/c/", SpecialUse::kNone)));
  EXPECT_EQ(added_names(account), (std::vector<std::string>{"a", "a/b", "a/b/c"}));
  EXPECT_EQ(store.run(account.create("a/b", SpecialUse::kNone)).error().code, Errc::kAlreadyExists);
  EXPECT_EQ(store.run(account.create("inbox", SpecialUse::kNone)).error().code,
            Errc::kAlreadyExists);
  EXPECT_EQ(store.run(account.create("sent2", SpecialUse::kSent)).error().code,
            Errc::kAlreadyExists);
  EXPECT_TRUE(store.run(account.create("inbox/x", SpecialUse::kNone)));
  EXPECT_NE(store.mailbox("INBOX/x"), MailboxId(0));

  const MailboxId c = store.mailbox("a/b/c");
  EXPECT_TRUE(store.run(account.subscribe("a/b", true)));
  EXPECT_EQ(store.run(account.subscribe("nowhere", true)).error().code, Errc::kNotFound);
  EXPECT_TRUE(store.run(account.subscribe("nowhere", false)));
  EXPECT_TRUE(store.run(account.rename("a/b", "z/y")));
  EXPECT_EQ(store.mailbox("z/y/c"), c);
  EXPECT_EQ(added_names(account),
            (std::vector<std::string>{"INBOX/x", "a", "a/b - *", "z", "z/y *", "z/y/c"}));
  EXPECT_EQ(store.run(account.rename("z", "z/w")).error().code, Errc::kCannot);
  EXPECT_EQ(store.run(account.rename("z", "a")).error().code, Errc::kAlreadyExists);
  EXPECT_EQ(store.run(account.rename("nowhere", "q")).error().code, Errc::kNotFound);

  EXPECT_TRUE(store.run(account.remove("z/y")));
  EXPECT_TRUE(store.run(account.remove("z")));
  EXPECT_EQ(store.run(account.remove("z")).error().code, Errc::kNotFound);
  EXPECT_EQ(store.run(account.remove("INBOX")).error().code, Errc::kCannot);
  const std::vector<std::string> expected{"INBOX/x", "a", "a/b - *", "z -", "z/y - *", "z/y/c"};
  EXPECT_EQ(added_names(account), expected);
  store.restart();
  EXPECT_EQ(added_names(store.account()), expected);
  EXPECT_TRUE(store.account().folders()->has_children("z"));
  EXPECT_FALSE(store.account().folders()->has_children("z/y/c"));
  EXPECT_TRUE(store.run(store.account().subscribe("z/y", false)));
  EXPECT_EQ(added_names(store.account()),
            (std::vector<std::string>{"INBOX/x", "a", "a/b - *", "z -", "z/y -", "z/y/c"}));
  // A name that comes back is subscribed still, and empty under another UIDVALIDITY.
  const UidValidity before = store.account().folders()->find("z/y/c")->uid_validity;
  EXPECT_TRUE(store.run(store.account().remove("z/y/c")));
  EXPECT_TRUE(store.run(store.account().create("z/y/c", SpecialUse::kNone)));
  EXPECT_GT(store.account().folders()->find("z/y/c")->uid_validity, before);
  EXPECT_TRUE(store.run(store.account().create("a/b", SpecialUse::kNone)));
  EXPECT_TRUE(store.account().folders()->find("a/b")->subscribed);
}

TEST(Account, RenameInboxMovesItsMessages) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  EXPECT_TRUE(store.run(store.account().create("INBOX/child", SpecialUse::kNone)));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(store.append(inbox, test_message("m" + std::to_string(i), "x"), kSeen, {"key"}));
  }
  EXPECT_EQ(store.run(store.account().rename("inbox", "Sent")).error().code, Errc::kAlreadyExists);
  ASSERT_TRUE(store.run(store.account().rename("inbox", "old/mail")));
  for (const bool restarted : {false, true}) {
    if (restarted) store.restart();
    EXPECT_EQ(store.mailbox("INBOX"), inbox);
    EXPECT_NE(store.mailbox("INBOX/child"), MailboxId(0));
    EXPECT_EQ(store.version(inbox)->exists(), 0u);
    EXPECT_EQ(store.version(inbox)->counts().uid_next, Uid(4));
    const VersionPtr moved = store.version(store.mailbox("old/mail"));
    EXPECT_EQ(moved->all_uids(), UidSet::range(1, 3));
    EXPECT_EQ(moved->keywords(), std::vector<std::string>{"key"});
    EXPECT_TRUE(moved->by_uid(Uid(2))->flags().keywords.test(0));
    EXPECT_EQ(store.body(moved->by_uid(Uid(2))->row->email), test_message("m1", "x"));
  }
}

TEST(Account, WatchersAreTold) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX"), sent = store.mailbox("Sent");
  Signal signal;
  {
    const Watch watch = store.account().watch(inbox, signal);
    EXPECT_FALSE(signal.take());
    ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
    EXPECT_TRUE(signal.take());
    ASSERT_TRUE(store.append(sent, test_message("m", "x")));
    EXPECT_FALSE(signal.take());
    ASSERT_TRUE(store.run(store.account().copy(sent, all(), inbox)));
    EXPECT_TRUE(signal.take());
  }
  ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
  EXPECT_FALSE(signal.take());
}

TEST(Account, RecentIsClaimedOnce) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
  EXPECT_EQ(store.account().claim_recent(inbox, true), Uid(1));
  EXPECT_EQ(store.account().claim_recent(inbox, false), Uid(1));
  EXPECT_EQ(store.account().claim_recent(inbox, false), Uid(2));
}

TEST(Account, DamagedStructureIsRebuiltFromTheBody) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  const std::string text = test_message("rebuild me", "x");
  ASSERT_TRUE(store.append(inbox, text));
  const EmailId email = store.version(inbox)->by_seq(SeqNum(1))->row->email;
  store.close();
  // A foreign owner spoils the record behind the store's back.
  const auto damage = [&](std::string key, std::optional<std::string> value) {
    const auto epoch = store.run(store.engine().acquire(AccountId(1)));
    engine::Batch batch;
    if (value) {
      batch.puts.emplace_back(key, *value);
    } else {
      batch.deletes.push_back(key);
    }
    store.engine().commit(AccountId(1), *epoch, std::move(batch), engine::Engine::Urgency::kNormal,
                          [](const Result<void>&) {});
  };
  std::string key("E\0\0\0\0\0\0\0", 8);
  key += static_cast<char>(email.value());
  for (const auto& value : {std::optional<std::string>("rubbish"), std::optional<std::string>()}) {
    damage(key, value);
    store.open();
    store.reopen_account();
    const auto info = store.run(store.account().read_info({email}));
    ASSERT_TRUE(info) << info.error().detail;
    EXPECT_EQ(mime::encode_info((*info)[0].info), mime::encode_info(mime::parse_message(text)));
    store.close();
  }
}

}  // namespace
}  // namespace postern::mailstore
