// LIST, LSUB, NAMESPACE, STATUS and the commands that change names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

TEST(List, ANewAccount) {
  Rig rig;
  auto client = rig.login();
  EXPECT_EQ(client->ask("a LIST \"\" \"\""),
            "* LIST (\\Noselect) \"/\" \"\"\r\na OK LIST completed.\r\n");
  const std::string all = client->ask("a LIST \"\" *");
  for (const char* line : {"* LIST (\\HasNoChildren) \"/\" \"INBOX\"\r\n",
                           "* LIST (\\HasNoChildren \\Drafts) \"/\" \"Drafts\"\r\n",
                           "* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent\"\r\n",
                           "* LIST (\\HasNoChildren \\Junk) \"/\" \"Junk\"\r\n",
                           "* LIST (\\HasNoChildren \\Trash) \"/\" \"Trash\"\r\n",
                           "* LIST (\\HasNoChildren \\Archive) \"/\" \"Archive\"\r\n"}) {
    EXPECT_THAT(all, HasSubstr(line));
  }
  const std::string subscribed = client->ask("a LIST (SUBSCRIBED) \"\" *");
  EXPECT_THAT(subscribed, HasSubstr("\\Subscribed \\Sent) \"/\" \"Sent\""));
  EXPECT_THAT(client->ask("a LIST (SPECIAL-USE) \"\" *"), Not(HasSubstr("INBOX")));
  EXPECT_THAT(client->ask("a LSUB \"\" *"), HasSubstr("* LSUB () \"/\" \"Sent\""));
  EXPECT_EQ(client->ask("a NAMESPACE"),
            "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\na OK NAMESPACE completed.\r\n");
}

TEST(List, HierarchyAndNonExistentParents) {
  Rig rig;
  auto client = rig.login();
  EXPECT_THAT(client->ask("a CREATE a/b/c/"), StartsWith("a OK"));
  EXPECT_THAT(client->ask("a LIST \"\" a%"), HasSubstr("* LIST (\\HasChildren) \"/\" \"a\""));
  EXPECT_THAT(client->ask("a LIST a/ %"), AllOf(HasSubstr("\"a/b\""), Not(HasSubstr("a/b/c"))));
  EXPECT_THAT(client->ask("a DELETE a/b"), StartsWith("a OK"));
  EXPECT_THAT(client->ask("a LIST \"\" a/%"),
              HasSubstr("* LIST (\\NonExistent \\Noselect \\HasChildren) \"/\" \"a/b\""));
  EXPECT_THAT(client->ask("a SELECT a/b"), StartsWith("a NO [NONEXISTENT]"));
  EXPECT_THAT(client->ask("a STATUS a/b (MESSAGES)"), StartsWith("a NO [NONEXISTENT]"));
  EXPECT_THAT(client->ask("a DELETE a/b/c"), StartsWith("a OK"));
  EXPECT_THAT(client->ask("a LIST \"\" a/*"), Not(HasSubstr("a/b")));
}

TEST(List, StatusFollowsItsLine) {
  Rig rig;
  rig.deliver_many("INBOX", 2);
  auto client = rig.login();
  EXPECT_THAT(client->ask("a LIST \"\" (INBOX Sent) RETURN (STATUS (MESSAGES UNSEEN) SUBSCRIBED)"),
              StartsWith("* LIST (\\HasNoChildren \\Subscribed) \"/\" \"INBOX\"\r\n* STATUS "
                         "\"INBOX\" (MESSAGES 2 UNSEEN 2)\r\n"
                         "* LIST (\\HasNoChildren \\Subscribed \\Sent) \"/\" \"Sent\"\r\n* STATUS "
                         "\"Sent\" (MESSAGES 0 UNSEEN 0)\r\n"));
}

TEST(List, RecursiveMatch) {
  Rig rig;
  auto client = rig.login();
  static_cast<void>(client->ask("a CREATE foo/bar"));
  static_cast<void>(client->ask("a SUBSCRIBE foo/bar"));
  static_cast<void>(client->ask("a UNSUBSCRIBE foo"));
  EXPECT_THAT(client->ask("a LIST (RECURSIVEMATCH) \"\" %"), StartsWith("a BAD"));
  EXPECT_THAT(
      client->ask("a LIST (SUBSCRIBED RECURSIVEMATCH) \"\" foo%"),
      HasSubstr("* LIST (\\HasChildren) \"/\" \"foo\" (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n"));
  // The child comes itself, so its parent need not.
  EXPECT_THAT(client->ask("a LIST (SUBSCRIBED RECURSIVEMATCH) \"\" foo*"),
              Not(HasSubstr("CHILDINFO")));
  EXPECT_THAT(client->ask("a LSUB \"\" foo%"), StartsWith("* LSUB (\\Noselect) \"/\" \"foo\"\r\n"));
  EXPECT_THAT(client->ask("a LSUB \"\" foo/*"), StartsWith("* LSUB () \"/\" \"foo/bar\"\r\n"));
  // A subscription outlives its mailbox.
  static_cast<void>(client->ask("a DELETE foo/bar"));
  EXPECT_THAT(
      client->ask("a LIST (SUBSCRIBED) \"\" foo/*"),
      HasSubstr("(\\NonExistent \\Noselect \\HasNoChildren \\Subscribed) \"/\" \"foo/bar\""));
  EXPECT_THAT(client->ask("a LIST \"\" foo/*"), Not(HasSubstr("foo/bar")));
}

