// MULTIAPPEND (RFC 3502) and literal8 in APPEND (RFC 3516 §4.4).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/cmd/append_builder.h"
#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

std::string literal(std::string_view text, std::string_view before = "") {
  return std::string(before) + "{" + std::to_string(text.size()) + "+}\r\n" + std::string(text);
}

std::string messages_in(Client& client) {
  return client.ask("s STATUS INBOX (MESSAGES UIDNEXT)");
}

TEST(MultiAppend, AllInOneAnswer) {
  Rig rig;
  auto client = rig.login();
  EXPECT_THAT(client->raw("a APPEND INBOX (\\Seen) " + literal("first") +
                          " ($two) \" 7-Feb-1994 22:43:04 -0800\" " + literal("second") + " " +
                          literal("third") + "\r\n"),
              MatchesRegex("a OK \\[APPENDUID [0-9]+ 1:3\\] APPEND completed.\r\n"));
  static_cast<void>(client->ask("s SELECT INBOX"));
  const std::string fetched = client->ask("f FETCH 1:3 (FLAGS BODY.PEEK[])");
  EXPECT_THAT(fetched, HasSubstr("* 1 FETCH (FLAGS (\\Seen \\Recent) BODY[] {5}\r\nfirst)"));
  EXPECT_THAT(fetched, HasSubstr("* 2 FETCH (FLAGS ($two \\Recent) BODY[] {6}\r\nsecond)"));
  EXPECT_THAT(fetched, HasSubstr("* 3 FETCH (FLAGS (\\Recent) BODY[] {5}\r\nthird)"));
  EXPECT_THAT(client->ask("f FETCH 2 INTERNALDATE"), HasSubstr("\" 7-Feb-1994 22:43:04 -0800\""));
}

TEST(MultiAppend, SynchronizingLiterals) {
  Rig rig;
  auto client = rig.select();
  EXPECT_THAT(client->ask("a APPEND {5}"), StartsWith("+ "));
  EXPECT_THAT(client->ask("INBOX {3}"), StartsWith("+ "));
  EXPECT_THAT(client->ask("one (\\Flagged) {3}"), StartsWith("+ "));
  EXPECT_THAT(client->ask("two"), StartsWith("* 2 EXISTS\r\n* 2 RECENT\r\na OK [APPENDUID "));
}

// RFC 3502 §6.3.11: all of them or none, whichever fails, whenever it does.
TEST(MultiAppend, OneFailsAllFail) {
  Rig rig;
  rig.settings->max_message_size = 100;
  auto client = rig.login();
  const std::string good = " " + literal("abc");
  const std::string big(101, 'x');
  for (const std::string& second :
       {" " + literal(big), " " + literal(""), " (\\Seen) junk " + literal("x"),
        " \"bad-date\" " + literal("x"), " (" + std::string(51, 'k') + ") " + literal("x"),
        std::string(" CATENATE (URL /INBOX/;UID=77)"), " UTF8 (" + literal("x", "~") + ")",
        std::string(" junk"), std::string(" ")}) {
    const std::string answer = client->raw("a APPEND INBOX" + good + second + good + "\r\n");
    EXPECT_THAT(answer, MatchesRegex("a (NO|BAD) .*")) << second;
    EXPECT_EQ(messages_in(*client),
              "* STATUS \"INBOX\" (MESSAGES 0 UIDNEXT 1)\r\ns OK STATUS completed.\r\n")
        << second;
  }
  EXPECT_THAT(client->ask("a APPEND INBOX" + good + " {101}"), StartsWith("a NO [TOOBIG]"));
  EXPECT_THAT(client->ask("a APPEND INBOX" + good + " {0}"), StartsWith("a NO "));
  rig.engine->fail_next_commit(Errc::kFull);
  EXPECT_THAT(client->raw("a APPEND INBOX" + good + good + "\r\n"),
              StartsWith("a NO [UNAVAILABLE]"));
  EXPECT_THAT(messages_in(*client), HasSubstr("(MESSAGES 0 "));
  EXPECT_THAT(client->raw("a APPEND INBOX" + good + good + "\r\n"), StartsWith("a OK"));
}

// The quota is that of all of them, and known before the "+".
TEST(MultiAppend, QuotaOfTheSum) {
  Rig rig;
  auto client = rig.login();
  auto account = run_blocking(rig.executor, rig.store->open_account(AccountId(1)));
  ASSERT_TRUE(run_blocking(rig.executor, (*account)->set_quota(100)).has_value());
  const std::string fifty(50, 'x');
  EXPECT_THAT(client->ask("a APPEND INBOX " + literal(fifty) + " {51}"),
              StartsWith("a NO [OVERQUOTA]"));
  EXPECT_THAT(messages_in(*client), HasSubstr("(MESSAGES 0 "));
  EXPECT_THAT(client->ask("a APPEND INBOX " + literal(fifty) + " {50}"), StartsWith("+ "));
  EXPECT_THAT(client->ask(fifty), StartsWith("a OK"));
  EXPECT_EQ((*account)->usage().bytes, 100U);
}

TEST(MultiAppend, MemoryIsBounded) {
  Rig rig;
  auto client = rig.login();
  const std::string big(300 * 1024, 'x');  // counts as 256 KiB
  const std::size_t most = AppendBuilder::kMaxHeld / (256 * 1024);
  std::string command = "a APPEND INBOX";
  std::string answer;
  for (std::size_t i = 0; i < most; ++i) {
    answer += client->raw(command + " " + literal(big));
    command.clear();
  }
  EXPECT_EQ(answer, "");
  EXPECT_THAT(client->raw(" {3+}\r\nabc\r\nn NOOP\r\n"),
              MatchesRegex("a NO \\[LIMIT\\] .*\r\nn OK NOOP .*"));
  EXPECT_THAT(messages_in(*client), HasSubstr("(MESSAGES 0 "));
}

