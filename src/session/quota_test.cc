// QUOTA, QUOTASET and STATUS DELETED-STORAGE (RFC 9208) over the wire.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

void limit(Rig& rig, mailstore::Quota quota) {
  auto account = run_blocking(rig.executor, rig.store->open_account(AccountId(1)));
  ASSERT_TRUE(account.has_value());
  ASSERT_TRUE(run_blocking(rig.executor, (*account)->set_quota(quota)).has_value());
}

// A message of exactly `size` octets.
std::string sized(std::size_t size) {
  const std::string head = "Subject: s\r\n\r\n";
  return head + std::string(size - head.size(), 'x');
}

TEST(Quota, IsAnnouncedAfterLogin) {
  Rig rig;
  EXPECT_THAT(rig.connect()->ask("a CAPABILITY"), Not(HasSubstr("QUOTA")));
  const std::string after = rig.login()->ask("a CAPABILITY");
  for (const char* name :
       {"QUOTA", "QUOTA=RES-STORAGE", "QUOTA=RES-MESSAGE", "QUOTA=RES-MAILBOX", "QUOTASET"}) {
    EXPECT_THAT(after, HasSubstr(" " + std::string(name) + " ")) << name;
  }
}

TEST(Quota, InherentLimitsAloneAreTold) {
  Rig rig;
  auto client = rig.login();
  EXPECT_EQ(client->ask("a GETQUOTA joe"),
            "* QUOTA \"joe\" (MAILBOX 6 20000)\r\na OK GETQUOTA completed.\r\n");
  EXPECT_EQ(client->ask("b GETQUOTAROOT INBOX"),
            "* QUOTAROOT \"INBOX\" \"joe\"\r\n* QUOTA \"joe\" (MAILBOX 6 20000)\r\n"
            "b OK GETQUOTAROOT completed.\r\n");
}

TEST(Quota, UsageAndLimitsInUnits) {
  Rig rig;
  limit(rig, {2500, 7, 9});
  rig.deliver("INBOX", sized(1024));
  auto client = rig.login();
  EXPECT_THAT(client->ask("a GETQUOTA joe"),
              StartsWith("* QUOTA \"joe\" (STORAGE 1 3 MESSAGE 1 7 MAILBOX 6 9)\r\n"));
  rig.deliver("INBOX", sized(100));
  static_cast<void>(client->ask("b CREATE a/b"));
  EXPECT_THAT(client->ask("c GETQUOTAROOT inbox"),
              HasSubstr("(STORAGE 2 3 MESSAGE 2 7 MAILBOX 8 9)"));
  limit(rig, {UINT64_MAX, UINT64_MAX, UINT64_MAX});
  EXPECT_THAT(client->ask("d GETQUOTA joe"),
              HasSubstr("(STORAGE 2 18014398509481984 MESSAGE 2 9223372036854775807 "
                        "MAILBOX 8 20000)"));
}

TEST(Quota, RootOfAnyNameThatCouldBe) {
  Rig rig;
  auto client = rig.login();
  EXPECT_THAT(client->ask("a GETQUOTAROOT not/there"),
              StartsWith("* QUOTAROOT \"not/there\" \"joe\"\r\n* QUOTA \"joe\""));
  EXPECT_THAT(client->ask("b GETQUOTAROOT \"a//b\""), StartsWith("b NO [CANNOT]"));
  EXPECT_THAT(client->ask("c GETQUOTAROOT \"\""), StartsWith("c NO [CANNOT]"));
  EXPECT_THAT(client->ask("d GETQUOTAROOT " + std::string(2000, 'x')), StartsWith("d NO [LIMIT]"));
}

// RFC 9208 §8: other users' resources are confidential, and absent is the same as forbidden.
TEST(Quota, OtherRootsAreNotThere) {
  Rig rig;
  auto client = rig.login();
  const std::string there = client->ask("a GETQUOTA ann");
  EXPECT_EQ(there, "a NO [NONEXISTENT] There is no such quota root.\r\n");
  EXPECT_EQ(client->ask("a GETQUOTA nobody"), there);
  EXPECT_EQ(client->ask("a GETQUOTA \"\""), there);
  EXPECT_EQ(client->ask("a SETQUOTA ann (STORAGE 1)"), there);
}

TEST(Quota, OwnersDoNotSetTheirLimits) {
  Rig rig;
  limit(rig, {1 << 20, 7, 9});
  auto client = rig.login();
  const std::string before = client->ask("a GETQUOTA joe");
  for (const char* limits : {"()", "(STORAGE 0)", "(STORAGE 999999)", "(MESSAGE 1 X-Y 5)"}) {
    EXPECT_THAT(client->ask("b SETQUOTA joe " + std::string(limits)), StartsWith("b NO [NOPERM]"));
  }
  EXPECT_EQ(client->ask("a GETQUOTA joe"), before);
}

