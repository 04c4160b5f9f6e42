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

class SearchCommand : public testing::Test {
 protected:
  SearchCommand() {
    rig.deliver_many("INBOX", 5);
    client = rig.select();
    static_cast<void>(client->ask("x STORE 2 +FLAGS.SILENT (\\Deleted)"));
    static_cast<void>(client->ask("x EXPUNGE"));
    // Numbers 1..4 are UIDs 1, 3, 4, 5.
    static_cast<void>(client->ask("x STORE 2:3 +FLAGS.SILENT (\\Flagged)"));
  }
  Rig rig;
  std::unique_ptr<Client> client;
};

TEST_F(SearchCommand, Plain) {
  EXPECT_EQ(client->ask("a SEARCH FLAGGED"), "* SEARCH 2 3\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a UID SEARCH FLAGGED"), "* SEARCH 3 4\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH ANSWERED"), "* SEARCH\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH UID 5"), "* SEARCH 4\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH 4"), "* SEARCH 4\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a UID SEARCH 2:3 NOT FLAGGED"), "* SEARCH\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH OR 1 (FLAGGED UID 4)"),
            "* SEARCH 1 3\r\na OK SEARCH completed.\r\n");
  EXPECT_THAT(client->ask("a SEARCH CHARSET X-NONE ALL"),
              StartsWith("a NO [BADCHARSET (US-ASCII UTF-8)]"));
}

TEST_F(SearchCommand, Esearch) {
  EXPECT_EQ(client->ask("a SEARCH RETURN () FLAGGED"),
            "* ESEARCH (TAG \"a\") ALL 2:3\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(
      client->ask("a UID SEARCH RETURN (MIN MAX COUNT ALL) ALL"),
      "* ESEARCH (TAG \"a\") UID MIN 1 MAX 5 COUNT 4 ALL 1,3:5\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH RETURN (COUNT MIN) ANSWERED"),
            "* ESEARCH (TAG \"a\") COUNT 0\r\na OK SEARCH completed.\r\n");
  EXPECT_THAT(
      client->ask("a SEARCH RETURN (MIN) MODSEQ 1"),
      MatchesRegex(
          "\\* OK \\[HIGHESTMODSEQ.*\\* ESEARCH \\(TAG \"a\"\\) MIN 1 MODSEQ [0-9]+\r\na OK.*"));
  EXPECT_THAT(client->ask("a SEARCH MODSEQ 1"),
              MatchesRegex("\\* SEARCH 1 2 3 4 \\(MODSEQ [0-9]+\\)\r\na OK.*"));
}

TEST_F(SearchCommand, Rev2AnswersWithEsearch) {
  auto modern = rig.select("INBOX", "IMAP4rev2");
  EXPECT_EQ(modern->ask("a SEARCH FLAGGED"),
            "* ESEARCH (TAG \"a\") ALL 2:3\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(modern->ask("a UID SEARCH ANSWERED"),
            "* ESEARCH (TAG \"a\") UID\r\na OK SEARCH completed.\r\n");
}

TEST_F(SearchCommand, SavedResult) {
  EXPECT_EQ(client->ask("a FETCH $ UID"), "a OK FETCH completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH RETURN (SAVE) FLAGGED"),
            "a OK SEARCH completed; the result is saved.\r\n");
  EXPECT_THAT(client->ask("a FETCH $ UID"),
              StartsWith("* 2 FETCH (UID 3)\r\n* 3 FETCH (UID 4)\r\na OK"));
  EXPECT_THAT(client->ask("a UID FETCH $ UID"), StartsWith("* 2 FETCH (UID 3)\r\n"));
  EXPECT_EQ(client->ask("a SEARCH UID $ UID 4"), "* SEARCH 3\r\na OK SEARCH completed.\r\n");
  EXPECT_THAT(client->ask("a STORE $ +FLAGS (\\Deleted)"), HasSubstr("* 3 FETCH"));
  static_cast<void>(client->ask("a UID EXPUNGE 3"));
  EXPECT_THAT(client->ask("a FETCH $ UID"), StartsWith("* 2 FETCH (UID 4)\r\na OK"));
  EXPECT_EQ(
      client->ask("a SEARCH RETURN (SAVE MIN COUNT) ALL"),
      "* ESEARCH (TAG \"a\") MIN 1 COUNT 3\r\na OK SEARCH completed; the result is saved.\r\n");
  EXPECT_THAT(client->ask("a FETCH $ UID"), HasSubstr("* 3 FETCH"));
  EXPECT_EQ(client->ask("a SEARCH RETURN (SAVE MIN) ALL"),
            "* ESEARCH (TAG \"a\") MIN 1\r\na OK SEARCH completed; the result is saved.\r\n");
  EXPECT_EQ(client->ask("a FETCH $ UID"), "* 1 FETCH (UID 1)\r\na OK FETCH completed.\r\n");
  static_cast<void>(client->ask("s SELECT INBOX"));
  EXPECT_EQ(client->ask("a FETCH $ UID"), "a OK FETCH completed.\r\n");
}