// B7.
TEST(List, HostilePatternsAreBounded) {
  Rig rig;
  auto client = rig.login();
  static_cast<void>(client->ask("a CREATE " + std::string(40, 'a')));
  std::string pattern;
  for (int i = 0; i < 20; ++i) pattern += "%a";
  EXPECT_THAT(client->ask("a LIST \"\" \"" + pattern + "b\""),
              EndsWith("a OK LIST completed.\r\n"));
}

TEST(List, NamesInUtf7AndUtf8) {
  Rig rig;
  auto client = rig.login();
  EXPECT_THAT(client->ask("a CREATE \"Entw&APw-rfe &- mehr\""), StartsWith("a OK"));
  EXPECT_THAT(client->ask("a LIST \"\" Entw*"), HasSubstr("\"Entw&APw-rfe &- mehr\""));
  auto modern = rig.login();
  static_cast<void>(modern->ask("e ENABLE UTF8=ACCEPT"));
  EXPECT_THAT(modern->ask("a LIST \"\" Entw*"), HasSubstr("\"Entw\xc3\xbcrfe & mehr\""));
  EXPECT_THAT(modern->ask("a SELECT \"Entwu\xcc\x88rfe & mehr\""), HasSubstr("a OK [READ-WRITE]"));
}

TEST(Names, CreateErrors) {
  Rig rig;
  auto client = rig.login();
  EXPECT_THAT(client->ask("a CREATE inbox"), StartsWith("a NO [ALREADYEXISTS]"));
  EXPECT_THAT(client->ask("a CREATE Sent"), StartsWith("a NO [ALREADYEXISTS]"));
  EXPECT_THAT(client->ask("a CREATE a//b"), StartsWith("a NO [CANNOT]"));
  EXPECT_THAT(client->ask("a CREATE \"a*b\""), StartsWith("a NO [CANNOT]"));
  EXPECT_THAT(client->ask("a CREATE Out (USE (\\Sent))"), StartsWith("a NO [USEATTR]"));
  EXPECT_THAT(client->ask("a CREATE Out (USE (\\Nonsense))"), StartsWith("a NO [USEATTR]"));
  EXPECT_THAT(client->ask("a CREATE Out (USE (\\All))"), StartsWith("a NO [USEATTR]"));
  EXPECT_THAT(client->ask("a DELETE Sent"), StartsWith("a OK"));
  EXPECT_THAT(client->ask("a CREATE Out (USE (\\Sent))"), StartsWith("a OK"));
  EXPECT_THAT(client->ask("a LIST \"\" Out"), HasSubstr("\\Sent"));
}

// B15.
TEST(Names, RenameAndDelete) {
  Rig rig;
  rig.deliver_many("INBOX", 2);
  auto client = rig.login();
  static_cast<void>(client->ask("a CREATE a/b"));
  EXPECT_THAT(client->ask("a RENAME a x/y"), StartsWith("a OK"));
  EXPECT_THAT(client->ask("a LIST \"\" x*"), AllOf(HasSubstr("\"x/y\""), HasSubstr("\"x/y/b\"")));
  EXPECT_THAT(client->ask("a RENAME x/y Sent"), StartsWith("a NO [ALREADYEXISTS]"));
  EXPECT_THAT(client->ask("a RENAME nope z"), StartsWith("a NO [NONEXISTENT]"));
  EXPECT_THAT(client->ask("a RENAME x x/z"), StartsWith("a NO"));
  EXPECT_THAT(client->ask("a DELETE INBOX"), StartsWith("a NO [CANNOT]"));
  EXPECT_THAT(client->ask("a DELETE nope"), StartsWith("a NO [NONEXISTENT]"));
  static_cast<void>(client->ask("s SELECT INBOX"));
  EXPECT_THAT(client->ask("a RENAME INBOX old"), HasSubstr("* 2 EXPUNGE\r\n* 1 EXPUNGE\r\na OK"));
  EXPECT_THAT(client->ask("a STATUS old (MESSAGES)"), HasSubstr("(MESSAGES 2)"));
  EXPECT_THAT(client->ask("a STATUS INBOX (MESSAGES)"), HasSubstr("(MESSAGES 0)"));
}

