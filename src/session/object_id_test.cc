// OBJECTID (RFC 8474), SAVEDATE (RFC 8514), PREVIEW (RFC 8970) and WITHIN (RFC 5032) as a client
// sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

// The id in "NAME (id)"; empty when there is none.
std::string id_in(const std::string& answer, const std::string& name) {
  std::smatch match;
  const std::regex form(name + " \\(([A-Za-z0-9_-]{1,255})\\)");
  return std::regex_search(answer, match, form) ? match[1].str() : "";
}

std::string status_id(Client& client, const std::string& mailbox) {
  return id_in(client.ask("s STATUS " + mailbox + " (MAILBOXID)"), "MAILBOXID");
}

TEST(ObjectIds, OfMailboxes) {
  Rig rig;
  auto client = rig.login();
  const std::string created = client->ask("a CREATE foo");
  EXPECT_THAT(created,
              MatchesRegex("a OK \\[MAILBOXID \\(f[0-9a-f-]+\\)\\] CREATE completed.\r\n"));
  const std::string foo = id_in(created, "MAILBOXID");
  const std::string bar = id_in(client->ask("a CREATE bar"), "MAILBOXID");
  EXPECT_NE(foo, bar);
  EXPECT_EQ(client->ask("b STATUS foo (MESSAGES mailboxid)"),
            "* STATUS \"foo\" (MESSAGES 0 MAILBOXID (" + foo + "))\r\nb OK STATUS completed.\r\n");
  EXPECT_THAT(client->ask("c SELECT foo"), HasSubstr("* OK [MAILBOXID (" + foo + ")] "));
  EXPECT_THAT(client->ask("c EXAMINE bar"), HasSubstr("* OK [MAILBOXID (" + bar + ")] "));
  const std::string all = client->ask("d LIST \"\" \"*\" RETURN (STATUS (MAILBOXID))");
  EXPECT_THAT(all, HasSubstr("* STATUS \"foo\" (MAILBOXID (" + foo + "))\r\n"));
  // A rename keeps it, also of a parent; a new mailbox of the old name has another one.
  const std::string child = id_in(client->ask("e CREATE foo/child"), "MAILBOXID");
  EXPECT_THAT(client->ask("f RENAME foo renamed"), StartsWith("f OK"));
  EXPECT_EQ(status_id(*client, "renamed"), foo);
  EXPECT_EQ(status_id(*client, "renamed/child"), child);
  EXPECT_EQ(status_id(*client, "bar"), bar);
  EXPECT_NE(id_in(client->ask("g CREATE foo"), "MAILBOXID"), foo);
  static_cast<void>(client->ask("h DELETE renamed/child"));
  EXPECT_NE(id_in(client->ask("i CREATE renamed/child"), "MAILBOXID"), child);
  EXPECT_THAT(client->ask("j CREATE bar"), Not(HasSubstr("MAILBOXID")));
}

// §8.2: INBOX stays what it is, and the new mailbox is new.
TEST(ObjectIds, RenameOfInbox) {
  Rig rig;
  rig.deliver_many("INBOX", 1);
  auto client = rig.select();
  const std::string inbox = status_id(*client, "INBOX");
  const std::string email = id_in(client->ask("a FETCH 1 EMAILID"), "EMAILID");
  static_cast<void>(client->ask("b RENAME INBOX old"));
  EXPECT_EQ(status_id(*client, "INBOX"), inbox);
  EXPECT_NE(status_id(*client, "old"), inbox);
  static_cast<void>(client->ask("c SELECT old"));
  EXPECT_EQ(id_in(client->ask("d FETCH 1 EMAILID"), "EMAILID"), email);
}

TEST(ObjectIds, MailboxesOfTwoAccountsDiffer) {
  Rig rig;
  auto joe = rig.login("joe");
  auto ann = rig.login("ann");
  EXPECT_NE(status_id(*joe, "INBOX"), status_id(*ann, "INBOX"));
}

