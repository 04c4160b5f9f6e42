// METADATA, METADATA-SERVER (RFC 5464) and LIST-METADATA (RFC 9590) over the wire.
#include "mailstore/metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const char* const kGot = "OK GETMETADATA completed.\r\n";
const char* const kSet = "OK SETMETADATA completed.\r\n";

TEST(Metadata, IsAnnouncedAfterLogin) {
  Rig rig;
  EXPECT_THAT(rig.connect()->ask("a CAPABILITY"), Not(HasSubstr("METADATA")));
  const std::string after = rig.login()->ask("a CAPABILITY");
  for (const char* name : {"METADATA", "METADATA-SERVER", "LIST-METADATA"})
    EXPECT_THAT(after, HasSubstr(" " + std::string(name) + " ")) << name;
}

TEST(Metadata, SetAndGet) {
  Rig rig;
  auto client = rig.login();
  EXPECT_EQ(client->ask("a SETMETADATA INBOX (/private/comment \"My own comment\")"),
            std::string("a ") + kSet);
  EXPECT_EQ(client->ask("b GETMETADATA \"INBOX\" /private/comment"),
            std::string("* METADATA \"INBOX\" (/private/comment \"My own comment\")\r\nb ") + kGot);
  EXPECT_EQ(client->ask("c GETMETADATA inbox (/shared/comment /Private/Comment)"),
            std::string("* METADATA \"INBOX\" (/shared/comment NIL "
                        "/Private/Comment \"My own comment\")\r\nc ") +
                kGot);
  EXPECT_EQ(client->ask("d SETMETADATA INBOX (/private/comment \"new\" /shared/comment \"all\")"),
            std::string("d ") + kSet);
  EXPECT_EQ(client->ask("e GETMETADATA INBOX (/shared/comment /private/comment)"),
            std::string("* METADATA \"INBOX\" (/shared/comment \"all\" "
                        "/private/comment \"new\")\r\ne ") +
                kGot);
  EXPECT_EQ(client->ask("f SETMETADATA INBOX (/private/comment NIL)"), std::string("f ") + kSet);
  EXPECT_THAT(client->ask("g GETMETADATA INBOX /private/comment"),
              StartsWith("* METADATA \"INBOX\" (/private/comment NIL)\r\n"));
  // Setting what is not there to NIL is fine, and so is an empty value.
  EXPECT_EQ(client->ask("h SETMETADATA INBOX (/private/none NIL /private/empty \"\")"),
            std::string("h ") + kSet);
  EXPECT_THAT(client->ask("i GETMETADATA INBOX /private/empty"),
              StartsWith("* METADATA \"INBOX\" (/private/empty \"\")\r\n"));
}

TEST(Metadata, ValuesOfAnyOctets) {
  Rig rig;
  auto client = rig.login();
  EXPECT_THAT(client->ask("a SETMETADATA INBOX (/private/comment {33}"), StartsWith("+ "));
  EXPECT_EQ(client->ask("My new comment across\r\ntwo lines.)"), std::string("a ") + kSet);
  EXPECT_THAT(client->ask("b GETMETADATA INBOX /private/comment"),
              StartsWith("* METADATA \"INBOX\" (/private/comment {33}\r\nMy new comment across\r\n"
                         "two lines.)\r\n"));
  const std::string binary("\0\xFF\r\n", 4);
  EXPECT_EQ(client->ask("c SETMETADATA INBOX (/private/comment ~{4+}\r\n" + binary + ")"),
            std::string("c ") + kSet);
  EXPECT_THAT(client->ask("d GETMETADATA INBOX /private/comment"),
              StartsWith("* METADATA \"INBOX\" (/private/comment ~{4}\r\n" + binary + ")\r\n"));
  EXPECT_EQ(client->ask("e SETMETADATA INBOX (/private/comment {2+}\r\n\xC3\xA9)"),
            std::string("e ") + kSet);
  EXPECT_THAT(client->ask("f GETMETADATA INBOX /private/comment"),
              HasSubstr("/private/comment {2}\r\n\xC3\xA9)\r\n"));
  EXPECT_EQ(client->ask("g SETMETADATA INBOX (\"/private/a b(c\" \"x\")"),
            std::string("g ") + kSet);
  EXPECT_THAT(client->ask("h GETMETADATA INBOX \"/private/a b(c\""),
              StartsWith("* METADATA \"INBOX\" (\"/private/a b(c\" \"x\")\r\n"));
}

