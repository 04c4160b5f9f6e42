#include "session/unanswered.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

UnansweredAppend append_of(std::uint64_t account, std::uint64_t size) {
  return {.account = AccountId(account), .mailbox = MailboxId(1), .size = size, .uid = Uid(7)};
}

TEST(UnansweredAppends, TheSameWordsOnce) {
  FakeClock clock;
  UnansweredAppends appends(clock);
  UnansweredAppend one = append_of(1, 5);
  one.flags = {"\\Seen"};
  one.date = imap::DateTime{100, 60};
  appends.add(one);
  for (int field = 0; field < 6; ++field) {
    UnansweredAppend other = one;
    if (field == 0) other.account = AccountId(2);
    if (field == 1) other.mailbox = MailboxId(2);
    if (field == 2) other.size = 6;
    if (field == 3) other.flags = {};
    if (field == 4) other.date = std::nullopt;
    if (field == 5) other.date = imap::DateTime{100, 0};
    EXPECT_FALSE(appends.claim(other).has_value()) << field;
  }
  EXPECT_EQ(appends.claim(one).value().uid, Uid(7));
  EXPECT_FALSE(appends.claim(one).has_value());
}

TEST(UnansweredAppends, IsBoundedInNumberAndTime) {
  FakeClock clock;
  UnansweredAppends appends(clock);
  for (std::uint64_t i = 0; i <= UnansweredAppends::kMostOfAccount; ++i)
    appends.add(append_of(1, i));
  EXPECT_EQ(appends.size(), UnansweredAppends::kMostOfAccount);
  EXPECT_FALSE(appends.claim(append_of(1, 0)).has_value());
  EXPECT_TRUE(appends.claim(append_of(1, 1)).has_value());
  for (std::uint64_t i = 0; i < UnansweredAppends::kMost; ++i) appends.add(append_of(2 + i, 1));
  EXPECT_EQ(appends.size(), UnansweredAppends::kMost);
  EXPECT_FALSE(appends.claim(append_of(1, 2)).has_value());
  clock.advance(UnansweredAppends::kPatience);
  EXPECT_FALSE(appends.claim(append_of(2, 1)).has_value());
  EXPECT_EQ(appends.size(), 0U);
}

class RepeatedAppend : public testing::Test {
 protected:
  // Sends an APPEND and hangs up before the answer can be written.
  void lose(const std::string& command) {
    auto client = rig.login();
    client->transport().hang_up_after(command);
    static_cast<void>(client->read());
    EXPECT_TRUE(client->ended());
  }
  std::string count() { return rig.login()->ask("s STATUS INBOX (MESSAGES)").substr(0, 31); }
  static constexpr const char* kAppend = "a APPEND INBOX (\\Seen) {5+}\r\nhello\r\n";
  static constexpr const char* kNone = "* STATUS \"INBOX\" (MESSAGES 0)\r\n";
  static constexpr const char* kOne = "* STATUS \"INBOX\" (MESSAGES 1)\r\n";
  static constexpr const char* kTwo = "* STATUS \"INBOX\" (MESSAGES 2)\r\n";
  Rig rig;
};

TEST_F(RepeatedAppend, TwoEqualOnesAreTwo) {
  auto client = rig.login();
  EXPECT_THAT(client->raw(kAppend), StartsWith("a OK"));
  EXPECT_THAT(client->raw(kAppend), StartsWith("a OK"));
  client->transport().hang_up();
  static_cast<void>(client->read());
  EXPECT_EQ(count(), kTwo);
  // Answered, then hung up without LOGOUT.
  EXPECT_THAT(rig.login()->raw(kAppend), HasSubstr(" 3] APPEND completed.\r\n"));
}

TEST_F(RepeatedAppend, AfterALostAnswerItIsTheSameMessage) {
  lose(kAppend);
  EXPECT_EQ(count(), kOne);
  auto client = rig.login();
  EXPECT_THAT(client->raw(kAppend), HasSubstr(" 1] APPEND completed"));
  EXPECT_EQ(count(), kOne);
  // Once: the next one is meant.
  EXPECT_THAT(client->raw(kAppend), HasSubstr(" 2] APPEND completed"));
  EXPECT_EQ(count(), kTwo);
}

TEST_F(RepeatedAppend, TheAnswerToTheRepeatMayBeLostToo) {
  lose(kAppend);
  lose(kAppend);
  lose(kAppend);
  EXPECT_EQ(count(), kOne);
  EXPECT_THAT(rig.login()->raw(kAppend), HasSubstr(" 1] APPEND completed"));
  EXPECT_THAT(rig.login()->raw(kAppend), HasSubstr(" 2] APPEND completed"));
}

TEST_F(RepeatedAppend, AnotherMessageIsAnotherMessage) {
  for (const char* other :
       {"a APPEND INBOX (\\Seen) {5+}\r\nhellO\r\n", "a APPEND INBOX {5+}\r\nhello\r\n",
        "a APPEND INBOX (\\Seen) {6+}\r\nhello!\r\n",
        "a APPEND INBOX (\\Seen) \"17-Jul-1996 02:44:25 -0700\" {5+}\r\nhello\r\n",
        "a APPEND INBOX (\\Seen) {5+}\r\nhello {1+}\r\nx\r\n",
        "a APPEND INBOX (\\Seen) CATENATE (TEXT {5+}\r\nhello)\r\n"}) {
    Rig fresh;
    auto loser = fresh.login();
    loser->transport().hang_up_after(kAppend);
    static_cast<void>(loser->read());
    auto client = fresh.login();
    EXPECT_THAT(client->raw(other), testing::ContainsRegex("APPENDUID [0-9]+ 2")) << other;
    // It did not use up what the first one waits for.
    EXPECT_EQ(fresh.registry.unanswered().size(), 1U) << other;
    EXPECT_THAT(client->raw(kAppend), HasSubstr(" 1] APPEND completed")) << other;
  }
}

TEST_F(RepeatedAppend, AnotherAccountsIsItsOwn) {
  lose(kAppend);
  EXPECT_THAT(rig.login("ann")->raw(kAppend), HasSubstr(" 1] APPEND completed"));
  EXPECT_THAT(rig.login("ann")->raw(kAppend), HasSubstr(" 2] APPEND completed"));
  EXPECT_EQ(count(), kOne);
}

TEST_F(RepeatedAppend, ExpungedMeanwhile) {
  lose(kAppend);
  auto client = rig.select();
  static_cast<void>(client->ask("s STORE 1 +FLAGS (\\Deleted)"));
  static_cast<void>(client->ask("e EXPUNGE"));
  EXPECT_THAT(client->raw(kAppend), HasSubstr(" 2] APPEND completed"));
}

TEST_F(RepeatedAppend, BrokenOffAndSentOnceMore) {
  lose(kAppend);
  {
    auto client = rig.login();
    static_cast<void>(client->raw("a APPEND INBOX (\\Seen) {5+}\r\nhel"));
    client->transport().hang_up();
    static_cast<void>(client->read());
  }
  EXPECT_THAT(rig.login()->raw(kAppend), HasSubstr(" 1] APPEND completed"));
}

TEST_F(RepeatedAppend, CutOffBeforeTheEndIsNothing) {
  lose("a APPEND INBOX (\\Seen) {5+}\r\nhello");
  EXPECT_EQ(count(), kNone);
  EXPECT_EQ(rig.registry.unanswered().size(), 0U);
}

}  // namespace
}  // namespace postern::session