TEST_F(SearchCommand, Text) {
  EXPECT_EQ(client->ask("a SEARCH SUBJECT \"NUMBER 4\""),
            "* SEARCH 3\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a UID SEARCH BODY world NOT SUBJECT 5"),
            "* SEARCH 1 3 4\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH HEADER Message-ID <1@example.org> SENTON 1-Jan-2024"),
            "* SEARCH 1 2 3 4\r\na OK SEARCH completed.\r\n");
}

TEST_F(SearchCommand, CharsetAfterUtf8Accept) {
  EXPECT_THAT(client->ask("a SEARCH CHARSET ISO-8859-1 FLAGGED"), StartsWith("* SEARCH 2 3"));
  static_cast<void>(client->ask("e ENABLE UTF8=ACCEPT"));
  EXPECT_THAT(client->ask("a SEARCH CHARSET ISO-8859-1 ALL"), StartsWith("a BAD"));
  EXPECT_THAT(client->ask("a SEARCH CHARSET UTF-8 FLAGGED"), StartsWith("* SEARCH 2 3"));
}

// RFC 5182 §2.1: a SEARCH with SAVE that is answered NO leaves nothing saved, whoever refuses it.
TEST_F(SearchCommand, ARefusedSaveEmptiesTheResult) {
  std::string deep;
  for (int i = 0; i < 65; ++i) deep += "NOT ";
  const auto saved_after = [&](const std::string& line, const char* answer) {
    static_cast<void>(client->ask("s SEARCH RETURN (SAVE) FLAGGED"));
    EXPECT_THAT(client->ask(line), StartsWith(answer)) << line;
    return client->ask("f UID SEARCH $") == "* SEARCH 3 4\r\nf OK SEARCH completed.\r\n";
  };
  const std::string long_charset(100, 'x');
  EXPECT_FALSE(saved_after("a SEARCH RETURN (SAVE) CHARSET X-NONE ALL", "a NO [BADCHARSET"));
  EXPECT_FALSE(saved_after("a SEARCH RETURN (COUNT SAVE) CHARSET " + long_charset + " ALL",
                           "a NO [BADCHARSET"));
  EXPECT_FALSE(saved_after("a UID SEARCH RETURN (SAVE) " + deep + "ALL", "a NO [LIMIT]"));
  // BAD changes nothing, nor does a command without SAVE.
  EXPECT_TRUE(saved_after("a SEARCH RETURN (SAVE) NONSENSE", "a BAD"));
  EXPECT_TRUE(saved_after("a SEARCH RETURN (COUNT) CHARSET X-NONE ALL", "a NO [BADCHARSET"));
  EXPECT_TRUE(saved_after("a SEARCH " + deep + "ALL", "a NO [LIMIT]"));
}

// RFC 7162 §3.2.10.2: a UID SEARCH that counts messages is one of the commands that hold EXPUNGE.
TEST_F(SearchCommand, UidSearchByNumberHoldsExpunges) {
  auto other = rig.select();
  static_cast<void>(client->ask("x STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(client->ask("x EXPUNGE"));
  EXPECT_EQ(other->ask("a UID SEARCH NOT (2:3 FLAGGED) UID 4:9"),
            "* SEARCH 5\r\na OK SEARCH completed.\r\n");
  // So is one that waits behind another command.
  EXPECT_THAT(other->ask("n NOOP\r\na UID SEARCH OR FLAGGED 4"),
              AllOf(HasSubstr("* SEARCH 3 4 5\r\n"), Not(HasSubstr("EXPUNGE"))));
  EXPECT_THAT(other->ask("a SEARCH RETURN (SAVE) UID 5"), Not(HasSubstr("EXPUNGE")));
  EXPECT_THAT(other->ask("a UID SEARCH $"), HasSubstr("* SEARCH 5\r\n* 1 EXPUNGE\r\n"));
  static_cast<void>(client->ask("x STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(client->ask("x EXPUNGE"));
  EXPECT_THAT(other->ask("a UID SEARCH UID 5"), HasSubstr("* SEARCH 5\r\n* 1 EXPUNGE\r\n"));
}

}  // namespace
}  // namespace postern::session