TEST(Metadata, Depth) {
  Rig rig;
  auto client = rig.login();
  static_cast<void>(
      client->ask("a SETMETADATA INBOX (/private/filters/values/small \"SMALLER 5000\" "
                  "/private/filters/values/boss \"FROM \\\"boss@example.com\\\"\" "
                  "/private/filters/values/boss/x \"deep\" /private/filters/values-not \"no\")"));
  EXPECT_EQ(client->ask("b GETMETADATA \"INBOX\" (DEPTH 1) (/private/filters/values)"),
            std::string("* METADATA \"INBOX\" (/private/filters/values/boss \"FROM "
                        "\\\"boss@example.com\\\"\" /private/filters/values/small "
                        "\"SMALLER 5000\")\r\nb ") +
                kGot);
  EXPECT_THAT(client->ask("c GETMETADATA (DEPTH infinity) INBOX (/private/filters)"),
              AllOf(HasSubstr("values/boss/x \"deep\""), HasSubstr("values-not \"no\"")));
  EXPECT_THAT(client->ask("d GETMETADATA (DEPTH infinity) INBOX (/private /PRIVATE/filters)"),
              HasSubstr("(/private/filters/values-not \"no\" /private/filters/values/boss "));
  EXPECT_THAT(client->ask("e GETMETADATA (DEPTH 0) INBOX /private/filters/values"),
              StartsWith("* METADATA \"INBOX\" (/private/filters/values NIL)\r\n"));
  EXPECT_THAT(client->ask("f GETMETADATA (DEPTH 1) INBOX /private/filters/values/boss"),
              HasSubstr("(/private/filters/values/boss \"FROM \\\"boss@example.com\\\"\" "
                        "/private/filters/values/boss/x \"deep\")"));
  EXPECT_THAT(client->ask("g GETMETADATA (DEPTH infinity) INBOX (/shared /private/none)"),
              StartsWith("* METADATA \"INBOX\" (/shared NIL /private/none NIL)\r\n"));
}

TEST(Metadata, MaxSize) {
  Rig rig;
  auto client = rig.login();
  static_cast<void>(
      client->ask("a SETMETADATA INBOX (/private/a {5+}\r\n12345 /private/b "
                  "{9+}\r\n123456789 /private/c {7+}\r\n1234567)"));
  EXPECT_EQ(client->ask("b GETMETADATA (MAXSIZE 5 DEPTH infinity) INBOX /private"),
            "* METADATA \"INBOX\" (/private/a \"12345\")\r\n"
            "b OK [METADATA LONGENTRIES 9] GETMETADATA completed.\r\n");
  EXPECT_EQ(
      client->ask("c GETMETADATA (MAXSIZE 8) INBOX (/private/a /private/c)"),
      std::string("* METADATA \"INBOX\" (/private/a \"12345\" /private/c \"1234567\")\r\nc ") +
          kGot);
  EXPECT_EQ(client->ask("d GETMETADATA (MAXSIZE 0) INBOX (/private/a)"),
            "d OK [METADATA LONGENTRIES 5] GETMETADATA completed.\r\n");
  EXPECT_THAT(client->ask("e GETMETADATA (MAXSIZE 0) INBOX (/private/none)"),
              StartsWith("* METADATA \"INBOX\" (/private/none NIL)\r\n"));
}

TEST(Metadata, Server) {
  Rig rig;
  rig.settings->contact = "mailto:postmaster@example.org";
  auto client = rig.login();
  EXPECT_EQ(client->ask("a GETMETADATA \"\" (/shared/comment /shared/admin)"),
            std::string("* METADATA \"\" (/shared/comment NIL /shared/admin "
                        "\"mailto:postmaster@example.org\")\r\na ") +
                kGot);
  EXPECT_EQ(client->ask("b SETMETADATA \"\" (/private/vendor/x/y \"1\")"),
            std::string("b ") + kSet);
  for (const char* entry : {"/shared/admin", "/shared/comment", "/SHARED/vendor/x/y"}) {
    EXPECT_THAT(client->ask("c SETMETADATA \"\" (/private/vendor/x/y \"2\" " + std::string(entry) +
                            " \"tel:1\")"),
                StartsWith("c NO [NOPERM]"));
  }
  EXPECT_THAT(client->ask("d GETMETADATA (DEPTH infinity) \"\" (/private /shared)"),
              StartsWith("* METADATA \"\" (/private/vendor/x/y \"1\" /shared/admin "));
  EXPECT_THAT(client->ask("e GETMETADATA INBOX /private/vendor/x/y"), HasSubstr(" NIL)"));
  EXPECT_THAT(rig.login("ann")->ask("f GETMETADATA \"\" /private/vendor/x/y"), HasSubstr(" NIL)"));
}