// RFC 9051 §6.3.2, §6.3.9.7: the client learns which name its own became.
TEST(Names, OldNameInRev2) {
  Rig rig;
  auto client = rig.login();
  static_cast<void>(client->ask("e ENABLE IMAP4rev2"));
  const std::string sent = "\"u\xcc\x88\"";
  const std::string line =
      "* LIST (\\HasNoChildren) \"/\" \"\xc3\xbc\" (\"OLDNAME\" (\"u\xcc\x88\"))\r\n";
  EXPECT_THAT(client->ask("a CREATE " + sent), StartsWith(line + "a OK [MAILBOXID ("));
  EXPECT_THAT(client->ask("a SELECT " + sent), HasSubstr(line));
  EXPECT_THAT(client->ask("a EXAMINE " + sent), HasSubstr(line));
  EXPECT_THAT(client->ask("a SELECT \"\xc3\xbc\""), Not(HasSubstr("OLDNAME")));
  // INBOX is one name however it is spelled.
  EXPECT_THAT(client->ask("a SELECT iNbOx"), Not(HasSubstr("OLDNAME")));
  EXPECT_THAT(client->ask("a CREATE inbox/x"), StartsWith("a OK"));
  EXPECT_THAT(client->ask("a SELECT inbox/x"), Not(HasSubstr("OLDNAME")));
  EXPECT_THAT(client->ask("a CREATE \"inbox/u\xcc\x88\""),
              HasSubstr("(\"OLDNAME\" (\"inbox/u\xcc\x88\"))"));
  // INBOX stays where it is, so it is no old name.
  EXPECT_THAT(client->ask("a RENAME INBOX \"e\xcc\x81\""),
              HasSubstr("\"\xc3\xa9\" (\"OLDNAME\" (\"e\xcc\x81\"))\r\n"));
  // A trailing delimiter only says that names below will follow (RFC 9051 §6.3.4).
  EXPECT_THAT(client->ask("a CREATE work/"), StartsWith("a OK [MAILBOXID ("));
  EXPECT_EQ(
      client->ask("a RENAME " + sent + " \"o\xcc\x88\""),
      "* LIST (\\HasNoChildren) \"/\" \"\xc3\xb6\" (\"OLDNAME\" (\"u\xcc\x88\"))\r\na OK RENAME "
      "completed.\r\n");
  EXPECT_EQ(client->ask("a RENAME \"\xc3\xb6\" plain"), "a OK RENAME completed.\r\n");
  static_cast<void>(client->ask("a RENAME plain " + sent));
  EXPECT_EQ(client->ask("a DELETE " + sent),
            "* LIST (\\NonExistent \\Noselect \\HasNoChildren) \"/\" \"\xc3\xbc\" (\"OLDNAME\" "
            "(\"u\xcc\x88\"))\r\na OK DELETE "
            "completed.\r\n");
  auto old = rig.login();
  static_cast<void>(old->ask("e ENABLE UTF8=ACCEPT"));
  EXPECT_THAT(old->ask("a CREATE " + sent), StartsWith("a OK [MAILBOXID ("));
  EXPECT_THAT(old->ask("a SELECT " + sent), Not(HasSubstr("LIST")));
}

TEST(Names, SubscribeErrors) {
  Rig rig;
  auto client = rig.login();
  EXPECT_THAT(client->ask("a SUBSCRIBE nope"), StartsWith("a NO [NONEXISTENT]"));
  EXPECT_THAT(client->ask("a UNSUBSCRIBE nope"), StartsWith("a OK"));
  EXPECT_THAT(client->ask("a UNSUBSCRIBE Sent"), StartsWith("a OK"));
  EXPECT_THAT(client->ask("a LSUB \"\" Sent"), Not(HasSubstr("* LSUB")));
}

TEST(Status, EveryItem) {
  Rig rig;
  rig.deliver_many("INBOX", 2);
  auto client = rig.login();
  EXPECT_THAT(client->ask("a STATUS inbox (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE "
                          "HIGHESTMODSEQ APPENDLIMIT)"),
              MatchesRegex("\\* STATUS \"INBOX\" \\(MESSAGES 2 RECENT 2 UIDNEXT 3 UIDVALIDITY "
                           "[0-9]+ UNSEEN 2 DELETED 0 "
                           "SIZE [0-9]+ HIGHESTMODSEQ [0-9]+ APPENDLIMIT 52428800\\)\r\na OK "
                           "STATUS completed.\r\n"));
  static_cast<void>(client->ask("s SELECT INBOX"));
  rig.deliver_many("INBOX", 1);
  EXPECT_THAT(client->ask("a STATUS INBOX (MESSAGES)"), HasSubstr("(MESSAGES 3)"));
  EXPECT_EQ(client->ask("n NOOP"), "n OK NOOP completed.\r\n");
}

TEST(Accounts, DoNotSeeEachOther) {
  Rig rig;
  auto joe = rig.login("joe");
  static_cast<void>(joe->ask("a CREATE private"));
  auto ann = rig.login("ann");
  EXPECT_THAT(ann->ask("a LIST \"\" *"), Not(HasSubstr("private")));
  EXPECT_EQ(ann->ask("a SELECT private"), ann->ask("a SELECT never-was"));
}

}  // namespace
}  // namespace postern::session
