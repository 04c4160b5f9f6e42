// Metadata of mailboxes and of the server: kept, bounded, all or nothing.
#include "mailstore/metadata.h"

#include <gtest/gtest.h>

#include "crypto/crypto.h"
#include "mailstore/records.h"
#include "mailstore/testing/test_store.h"

namespace postern::mailstore {
namespace {

std::string value_of(TestStore& store, MailboxId mailbox, const std::string& entry) {
  const MetadataPtr metadata = store.account().metadata();
  const MetadataEntriesPtr entries = metadata->find(mailbox);
  if (!entries) return "-";
  const auto at = entries->find(entry);
  return at == entries->end() ? "-" : *at->second;
}

Errc set(TestStore& store, MailboxId mailbox, std::vector<MetadataChange> changes) {
  const auto done = store.run(store.account().set_metadata(mailbox, std::move(changes)));
  return done ? Errc::kInternal : done.error().code;
}
constexpr Errc kOk = Errc::kInternal;  // no failure of set() here

TEST(Metadata, SurvivesARestart) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX"), trash = store.mailbox("Trash");
  EXPECT_EQ(set(store, inbox, {{"/private/a", "1"}, {"/shared/b", std::string("\0\n", 2)}}), kOk);
  EXPECT_EQ(set(store, trash, {{"/private/a", "2"}}), kOk);
  EXPECT_EQ(set(store, kServerMetadata, {{"/private/a", "3"}}), kOk);
  EXPECT_EQ(set(store, inbox, {{"/private/a", std::nullopt}, {"/private/c", ""}}), kOk);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(value_of(store, inbox, "/private/a"), "-");
    EXPECT_EQ(value_of(store, inbox, "/shared/b"), std::string("\0\n", 2));
    EXPECT_EQ(value_of(store, inbox, "/private/c"), "");
    EXPECT_EQ(value_of(store, trash, "/private/a"), "2");
    EXPECT_EQ(value_of(store, kServerMetadata, "/private/a"), "3");
    store.restart();
  }
}

TEST(Metadata, FollowsTheMailbox) {
  TestStore store;
  const MailboxId box = *store.run(store.account().create("a/b", SpecialUse::kNone)),
                  inbox = store.mailbox("INBOX");
  EXPECT_EQ(set(store, box, {{"/private/a", "1"}}), kOk);
  EXPECT_EQ(set(store, inbox, {{"/private/a", "in"}}), kOk);
  ASSERT_TRUE(store.run(store.account().rename("a", "x")));
  ASSERT_TRUE(store.run(store.account().rename("INBOX", "old")));
  store.restart();
  EXPECT_EQ(value_of(store, store.mailbox("x/b"), "/private/a"), "1");
  EXPECT_EQ(value_of(store, store.mailbox("INBOX"), "/private/a"), "in");
  EXPECT_EQ(value_of(store, store.mailbox("old"), "/private/a"), "in");
  ASSERT_TRUE(store.run(store.account().remove("x/b")));
  EXPECT_EQ(value_of(store, box, "/private/a"), "-");
  EXPECT_EQ(set(store, box, {{"/private/a", "1"}}), Errc::kNotFound);
  store.restart();
  EXPECT_EQ(store.account().metadata()->all().size(), 2u);
}

TEST(Metadata, EndsAtItsLimits) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  EXPECT_EQ(set(store, inbox, {{"/private/a", std::string(kMaxMetadataValue + 1, 'x')}}),
            Errc::kTooBig);
  EXPECT_EQ(set(store, inbox, {{std::string(kMaxMetadataEntry + 1, 'x'), "1"}}), Errc::kLimit);
  std::vector<MetadataChange> many;
  for (std::size_t i = 0; i <= kMaxMetadataEntries; ++i)
    many.push_back({"/private/" + std::to_string(i), "1"});
  EXPECT_EQ(set(store, inbox, many), Errc::kLimit);
  EXPECT_TRUE(store.account().metadata()->all().empty());
  const std::string most(kMaxMetadataValue, 'x');
  std::size_t kept = 0;
  for (; kept < 200; ++kept) {
    const MailboxId where = kept % 2 == 0 ? inbox : kServerMetadata;
    if (set(store, where, {{"/private/" + std::to_string(kept), most}}) != kOk) break;
  }
  EXPECT_EQ(kept, kMaxMetadataOctets / kMaxMetadataValue - 1);
  EXPECT_EQ(set(store, inbox, {{"/private/0", most}}), kOk) << "what adds nothing goes on";
  EXPECT_EQ(set(store, inbox, {{"/private/0", std::nullopt}}), kOk);
  EXPECT_EQ(set(store, kServerMetadata, {{"/private/x", most}}), kOk);
}

TEST(Metadata, AFailedCommitChangesNothing) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  EXPECT_EQ(set(store, inbox, {{"/private/a", "1"}}), kOk);
  const MetadataPtr before = store.account().metadata();
  EXPECT_EQ(set(store, inbox, {{"/private/a", "1"}}), kOk);
  EXPECT_EQ(store.account().metadata(), before) << "no change, no new snapshot";
  EXPECT_EQ(*before->find(inbox)->at("/private/a"), "1");
}

// RFC 7162 §3.2.
TEST(Metadata, ChangesMoveTheModseqOfTheirMailbox) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX"), trash = store.mailbox("Trash");
  ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
  const auto modseq = [&](MailboxId mailbox) {
    return store.account().status(mailbox)->highest_modseq.value();
  };
  const std::uint64_t before = modseq(inbox), other = modseq(trash);
  EXPECT_EQ(set(store, inbox, {{"/private/a", "1"}, {"/private/b", "2"}}), kOk);
  EXPECT_EQ(modseq(inbox), before + 1);
  EXPECT_EQ(set(store, inbox, {{"/private/a", "1"}, {"/private/c", std::nullopt}}), kOk);
  EXPECT_EQ(modseq(inbox), before + 1) << "nothing changed";
  EXPECT_EQ(set(store, kServerMetadata, {{"/private/a", "1"}}), kOk);
  store.restart();
  EXPECT_EQ(modseq(inbox), before + 1);
  EXPECT_EQ(modseq(trash), other);
  // Rows and history are as they were.
  EXPECT_EQ(store.version(inbox)->exists(), 1u);
  EXPECT_EQ(store.version(inbox)->by_seq(SeqNum(1))->row->modseq.value(), before);
  EXPECT_EQ(set(store, inbox, {{"/private/a", std::nullopt}}), kOk);
  EXPECT_EQ(store.version(inbox)->counts().highest_modseq.value(), before + 2);
}

TEST(Metadata, ChangesAreSignalled) {
  TestStore store;
  const MailboxId inbox = store.mailbox("INBOX");
  Signal signal;
  const Watch watch = store.account().watch(kServerMetadata, signal);
  ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
  EXPECT_FALSE(signal.take());
  EXPECT_EQ(set(store, inbox, {{"/private/a", "1"}}), kOk);
  EXPECT_TRUE(signal.take());
  EXPECT_EQ(set(store, inbox, {{"/private/a", "1"}}), kOk);
  EXPECT_FALSE(signal.take());
}

TEST(Metadata, TheDocumentedBytes) {
  EXPECT_EQ(crypto::to_hex(encode_metadata({"/private/comment", "hi"})),
            "01102f707269766174652f636f6d6d656e74026869");
}

}  // namespace
}  // namespace postern::mailstore