// RFC 6154 §4: the special use is an entry, and read-only.
TEST(Metadata, SpecialUseIsAnEntry) {
  Rig rig;
  auto client = rig.login();
  EXPECT_THAT(client->ask("a GETMETADATA Drafts /private/specialuse"),
              StartsWith("* METADATA \"Drafts\" (/private/specialuse \"\\\\Drafts\")\r\n"));
  EXPECT_THAT(client->ask("b GETMETADATA INBOX /private/specialuse"), HasSubstr(" NIL)"));
  EXPECT_THAT(client->ask("c LIST \"\" Sent RETURN (METADATA (/private/SpecialUse))"),
              HasSubstr("* METADATA \"Sent\" (/private/SpecialUse \"\\\\Sent\")\r\n"));
  for (const char* value : {"NIL", "\"\\\\Drafts\"", "\"\\\\Junk\""}) {
    EXPECT_THAT(client->ask("d SETMETADATA INBOX (/private/x \"1\" /private/SPECIALUSE " +
                            std::string(value) + ")"),
                StartsWith("d NO [USEATTR]"));
  }
  EXPECT_THAT(client->ask("e GETMETADATA INBOX /private/x"), HasSubstr(" NIL)"));
}

// RFC 7162 §3.2.
TEST(Metadata, MovesTheModseqOfItsMailbox) {
  Rig rig;
  auto client = rig.select("INBOX", "QRESYNC");
  const std::string before = client->ask("a STATUS INBOX (HIGHESTMODSEQ)");
  EXPECT_EQ(client->ask("b SETMETADATA INBOX (/private/x \"1\")"), std::string("b ") + kSet);
  const std::string after = client->ask("a STATUS INBOX (HIGHESTMODSEQ)");
  EXPECT_NE(before, after);
  EXPECT_EQ(client->ask("b SETMETADATA INBOX (/private/x \"1\")"), std::string("b ") + kSet);
  EXPECT_EQ(client->ask("a STATUS INBOX (HIGHESTMODSEQ)"), after);
}

TEST(Metadata, MailboxesThatAreNotThere) {
  Rig rig;
  auto client = rig.login();
  static_cast<void>(client->ask("a CREATE a/b"));
  static_cast<void>(client->ask("a DELETE a"));
  for (const char* name : {"nope", "a", "\"x//y\""}) {
    EXPECT_THAT(client->ask("b GETMETADATA " + std::string(name) + " /private/x"),
                StartsWith("b NO [NONEXISTENT]"));
    EXPECT_THAT(client->ask("c SETMETADATA " + std::string(name) + " (/private/x \"1\")"),
                StartsWith("c NO [NONEXISTENT]"));
  }
}

// RFC 5464 §4.1: entries follow their mailbox, are copied from INBOX, and go with their mailbox.
TEST(Metadata, FollowsItsMailbox) {
  Rig rig;
  auto client = rig.login();
  static_cast<void>(client->ask("a CREATE one/two"));
  static_cast<void>(client->ask("a SETMETADATA one/two (/shared/x \"kept\")"));
  static_cast<void>(client->ask("a SETMETADATA INBOX (/shared/x \"in\")"));
  EXPECT_THAT(client->ask("b RENAME one eins"), StartsWith("b OK"));
  EXPECT_THAT(client->ask("c GETMETADATA eins/two /shared/x"), HasSubstr("\"kept\""));
  EXPECT_THAT(client->ask("d DELETE eins/two"), StartsWith("d OK"));
  static_cast<void>(client->ask("e CREATE eins/two"));
  EXPECT_THAT(client->ask("f GETMETADATA eins/two /shared/x"), HasSubstr("NIL"));
  EXPECT_THAT(client->ask("g RENAME INBOX old"), StartsWith("g OK"));
  EXPECT_THAT(client->ask("h GETMETADATA old /shared/x"), HasSubstr("\"in\""));
  EXPECT_THAT(client->ask("i GETMETADATA INBOX /shared/x"), HasSubstr("\"in\""));
  rig.deliver_many("INBOX", 1);
  EXPECT_THAT(client->ask("j RENAME INBOX older"), StartsWith("j OK"));
  EXPECT_THAT(client->ask("k GETMETADATA older /shared/x"), HasSubstr("\"in\""));
}