TEST(ObjectIds, OfMessages) {
  Rig rig;
  const auto mail = [](const std::string& header) {
    return "Subject: x\r\n" + header + "\r\nbody\r\n";
  };
  rig.deliver("INBOX", mail("Message-ID: <1@x>\r\n"));
  rig.deliver("INBOX", mail("Message-ID: <2@x>\r\nReferences: <1@x>\r\n"));
  rig.deliver("INBOX", mail("Message-ID: <3@x>\r\n"));
  rig.deliver("INBOX", mail(""));
  auto client = rig.select();
  std::vector<std::string> emails(5), threads(5);
  for (int i = 1; i <= 4; ++i) {
    const std::string answer = client->ask("a FETCH " + std::to_string(i) + " (EMAILID THREADID)");
    const auto at = static_cast<std::size_t>(i);
    emails[at] = id_in(answer, "EMAILID");
    threads[at] = id_in(answer, "THREADID");
    EXPECT_EQ(answer, "* " + std::to_string(i) + " FETCH (EMAILID (" + emails[at] + ") THREADID (" +
                          threads[at] + "))\r\na OK FETCH completed.\r\n");
    EXPECT_NE(emails[at], threads[at]);
  }
  EXPECT_EQ(threads[1], threads[2]);
  EXPECT_NE(threads[1], threads[3]);
  EXPECT_NE(threads[3], threads[4]);
  EXPECT_EQ(client->ask("b SEARCH EMAILID " + emails[2]),
            "* SEARCH 2\r\nb OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("b SEARCH THREADID " + threads[1]),
            "* SEARCH 1 2\r\nb OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("b UID SEARCH OR EMAILID " + emails[1] + " EMAILID " + emails[4]),
            "* SEARCH 1 4\r\nb OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("b SEARCH EMAILID nothing-of-ours"),
            "* SEARCH\r\nb OK SEARCH completed.\r\n");
  // The same after COPY and MOVE, in another session.
  static_cast<void>(client->ask("c CREATE foo"));
  static_cast<void>(client->ask("d COPY 1 foo"));
  static_cast<void>(client->ask("e MOVE 2 foo"));
  auto other = rig.select("foo");
  const std::string copied = other->ask("f FETCH 1 (EMAILID THREADID)");
  EXPECT_EQ(id_in(copied, "EMAILID"), emails[1]);
  EXPECT_EQ(id_in(copied, "THREADID"), threads[1]);
  EXPECT_EQ(id_in(other->ask("g UID FETCH 2 (EMAILID)"), "EMAILID"), emails[2]);
}

TEST(SaveDate, IsWhenTheMessageCameIntoTheMailbox) {
  Rig rig;
  auto client = rig.select();
  // The rig's clock stands at 2023-11-14 23:13:20 UTC.
  static_cast<void>(
      client->ask("a APPEND INBOX \"17-Jul-1996 02:44:25 -0700\" {16+}\r\nSubject: x\r\n\r\nab"));
  EXPECT_EQ(client->ask("b FETCH 1 (INTERNALDATE SAVEDATE)"),
            "* 1 FETCH (INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" SAVEDATE "
            "\"14-Nov-2023 23:13:20 +0000\")\r\nb OK FETCH completed.\r\n");
  rig.advance(std::chrono::hours(24));
  client = rig.select();
  static_cast<void>(client->ask("c CREATE foo"));
  static_cast<void>(client->ask("d COPY 1 foo"));
  static_cast<void>(client->ask("e STORE 1 +FLAGS (\\Flagged)"));
  EXPECT_THAT(client->ask("f FETCH 1 SAVEDATE"), HasSubstr("14-Nov-2023 23:13:20 +0000"));
  EXPECT_EQ(client->ask("g SEARCH SAVEDON 14-Nov-2023 SAVEDATESUPPORTED"),
            "* SEARCH 1\r\ng OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("g SEARCH SAVEDBEFORE 14-Nov-2023"),
            "* SEARCH\r\ng OK SEARCH completed.\r\n");
  static_cast<void>(client->ask("h SELECT foo"));
  EXPECT_THAT(client->ask("i FETCH 1 (INTERNALDATE SAVEDATE)"),
              HasSubstr("\"17-Jul-1996 02:44:25 -0700\" SAVEDATE \"15-Nov-2023 23:13:20 +0000\""));
  EXPECT_EQ(client->ask("j SEARCH SAVEDSINCE 15-Nov-2023"),
            "* SEARCH 1\r\nj OK SEARCH completed.\r\n");
  rig.advance(std::chrono::hours(24));
  client = rig.select("foo");
  static_cast<void>(client->ask("k MOVE 1 INBOX"));
  static_cast<void>(client->ask("l SELECT INBOX"));
  EXPECT_THAT(client->ask("m FETCH 2 SAVEDATE"), HasSubstr("16-Nov-2023 23:13:20 +0000"));
}