TEST(MultiAppend, MoreMessagesThanALineHolds) {
  Rig rig;
  auto client = rig.login();
  std::string command = "a APPEND INBOX";
  for (int i = 0; i < 1000; ++i) command += " " + literal("x");
  EXPECT_THAT(client->raw(command + "\r\n"), MatchesRegex("a OK \\[APPENDUID [0-9]+ 1:1000\\] .*"));
  EXPECT_THAT(client->raw(command + " " + literal("x") + "\r\n"), StartsWith("a NO [LIMIT]"));
  EXPECT_THAT(messages_in(*client), HasSubstr("(MESSAGES 1000 "));
}

TEST(MultiAppend, MailboxDeletedBetweenTwo) {
  Rig rig;
  auto client = rig.login();
  auto other = rig.login();
  static_cast<void>(client->ask("c CREATE work"));
  EXPECT_THAT(client->ask("a APPEND work " + literal("one") + " {3}"), StartsWith("+ "));
  EXPECT_THAT(other->ask("d DELETE work"), StartsWith("d OK"));
  EXPECT_THAT(client->ask("two"), StartsWith("a NO [TRYCREATE]"));
}

TEST(MultiAppend, CutOffBetweenTwoLeavesNothing) {
  Rig rig;
  {
    auto client = rig.login();
    static_cast<void>(client->raw("a APPEND INBOX " + literal("one") + " " + literal("two")));
    client->transport().hang_up();
    static_cast<void>(client->read());
    EXPECT_TRUE(client->ended());
  }
  auto other = rig.login();
  EXPECT_THAT(messages_in(*other), HasSubstr("(MESSAGES 0 "));
}

// RFC 7888 §5
TEST(MultiAppend, LiteralMinus) {
  Rig rig;
  rig.settings->literal_minus = true;
  auto client = rig.login();
  const std::string most(4096, 'x');
  EXPECT_THAT(client->raw("a APPEND INBOX " + literal(most) + " " + literal(most, "~") + "\r\n"),
              StartsWith("a OK"));
  EXPECT_THAT(client->raw("a APPEND INBOX " + literal(most) + " ~{4097+}\r\n"), HasSubstr("* BYE"));
}

TEST(Literal8, NulsComeBackIdentical) {
  Rig rig;
  auto client = rig.login();
  using namespace std::string_literals;
  const std::string body = "\0\1\r\n\0\xff{3+}\r\n\0"s;
  const std::string message =
      "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n" + body;
  EXPECT_THAT(client->raw("a APPEND INBOX " + literal(message, "~") + "\r\n"), StartsWith("a OK"));
  EXPECT_THAT(client->ask("a APPEND INBOX ~{" + std::to_string(message.size()) + "}"),
              StartsWith("+ "));
  EXPECT_THAT(client->ask(message), StartsWith("a OK"));
  EXPECT_THAT(client->raw("a APPEND INBOX " + literal("x") + " " + literal(message, "~") +
                          " CATENATE (TEXT " + literal(message, "~") + ")\r\n"),
              HasSubstr(" 3:5] "));
  static_cast<void>(client->ask("s SELECT INBOX"));
  for (const char* number : {"1", "2", "4", "5"}) {
    const std::string size = "{" + std::to_string(body.size()) + "}\r\n";
    EXPECT_THAT(client->ask(std::string("f FETCH ") + number + " (BINARY.SIZE[1] BINARY.PEEK[1])"),
                HasSubstr("BINARY.SIZE[1] " + std::to_string(body.size()) + " BINARY[1] ~" + size +
                          body + ")"));
    EXPECT_THAT(client->ask(std::string("f FETCH ") + number + " (BINARY.PEEK[])"),
                HasSubstr("BINARY[] ~{" + std::to_string(message.size()) + "}\r\n" + message));
  }
}

TEST(Literal8, OnlyWhereAMessageStands) {
  Rig rig;
  auto client = rig.login();
  EXPECT_THAT(client->raw("a APPEND ~{5+}\r\nINBOX {1+}\r\nx\r\n"), StartsWith("a BAD"));
  EXPECT_THAT(client->ask("a CREATE ~{5}"), StartsWith("a BAD"));
  EXPECT_EQ(client->ask("n NOOP"), "n OK NOOP completed.\r\n");
}

TEST(Literal8, Utf8FormBesideOthers) {
  Rig rig;
  auto client = rig.login();
  static_cast<void>(client->ask("e ENABLE UTF8=ACCEPT"));
  const std::string message = "Subject: gr\xc3\xbc\xc3\x9f dich\r\n\r\nx";
  EXPECT_THAT(
      client->raw("a APPEND INBOX UTF8 (" + literal(message, "~") + ") " + literal("y") +
                  " CATENATE (UTF8 (" + literal(message, "~") + ") TEXT " + literal("!") + ")\r\n"),
      HasSubstr(" 1:3] "));
  static_cast<void>(client->ask("s SELECT INBOX"));
  EXPECT_THAT(client->ask("f FETCH 3 BODY.PEEK[]"), HasSubstr(message + "!)"));
}

}  // namespace
}  // namespace postern::session