TEST(Metadata, AllOrNothing) {
  Rig rig;
  auto client = rig.login();
  std::string many = "a SETMETADATA INBOX (/private/e0 \"x\"";
  for (int i = 1; i <= 100; ++i) many += " /private/e" + std::to_string(i) + " \"x\"";
  EXPECT_EQ(client->ask(many + ")"),
            "a NO [METADATA TOOMANY] There is no room for more entries.\r\n");
  EXPECT_THAT(client->ask("b GETMETADATA (DEPTH 1) INBOX /private"), HasSubstr("(/private NIL)"));
  // With one removed in the same command there is room.
  EXPECT_EQ(client->ask(many + " /private/e7 NIL)"), std::string("a ") + kSet);
  EXPECT_THAT(client->ask("c SETMETADATA INBOX (/private/e7 \"x\")"),
              StartsWith("c NO [METADATA TOOMANY]"));
  EXPECT_THAT(client->ask("d SETMETADATA INBOX (/private/e6 \"y\")"), StartsWith("d OK"));
}

// RFC 5464 §4.3: the size is told; nothing of the refused literal is executed.
TEST(Metadata, ValuesEndAtTheirLimit) {
  Rig rig;
  auto client = rig.login();
  const std::string most(mailstore::kMaxMetadataValue, 'v');
  EXPECT_EQ(client->ask("a SETMETADATA INBOX (/private/x {65536+}\r\n" + most + ")"),
            std::string("a ") + kSet);
  const std::string refused = "NO [METADATA MAXSIZE 65536] ";
  EXPECT_THAT(client->ask("b SETMETADATA INBOX (/private/y {65537}"), StartsWith("b " + refused));
  EXPECT_THAT(client->ask("n NOOP"), StartsWith("n OK"));
  EXPECT_THAT(client->ask("b SETMETADATA INBOX (/private/y ~{2000000}"),
              StartsWith("b " + refused));
  EXPECT_THAT(client->ask("n NOOP"), StartsWith("n OK"));
  std::string payload = "z CREATE canary\r\n";
  payload += std::string(65537 - payload.size(), '\n');
  const std::string answer =
      client->ask("c SETMETADATA INBOX (/private/y {65537+}\r\n" + payload + ")\r\nn NOOP");
  EXPECT_THAT(answer, AllOf(StartsWith("c " + refused), EndsWith("n OK NOOP completed.\r\n"),
                            Not(HasSubstr("z "))));
  EXPECT_THAT(client->ask("d GETMETADATA INBOX /private/y"), HasSubstr("/private/y NIL"));
  // Also as literal8 before login, and where no literal8 belongs.
  EXPECT_THAT(client->ask("e GETMETADATA ~{1+}\r\nx /private/x"), StartsWith("e BAD"));
  EXPECT_THAT(client->ask("f NOOP"), StartsWith("f OK"));
}

// RFC 5464 §7: one user cannot take all the space.
TEST(Metadata, AccountsEndAtTheirLimit) {
  Rig rig;
  auto client = rig.login();
  const std::string most(mailstore::kMaxMetadataValue, 'v');
  int set = 0;
  std::string answer;
  for (; set < 100; ++set) {
    answer = client->ask("a SETMETADATA INBOX (/private/e" + std::to_string(set) + " {65536+}\r\n" +
                         most + ")");
    if (!answer.starts_with("a OK")) break;
  }
  EXPECT_EQ(set, 15);
  EXPECT_THAT(answer, StartsWith("a NO [METADATA TOOMANY]"));
  EXPECT_THAT(client->ask("b RENAME INBOX old"), StartsWith("b NO [LIMIT]"));
  EXPECT_THAT(client->ask("c SETMETADATA INBOX (/private/e1 NIL)"), StartsWith("c OK"));
  const std::string all = client->ask("d GETMETADATA (DEPTH 1) INBOX /private");
  EXPECT_GT(all.size(), 14 * most.size());
  EXPECT_THAT(all, EndsWith(kGot));
}

