#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

std::string append(std::string_view arguments, std::string_view message) {
  return "a APPEND " + std::string(arguments) + " {" + std::to_string(message.size()) + "+}\r\n" +
         std::string(message) + "\r\n";
}

TEST(Append, AnswersAppendUid) {
  Rig rig;
  auto client = rig.login();
  EXPECT_THAT(client->raw(append("INBOX", simple_message("one"))),
              MatchesRegex("a OK \\[APPENDUID [0-9]+ 1\\] APPEND completed.\r\n"));
  EXPECT_THAT(client->raw(append("INBOX (\\Flagged $Work \\Recent) \"17-Jul-1996 02:44:25 -0700\"",
                                 simple_message("two"))),
              HasSubstr(" 2] "));
  static_cast<void>(client->ask("s SELECT INBOX"));
  EXPECT_EQ(client->ask("f UID FETCH 2 (FLAGS INTERNALDATE)"),
            "* 2 FETCH (UID 2 FLAGS (\\Flagged $Work \\Recent) INTERNALDATE \"17-Jul-1996 02:44:25 "
            "-0700\")\r\n"
            "f OK FETCH completed.\r\n");
}

TEST(Append, SynchronizingLiteralAndLiteralMailbox) {
  Rig rig;
  auto client = rig.login();
  EXPECT_THAT(client->ask("a APPEND {5}"), StartsWith("+ "));
  EXPECT_THAT(client->ask("inbox (\\Seen) {3}"), StartsWith("+ "));
  EXPECT_THAT(client->ask("abc"), StartsWith("a OK [APPENDUID"));
}