TEST(Within, CountsFromTheServersClock) {
  Rig rig;
  rig.deliver_many("INBOX", 1);
  rig.advance(std::chrono::seconds(100));
  rig.deliver_many("INBOX", 1);
  auto client = rig.select();
  EXPECT_EQ(client->ask("a SEARCH YOUNGER 99"), "* SEARCH 2\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH YOUNGER 100"), "* SEARCH 1 2\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH OLDER 100"), "* SEARCH 1\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH OLDER 101"), "* SEARCH\r\na OK SEARCH completed.\r\n");
  rig.advance(std::chrono::seconds(100));
  EXPECT_EQ(client->ask("a SEARCH OLDER 100"), "* SEARCH 1 2\r\na OK SEARCH completed.\r\n");
  EXPECT_THAT(client->ask("a SEARCH YOUNGER 0"), StartsWith("a BAD "));
}

TEST(Preview, IsTheTextOfTheMessage) {
  Rig rig;
  rig.deliver("INBOX", simple_message("one"));
  rig.deliver("INBOX", "Subject: empty\r\n\r\n");
  rig.deliver("INBOX",
              "Subject: umlaut\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nGr\xFC\xDF"
              "e an \"alle\"\r\n");
  rig.deliver("INBOX", "Subject: picture\r\nContent-Type: image/png\r\n\r\nabc\r\n");
  rig.deliver("INBOX", "Subject: long\r\n\r\n" + std::string(5000, 'x') + "\r\n");
  auto client = rig.select();
  EXPECT_EQ(client->ask("a FETCH 1 (RFC822.SIZE PREVIEW)"),
            "* 1 FETCH (RFC822.SIZE 162 PREVIEW \"Hello, world.\")\r\na OK FETCH completed.\r\n");
  EXPECT_EQ(client->ask("a FETCH 2,4 (PREVIEW (LAZY))"),
            "* 2 FETCH (PREVIEW \"\")\r\n* 4 FETCH (PREVIEW \"\")\r\na OK FETCH completed.\r\n");
  // A quoted string holds no 8-bit text before ENABLE: a literal does.
  EXPECT_EQ(client->ask("a UID FETCH 3 PREVIEW (LAZY)"),
            "* 3 FETCH (UID 3 PREVIEW {17}\r\nGr\xC3\xBC\xC3\x9F"
            "e an \"alle\")\r\na OK FETCH completed.\r\n");
  const std::string longest = client->ask("a FETCH 5 PREVIEW");
  EXPECT_THAT(longest, MatchesRegex("\\* 5 FETCH \\(PREVIEW \"x{200}\"\\)\r\na OK.*"));
  // It reads no body and sets no flag.
  EXPECT_THAT(client->ask("a FETCH 1 FLAGS"), Not(HasSubstr("Seen")));
  EXPECT_THAT(client->ask("a FETCH 1 (PREVIEW (EAGER))"), StartsWith("a BAD "));
}

}  // namespace
}  // namespace postern::session