TEST(Metadata, ListReturnsIt) {
  Rig rig;
  auto client = rig.login();
  static_cast<void>(client->ask("a CREATE foo"));
  static_cast<void>(client->ask("a CREATE bar/x"));
  static_cast<void>(client->ask("a DELETE bar"));
  static_cast<void>(client->ask("a SETMETADATA INBOX (/shared/color \"#b71c1c\")"));
  const std::string listed =
      client->ask("b LIST \"\" (INBOX foo bar) RETURN (METADATA (/shared/color))");
  EXPECT_THAT(listed, HasSubstr("\"/\" \"INBOX\"\r\n* METADATA \"INBOX\" "
                                "(/shared/color \"#b71c1c\")\r\n"));
  EXPECT_THAT(listed, HasSubstr("\"/\" \"foo\"\r\n* METADATA \"foo\" (/shared/color NIL)\r\n"));
  EXPECT_THAT(listed, Not(HasSubstr("METADATA \"bar\"")));
  EXPECT_THAT(listed, EndsWith("b OK LIST completed.\r\n"));
  // Listed for a child only: no METADATA (RFC 9590 §4).
  static_cast<void>(client->ask("c CREATE foo/sub"));
  static_cast<void>(client->ask("c SUBSCRIBE foo/sub"));
  const std::string child = client->ask(
      "d LIST (SUBSCRIBED RECURSIVEMATCH) \"\" % RETURN (METADATA (/shared/color) STATUS (SIZE))");
  EXPECT_THAT(child, HasSubstr("\"foo\" (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n"));
  EXPECT_THAT(child, Not(HasSubstr("METADATA \"foo\"")));
  EXPECT_THAT(child, HasSubstr("* STATUS \"INBOX\" (SIZE 0)\r\n* METADATA \"INBOX\""));
}

TEST(Metadata, ChangesOfOthersAreTold) {
  Rig rig;
  auto teller = rig.login();
  auto server_only = rig.login();
  auto silent = rig.login();
  auto other = rig.login();
  EXPECT_EQ(teller->ask("e ENABLE METADATA"), "* ENABLED METADATA\r\ne OK ENABLE completed.\r\n");
  EXPECT_EQ(server_only->ask("e ENABLE METADATA-SERVER"),
            "* ENABLED METADATA-SERVER\r\ne OK ENABLE completed.\r\n");
  static_cast<void>(other->ask("a CREATE box"));
  EXPECT_EQ(teller->ask("n NOOP"), "n OK NOOP completed.\r\n");
  static_cast<void>(other->ask("a SETMETADATA box (/shared/comment \"x\" \"/private/a b\" \"y\")"));
  static_cast<void>(other->ask("a SETMETADATA \"\" (/private/comment \"x\")"));
  EXPECT_EQ(teller->ask("n NOOP"),
            "* METADATA \"\" /private/comment\r\n"
            "* METADATA \"box\" \"/private/a b\" /shared/comment\r\nn OK NOOP completed.\r\n");
  EXPECT_EQ(server_only->ask("n NOOP"),
            "* METADATA \"\" /private/comment\r\nn OK NOOP completed.\r\n");
  EXPECT_EQ(silent->ask("n NOOP"), "n OK NOOP completed.\r\n");
  EXPECT_EQ(teller->ask("n NOOP"), "n OK NOOP completed.\r\n");
  // Own changes are not told, unless somebody else had the last word.
  EXPECT_EQ(teller->ask("o SETMETADATA box (/shared/comment \"mine\")"), std::string("o ") + kSet);
  EXPECT_EQ(teller->ask("n NOOP"), "n OK NOOP completed.\r\n");
  static_cast<void>(other->ask("a SETMETADATA box (/shared/comment NIL /private/c \"1\")"));
  EXPECT_EQ(teller->ask("o SETMETADATA box (/private/c \"2\")"),
            std::string("* METADATA \"box\" /shared/comment\r\no ") + kSet);
  // A mailbox that is gone is not named.
  static_cast<void>(other->ask("a SETMETADATA box (/private/c \"3\")"));
  static_cast<void>(other->ask("a DELETE box"));
  EXPECT_EQ(teller->ask("n NOOP"), "n OK NOOP completed.\r\n");
}

TEST(Metadata, ChangesAreToldInIdle) {
  Rig rig;
  auto teller = rig.login();
  auto other = rig.login();
  static_cast<void>(teller->ask("e ENABLE METADATA"));
  EXPECT_EQ(teller->ask("i IDLE"), "+ idling\r\n");
  static_cast<void>(other->ask("a SETMETADATA INBOX (/shared/comment \"x\")"));
  EXPECT_EQ(teller->read(), "* METADATA \"INBOX\" /shared/comment\r\n");
  static_cast<void>(other->ask("a SETMETADATA INBOX (/shared/comment \"x\")"));
  EXPECT_EQ(teller->read(), "");
  EXPECT_EQ(teller->ask("DONE"), "i OK IDLE completed.\r\n");
}

}  // namespace
}  // namespace postern::session