TEST(Append, BytesComeBackIdentical) {
  Rig rig;
  auto client = rig.login();
  // 8-bit, bare CR and LF, no final newline; larger than one buffer and one piece.
  std::string message = "Subject: \xff\xfe\r\n\r\nbare\rCR and\nLF ";
  for (int i = 0; i < 30'000; ++i) message += static_cast<char>('a' + i % 26);
  message += std::string(200'000, '\x80');
  EXPECT_THAT(client->raw(append("INBOX", message)), StartsWith("a OK"));
  static_cast<void>(client->ask("s SELECT INBOX"));
  EXPECT_EQ(client->ask("f FETCH 1 BODY.PEEK[]"), "* 1 FETCH (BODY[] {" +
                                                      std::to_string(message.size()) + "}\r\n" +
                                                      message + ")\r\nf OK FETCH completed.\r\n");
  EXPECT_LE(client->transport().largest_write(), 2 * Output::kFlushAt);
}

// RFC 3502 §6.3.11: a message of no octets takes the command back. Deliveries may be empty.
TEST(Append, EmptyMessage) {
  Rig rig;
  auto client = rig.select();
  EXPECT_THAT(client->raw(append("INBOX", "")), StartsWith("a NO A message of no octets"));
  EXPECT_THAT(client->ask("a APPEND INBOX {0}"), StartsWith("a NO A message of no octets"));
  EXPECT_EQ(client->ask("n NOOP"), "n OK NOOP completed.\r\n");
  rig.deliver("INBOX", "");
  static_cast<void>(client->ask("n NOOP"));
  EXPECT_THAT(client->ask("f FETCH 1 (RFC822.SIZE BODY.PEEK[] BODY.PEEK[TEXT] ENVELOPE)"),
              HasSubstr("RFC822.SIZE 0 BODY[] \"\" BODY[TEXT] \"\" ENVELOPE ("));
}

TEST(Append, IntoTheSelectedMailboxTellsExists) {
  Rig rig;
  auto client = rig.select();
  EXPECT_THAT(client->raw(append("INBOX", "x")),
              MatchesRegex("\\* 1 EXISTS\r\n\\* 1 RECENT\r\na OK \\[APPENDUID .*"));
}

TEST(Append, RefusedBeforeThePlus) {
  Rig rig;
  rig.settings->max_message_size = 1000;
  auto client = rig.login();
  EXPECT_THAT(client->ask("a APPEND nope {10}"), StartsWith("a NO [TRYCREATE]"));
  EXPECT_THAT(client->ask("a APPEND INBOX {1001}"), StartsWith("a NO [TOOBIG]"));
  EXPECT_THAT(client->ask("a APPEND INBOX {1000}"), StartsWith("+ "));
  EXPECT_THAT(client->ask(std::string(1000, 'x')), StartsWith("a OK"));
  auto account = run_blocking(rig.executor, rig.store->open_account(AccountId(1)));
  ASSERT_TRUE(account.has_value());
  ASSERT_TRUE(run_blocking(rig.executor, (*account)->set_quota(1100)).has_value());
  EXPECT_THAT(client->ask("a APPEND INBOX {101}"), StartsWith("a NO [OVERQUOTA]"));
  EXPECT_THAT(client->ask("a APPEND INBOX {100}"), StartsWith("+ "));
  static_cast<void>(client->ask(std::string(100, 'x')));
}

TEST(Append, MailboxDeletedDuringThePause) {
  Rig rig;
  auto client = rig.login();
  auto other = rig.login();
  static_cast<void>(client->ask("c CREATE work"));
  EXPECT_THAT(client->ask("a APPEND work {3}"), StartsWith("+ "));
  EXPECT_THAT(other->ask("d DELETE work"), StartsWith("d OK"));
  EXPECT_THAT(client->ask("abc"), StartsWith("a NO [TRYCREATE]"));
  EXPECT_THAT(client->ask("n NOOP"), StartsWith("n OK"));
}

TEST(Append, StoreFailureReadsTheLiteralToItsEnd) {
  Rig rig;
  auto client = rig.login();
  rig.engine->fail_next_commit(Errc::kFull);
  EXPECT_THAT(client->raw(append("INBOX", "z DELETE canary\r\n")),
              StartsWith("a NO [UNAVAILABLE]"));
  EXPECT_EQ(client->ask("n NOOP"), "n OK NOOP completed.\r\n");
}

TEST(Append, CutAtEachByteStoresNothing) {
  const std::string whole = append("INBOX", "hello");
  for (std::size_t cut = 1; cut < whole.size() - 2; ++cut) {
    Rig rig;
    auto client = rig.login();
    static_cast<void>(client->raw(whole.substr(0, cut)));
    client->transport().hang_up();
    static_cast<void>(client->read());
    EXPECT_TRUE(client->ended()) << cut;
    auto other = rig.login();
    EXPECT_THAT(other->ask("s STATUS INBOX (MESSAGES)"), HasSubstr("(MESSAGES 0)")) << cut;
  }
}

TEST(Append, WithoutAByteForFiveMinutes) {
  Rig rig;
  auto client = rig.login();
  static_cast<void>(client->raw("a APPEND INBOX {100+}\r\nabc"));
  rig.advance(std::chrono::minutes(4));
  static_cast<void>(client->raw("d"));
  rig.advance(std::chrono::minutes(4));
  EXPECT_FALSE(client->ended());
  rig.advance(std::chrono::minutes(1));
  EXPECT_THAT(client->read(), HasSubstr("* BYE"));
  EXPECT_TRUE(client->ended());
}

TEST(Append, Utf8FormNeedsEnable) {
  Rig rig;
  auto client = rig.login();
  EXPECT_THAT(client->ask("a APPEND INBOX UTF8 (~{3}"), StartsWith("a BAD"));
  static_cast<void>(client->ask("e ENABLE UTF8=ACCEPT"));
  EXPECT_THAT(client->ask("a APPEND INBOX UTF8 (~{3}"), StartsWith("+ "));
  EXPECT_THAT(client->ask("abc)"), StartsWith("a OK [APPENDUID"));
}

}  // namespace
}  // namespace postern::session
