// UNAUTHENTICATE (RFC 8437), LANGUAGE (RFC 5255), FUZZY and RELEVANCY (RFC 6203), INPROGRESS (RFC
// 9585), the special uses of RFC 8457 and RFC 9979.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/progress.h"
#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

TEST(Unauthenticate, NothingOfTheUserStays) {
  Rig rig;
  rig.deliver_many("INBOX", 2);
  auto client = rig.select("INBOX", "IMAP4rev2 QRESYNC UTF8=ACCEPT");
  static_cast<void>(client->ask("a STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(client->ask("b SEARCH RETURN (SAVE) ALL"));
  EXPECT_EQ(rig.registry.size_of(AccountId(1)), 1u);
  EXPECT_EQ(client->ask("c UNAUTHENTICATE"), "c OK UNAUTHENTICATE completed.\r\n");
  EXPECT_EQ(rig.registry.size_of(AccountId(1)), 0u);
  EXPECT_EQ(rig.registry.size(), 1u);
  for (const char* line :
       {"d SELECT INBOX", "d FETCH 1 FLAGS", "d LIST \"\" *", "d UNAUTHENTICATE", "d IDLE"}) {
    if (std::string_view(line) == "d IDLE") continue;
    auto fresh = rig.login();
    static_cast<void>(fresh->ask("u UNAUTHENTICATE"));
    EXPECT_THAT(fresh->ask(line), StartsWith("d BAD ")) << line;
  }
  EXPECT_THAT(client->ask("e CAPABILITY"), AllOf(HasSubstr("AUTH=PLAIN"), Not(HasSubstr("IDLE"))));
  // The next user finds nothing enabled, nothing selected and an empty "$".
  EXPECT_THAT(client->ask("f LOGIN ann secret"), StartsWith("f OK "));
  EXPECT_THAT(client->ask("g FETCH 1 FLAGS"), StartsWith("g BAD "));
  EXPECT_THAT(client->ask("h SELECT INBOX"),
              AllOf(HasSubstr("* 0 EXISTS"), HasSubstr("RECENT"), Not(HasSubstr("CLOSED"))));
  EXPECT_EQ(client->ask("i SEARCH $"), "* SEARCH\r\ni OK SEARCH completed.\r\n");
  EXPECT_THAT(client->ask("j SELECT INBOX (QRESYNC (1 1))"), StartsWith("j BAD "));
  // No message was expunged on the way.
  auto joe = rig.login();
  EXPECT_THAT(joe->ask("k STATUS INBOX (MESSAGES)"), HasSubstr("(MESSAGES 2)"));
}

TEST(Unauthenticate, TheNextLoginMayBePipelined) {
  Rig rig;
  auto client = rig.login();
  EXPECT_THAT(client->ask("a UNAUTHENTICATE\r\nb AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=\r\nc SELECT "
                          "INBOX"),
              AllOf(StartsWith("a OK UNAUTHENTICATE completed.\r\nb OK [CAPABILITY "),
                    EndsWith("c OK [READ-WRITE] SELECT completed.\r\n")));
  EXPECT_EQ(rig.registry.size_of(AccountId(2)), 1u);
}

TEST(Unauthenticate, AFailedLoginLeavesNobody) {
  Rig rig;
  auto client = rig.select();
  static_cast<void>(client->ask("a UNAUTHENTICATE"));
  EXPECT_THAT(client->ask("b LOGIN ann wrong"), StartsWith("b NO [AUTHENTICATIONFAILED]"));
  EXPECT_THAT(client->ask("c SELECT INBOX"), StartsWith("c BAD "));
  EXPECT_THAT(client->ask("d APPEND INBOX {1+}\r\nx"), StartsWith("d BAD "));
}

TEST(Unauthenticate, OnlyAfterLogin) {
  Rig rig;
  auto client = rig.connect();
  EXPECT_THAT(client->ask("a UNAUTHENTICATE"), StartsWith("a BAD "));
  EXPECT_THAT(client->ask("b CAPABILITY"), Not(HasSubstr("UNAUTHENTICATE")));
  auto in = rig.login();
  EXPECT_THAT(in->ask("b CAPABILITY"), HasSubstr(" UNAUTHENTICATE"));
  EXPECT_THAT(in->ask("c UNAUTHENTICATE now"), StartsWith("c BAD "));
  EXPECT_THAT(in->ask("d UNAUTHENTICATE {1+}\r\nx"), StartsWith("d BAD "));
  EXPECT_THAT(in->ask("e STATUS INBOX (MESSAGES)"), EndsWith("e OK STATUS completed.\r\n"));
}

// RFC 8437 §8.
TEST(Unauthenticate, CanBeSwitchedOff) {
  Rig rig;
  rig.settings->unauthenticate = false;
  auto client = rig.select();
  EXPECT_THAT(client->ask("a CAPABILITY"), Not(HasSubstr("UNAUTHENTICATE")));
  EXPECT_THAT(client->ask("b UNAUTHENTICATE"), StartsWith("b BAD "));
  EXPECT_EQ(client->ask("c CHECK"), "c OK CHECK completed.\r\n");
}

// RFC 8437 §4.1: contexts, NOTIFY and UIDONLY end.
TEST(Unauthenticate, WhatWasAskedToBeToldEnds) {
  Rig rig;
  rig.deliver_many("INBOX", 1);
  auto client = rig.login();
  static_cast<void>(client->ask("a NOTIFY SET (personal (MessageNew MessageExpunge))"));
  static_cast<void>(client->ask("b SELECT INBOX"));
  static_cast<void>(client->ask("c SEARCH RETURN (UPDATE) ALL"));
  static_cast<void>(client->ask("d ENABLE UIDONLY"));
  static_cast<void>(client->ask("e UNAUTHENTICATE"));
  rig.deliver_many("INBOX", 1);
  EXPECT_EQ(client->ask("f NOOP"), "f OK NOOP completed.\r\n");
  static_cast<void>(client->ask("g LOGIN joe secret"));
  rig.deliver_many("INBOX", 1);
  EXPECT_EQ(client->ask("h NOOP"), "h OK NOOP completed.\r\n");
  static_cast<void>(client->ask("i SELECT INBOX"));
  EXPECT_EQ(client->ask("j SEARCH ALL"), "* SEARCH 1 2 3\r\nj OK SEARCH completed.\r\n");
  rig.deliver_many("INBOX", 1);
  EXPECT_EQ(client->ask("k NOOP"), "* 4 EXISTS\r\n* 1 RECENT\r\nk OK NOOP completed.\r\n");
}

// The time to log in runs anew, and is as short as before.
TEST(Unauthenticate, TheTimeToLogInRunsAnew) {
  Rig rig;
  auto client = rig.login();
  rig.advance(std::chrono::minutes(20));
  static_cast<void>(client->ask("a UNAUTHENTICATE"));
  rig.advance(std::chrono::seconds(59));
  EXPECT_EQ(client->ask("b NOOP"), "b OK NOOP completed.\r\n");
  rig.advance(std::chrono::seconds(2));
  EXPECT_THAT(client->read(), HasSubstr("* BYE No login in time."));
}

// A kick of the account that was left does not reach the session.
TEST(Unauthenticate, AKickOfTheOldAccountMisses) {
  Rig rig;
  auto client = rig.login();
  static_cast<void>(client->ask("a UNAUTHENTICATE"));
  EXPECT_EQ(rig.registry.kick(AccountId(1)), 0u);
  EXPECT_EQ(client->ask("b NOOP"), "b OK NOOP completed.\r\n");
}

TEST(Language, Choosing) {
  Rig rig;
  auto client = rig.connect();
  EXPECT_THAT(client->ask("a CAPABILITY"), HasSubstr(" LANGUAGE"));
  const auto ask = [&](const std::string& ranges) { return client->ask("a LANGUAGE" + ranges); };
  EXPECT_EQ(ask(""),
            "* LANGUAGE (en i-default)\r\na OK LANGUAGE completed; these are supported.\r\n");
  const std::string done = "a OK LANGUAGE completed.\r\n";
  EXPECT_EQ(ask(" EN"), "* LANGUAGE (en)\r\n" + done);
  EXPECT_EQ(ask(" i-default"), "* LANGUAGE (i-default)\r\n" + done);
  EXPECT_EQ(ask(" \"default\""), "* LANGUAGE (i-default)\r\n" + done);
  EXPECT_EQ(ask(" \"*\""), "* LANGUAGE (en)\r\n" + done);
  EXPECT_EQ(ask(" FR-CA EN-CA"), "* LANGUAGE (en)\r\n" + done);
  EXPECT_EQ(ask(" en-a-bbb-x-a"), "* LANGUAGE (en)\r\n" + done);
  for (const char* range : {" MUL", " de", " e", " eng", " i", " x-en"}) {
    EXPECT_THAT(ask(range), StartsWith("a NO [CANNOT] ")) << range;
  }
}

TEST(Language, InEveryState) {
  Rig rig;
  auto client = rig.select();
  EXPECT_EQ(client->ask("a LANGUAGE en"), "* LANGUAGE (en)\r\na OK LANGUAGE completed.\r\n");
  EXPECT_THAT(client->ask("b LANGUAGE {2}"), StartsWith("+ "));
  EXPECT_EQ(client->ask("en"), "* LANGUAGE (en)\r\nb OK LANGUAGE completed.\r\n");
  EXPECT_THAT(client->ask("c LANGUAGE d\xC3\xA9"), StartsWith("c BAD "));
}

TEST(Fuzzy, RelevancyIsGivenInTheOrderOfTheMessages) {
  Rig rig;
  rig.deliver("INBOX", "Subject: x\r\n\r\nthe blue house\r\n");
  rig.deliver("INBOX", "Subject: other\r\n\r\ntext\r\n");
  rig.deliver("INBOX", "Subject: house, blue\r\n\r\ntext\r\n");
  auto client = rig.select();
  EXPECT_EQ(client->ask("a SEARCH FUZZY TEXT \"blue house\""),
            "* SEARCH 1 3\r\na OK SEARCH completed.\r\n");
  EXPECT_THAT(client->ask("a SEARCH RETURN (RELEVANCY ALL) FUZZY TEXT \"blue house\""),
              MatchesRegex("\\* ESEARCH \\(TAG \"a\"\\) ALL 1,3 RELEVANCY \\([0-9]+ [0-9]+\\)\r\n"
                           "a OK SEARCH completed.\r\n"));
  EXPECT_THAT(client->ask("a UID SEARCH RETURN (RELEVANCY) FUZZY BODY house"),
              MatchesRegex("\\* ESEARCH \\(TAG \"a\"\\) UID RELEVANCY \\([0-9]+\\)\r\na OK.*"));
  EXPECT_EQ(client->ask("a SEARCH RETURN (RELEVANCY COUNT) FUZZY BODY garage"),
            "* ESEARCH (TAG \"a\") COUNT 0 RELEVANCY ()\r\na OK SEARCH completed.\r\n");
  EXPECT_THAT(client->ask("a SEARCH RETURN (RELEVANCY) TEXT x"), StartsWith("a BAD "));
}

// RFC 6203 §6.
TEST(Fuzzy, SortAndEsearchKnowRelevancy) {
  Rig rig;
  rig.deliver("INBOX", "Subject: x\r\n\r\nthe blue house\r\n");
  rig.deliver("INBOX", "Subject: blue house\r\n\r\ntext\r\n");
  rig.deliver("INBOX", "Subject: house so blue\r\n\r\ntext\r\n");
  auto client = rig.select();
  EXPECT_EQ(client->ask("a SORT (RELEVANCY) UTF-8 FUZZY TEXT \"blue house\""),
            "* SORT 2 3 1\r\na OK SORT completed.\r\n");
  EXPECT_EQ(client->ask("a UID SORT (REVERSE RELEVANCY) UTF-8 FUZZY TEXT \"blue house\""),
            "* SORT 1 3 2\r\na OK SORT completed.\r\n");
  // All came at one time, so the scores are those of the header alone.
  EXPECT_EQ(
      client->ask("a SORT RETURN (RELEVANCY ALL) (RELEVANCY) UTF-8 FUZZY TEXT \"blue house\""),
      "* ESEARCH (TAG \"a\") ALL 2:3,1 RELEVANCY (55 39 1)\r\na OK SORT completed.\r\n");
  EXPECT_EQ(client->ask("a SORT RETURN (PARTIAL 1:2 RELEVANCY) (RELEVANCY) UTF-8 FUZZY TEXT "
                        "\"blue house\""),
            "* ESEARCH (TAG \"a\") PARTIAL (1:2 2:3) RELEVANCY (55 39)\r\na OK SORT "
            "completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH RETURN (PARTIAL -1:-1 RELEVANCY) FUZZY TEXT \"blue house\""),
            "* ESEARCH (TAG \"a\") PARTIAL (-1:-1 3) RELEVANCY (39)\r\na OK SEARCH completed.\r\n");
  EXPECT_THAT(client->ask("a ESEARCH IN (personal) RETURN (RELEVANCY) FUZZY TEXT \"blue house\""),
              HasSubstr(" UID RELEVANCY (1 55 39)\r\n"));
  EXPECT_THAT(client->ask("a SORT (RELEVANCY) UTF-8 TEXT x"), StartsWith("a BAD "));
  EXPECT_THAT(client->ask("a SORT RETURN (UPDATE) (RELEVANCY) UTF-8 FUZZY TEXT blue"),
              HasSubstr("* NO [NOUPDATE \"a\"] "));
}

TEST(InProgress, FastCommandsSendNone) {
  Rig rig;
  rig.deliver_many("INBOX", 50);
  auto client = rig.select();
  EXPECT_THAT(client->ask("a SEARCH BODY world"), StartsWith("* SEARCH "));
  EXPECT_THAT(client->ask("a CAPABILITY"), HasSubstr(" INPROGRESS"));
}

// RFC 9585 §4, §5: what one notice looks like.
class ProgressTest : public testing::Test {
 protected:
  ProgressTest() : transport(rig.executor, rig.clock), context(*rig.services, transport) {}
  ~ProgressTest() override { rig.registry.leave(context.entry); }
  std::string report(Progress& progress, std::uint64_t done, std::uint64_t total) {
    EXPECT_TRUE(run_blocking(rig.executor, progress.report(done, total)));
    return transport.take_output();
  }
  Rig rig;
  PipeTransport transport;
  Context context;
};

TEST_F(ProgressTest, NoticesComeEveryTenSeconds) {
  Progress progress(context, "A001");
  EXPECT_FALSE(progress.due());
  rig.clock.advance(std::chrono::milliseconds(9'999));
  EXPECT_FALSE(progress.due());
  rig.clock.advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(progress.due());
  EXPECT_EQ(report(progress, 454, 1000),
            "* OK [INPROGRESS (\"A001\" 454 1000)] Still working.\r\n");
  EXPECT_FALSE(progress.due());
  rig.clock.advance(std::chrono::seconds(10));
  EXPECT_TRUE(progress.due());
}

TEST_F(ProgressTest, TheGoalIsGreaterThanTheProgress) {
  Progress progress(context, "a");
  EXPECT_EQ(report(progress, 10, 10), "* OK [INPROGRESS (\"a\" 10 NIL)] Still working.\r\n");
  EXPECT_EQ(report(progress, 0, 0), "* OK [INPROGRESS (\"a\" 0 NIL)] Still working.\r\n");
}

TEST_F(ProgressTest, ATagThatWouldEndTheCodeIsNotNamed) {
  Progress progress(context, "a]b");
  EXPECT_EQ(report(progress, 1, 2), "* OK [INPROGRESS (NIL 1 2)] Still working.\r\n");
}

TEST_F(ProgressTest, ASessionThatMustEndStops) {
  Progress progress(context, "a");
  rig.registry.close_all(CloseReason::kShutdown);
  EXPECT_TRUE(progress.due());
  EXPECT_FALSE(run_blocking(rig.executor, progress.report(1, 2)));
}

TEST(SpecialUses, OfRfc8457AndRfc9979) {
  Rig rig;
  auto client = rig.login();
  for (const std::string use : {"Important", "Memos", "Scheduled", "Snoozed"}) {
    EXPECT_THAT(client->ask("a CREATE " + use + " (USE (\\" + use + "))"), StartsWith("a OK "));
    EXPECT_THAT(client->ask("b LIST \"\" " + use),
                HasSubstr("\\" + use + ") \"/\" \"" + use + "\"\r\n"));
    EXPECT_THAT(client->ask("c CREATE again" + use + " (USE (\\" + use + "))"),
                StartsWith("c NO [USEATTR] "));
  }
  EXPECT_THAT(client->ask("d CREATE x (USE (\\Unheard))"), StartsWith("d NO [USEATTR] "));
}

}  // namespace
}  // namespace postern::session