// B20: COPY, APPEND and CREATE end at the limit, and what adds nothing goes on.
TEST(Quota, MessagesEndAtTheirLimit) {
  Rig rig;
  limit(rig, {0, 3, 0});
  rig.deliver_many("INBOX", 2);
  auto client = rig.select();
  EXPECT_THAT(client->ask("a COPY 1:2 Trash"),
              EndsWith("a NO [OVERQUOTA] That would exceed the account's quota.\r\n"));
  EXPECT_THAT(client->ask("b COPY 1 Trash"), HasSubstr("b OK [COPYUID "));
  EXPECT_THAT(client->ask("c APPEND INBOX {1}"),
              EndsWith("c NO [OVERQUOTA] That would exceed the account's quota.\r\n"));
  EXPECT_THAT(client->ask("c APPEND INBOX {30+}\r\nz CREATE canary\r\nz CREATE canary"),
              HasSubstr("c NO [OVERQUOTA]"));
  EXPECT_THAT(client->ask("n LIST \"\" canary"), EndsWith("n OK LIST completed.\r\n"));
  EXPECT_THAT(client->ask("d MOVE 1 Trash"), HasSubstr("d OK"));
  EXPECT_THAT(client->ask("e GETQUOTA joe"), HasSubstr("MESSAGE 3 3"));
  limit(rig, {0, 1, 0});
  EXPECT_THAT(client->ask("f GETQUOTA joe"), HasSubstr("MESSAGE 3 1"));
  EXPECT_THAT(client->ask("g MOVE 1 Trash"), HasSubstr("g OK"));
  EXPECT_THAT(client->ask("h DELETE Trash"), HasSubstr("h OK"));
  EXPECT_THAT(client->ask("i GETQUOTA joe"), HasSubstr("MESSAGE 0 1"));
}

TEST(Quota, MailboxesEndAtTheirLimit) {
  Rig rig;
  limit(rig, {0, 0, 8});
  auto client = rig.login();
  EXPECT_THAT(client->ask("a CREATE a/b/c"), StartsWith("a NO [OVERQUOTA]"));
  EXPECT_THAT(client->ask("b CREATE a/b"), StartsWith("b OK"));
  EXPECT_THAT(client->ask("c CREATE c"), StartsWith("c NO [OVERQUOTA]"));
  EXPECT_THAT(client->ask("d RENAME a/b d"), StartsWith("d OK"));
  EXPECT_THAT(client->ask("e RENAME d e/f"), StartsWith("e NO [OVERQUOTA]"));
  EXPECT_THAT(client->ask("f RENAME INBOX old"), StartsWith("f NO [OVERQUOTA]"));
  EXPECT_THAT(client->ask("g DELETE a"), StartsWith("g OK"));
  EXPECT_THAT(client->ask("h GETQUOTA joe"), HasSubstr("MAILBOX 7 8"));
  EXPECT_THAT(client->ask("i RENAME INBOX old"), StartsWith("i OK"));
  EXPECT_THAT(client->ask("j GETQUOTA joe"), HasSubstr("MAILBOX 8 8"));
}

TEST(Quota, DeletedAndDeletedStorage) {
  Rig rig;
  for (const std::size_t size : {100u, 200u, 400u}) rig.deliver("INBOX", sized(size));
  auto client = rig.select();
  const std::string items = " (DELETED DELETED-STORAGE)";
  EXPECT_THAT(client->ask("a STATUS INBOX" + items),
              StartsWith("* STATUS \"INBOX\" (DELETED 0 DELETED-STORAGE 0)\r\n"));
  static_cast<void>(client->ask("b STORE 1,3 +FLAGS (\\Deleted)"));
  EXPECT_THAT(client->ask("c STATUS INBOX" + items),
              StartsWith("* STATUS \"INBOX\" (DELETED 2 DELETED-STORAGE 500)\r\n"));
  EXPECT_THAT(client->ask("d LIST \"\" INBOX RETURN (STATUS (DELETED-STORAGE))"),
              HasSubstr("* STATUS \"INBOX\" (DELETED-STORAGE 500)\r\n"));
  static_cast<void>(client->ask("e EXPUNGE"));
  EXPECT_THAT(client->ask("f STATUS INBOX" + items), HasSubstr("(DELETED 0 DELETED-STORAGE 0)"));
}

}  // namespace
}  // namespace postern::session
