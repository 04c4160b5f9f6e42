// SORT, THREAD (RFC 5256), SORT=DISPLAY (RFC 5957), ESORT (RFC 5267 §3), PARTIAL (RFC 9394).
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

std::string mail(const std::string& headers, const std::string& body = "text") {
  return headers + "\r\n\r\n" + body + "\r\n";
}

class SortCommand : public testing::Test {
 protected:
  SortCommand() {
    rig.deliver("INBOX", mail("From: Zoe <bob@x>\r\nTo: c@x\r\nSubject: gone"));
    rig.deliver("INBOX", mail("From: Zoe <bob@x>\r\nTo: c@x\r\nSubject: Re: Banana\r\n"
                              "Message-ID: <2@x>\r\nDate: Mon, 1 Jan 2024 12:00:00 +0000"));
    rig.deliver("INBOX", mail("From: Ann <Carl@x>\r\nTo: a@x\r\nSubject: [list] apple\r\n"
                              "Message-ID: <3@x>\r\nDate: Mon, 1 Jan 2024 12:00:00 +0200",
                              "much longer text"));
    rig.deliver("INBOX", mail("From: alf@x\r\nTo: b@x\r\nSubject: banana\r\nReferences: <3@x>\r\n"
                              "Message-ID: <4@x>\r\nDate: Mon, 1 Jan 2024 12:00:00 -0800"));
    rig.deliver("INBOX", mail("From: alf@x\r\nTo: b@x\r\nSubject: cherry\r\nIn-Reply-To: <4@x>\r\n"
                              "Message-ID: <5@x>\r\nDate: Mon, 1 Jan 2024 09:00:00 +0000"));
    client = rig.select();
    static_cast<void>(client->ask("x STORE 1 +FLAGS.SILENT (\\Deleted)"));
    static_cast<void>(client->ask("x EXPUNGE"));
    // Numbers 1..4 are UIDs 2..5.
  }
  Rig rig;
  std::unique_ptr<Client> client;
};

TEST_F(SortCommand, Criteria) {
  const auto sort = [&](const std::string& criteria) {
    const std::string answer = client->ask("a SORT (" + criteria + ") UTF-8 ALL");
    EXPECT_THAT(answer, EndsWith("\r\na OK SORT completed.\r\n")) << criteria;
    return answer.substr(0, answer.find('\r'));
  };
  EXPECT_EQ(sort("SUBJECT"), "* SORT 2 1 3 4");
  EXPECT_EQ(sort("REVERSE SUBJECT"), "* SORT 4 1 3 2");
  EXPECT_EQ(sort("SUBJECT REVERSE DATE"), "* SORT 2 3 1 4");
  EXPECT_EQ(sort("DATE"), "* SORT 4 2 1 3");
  EXPECT_EQ(sort("FROM"), "* SORT 3 4 1 2");
  EXPECT_EQ(sort("TO"), "* SORT 2 3 4 1");
  EXPECT_EQ(sort("CC"), "* SORT 1 2 3 4");
  EXPECT_EQ(sort("ARRIVAL"), "* SORT 1 2 3 4");
  EXPECT_EQ(sort("DISPLAYFROM"), "* SORT 3 4 2 1");
  EXPECT_EQ(sort("DISPLAYTO"), "* SORT 2 3 4 1");
  EXPECT_THAT(sort("REVERSE SIZE"), StartsWith("* SORT 2 "));
}

TEST_F(SortCommand, UidsSearchKeysAndCharsets) {
  EXPECT_EQ(client->ask("a UID SORT (SUBJECT) UTF-8 UID 3:*"),
            "* SORT 3 4 5\r\na OK SORT completed.\r\n");
  EXPECT_EQ(client->ask("a UID SORT (SUBJECT) US-ASCII NOT 2:3"),
            "* SORT 2 5\r\na OK SORT completed.\r\n");
  EXPECT_EQ(client->ask("a SORT (SUBJECT) US-ASCII TEXT \"not in mailbox\""),
            "* SORT\r\na OK SORT completed.\r\n");
  EXPECT_EQ(client->ask("a SORT (SUBJECT) iso-8859-1 SUBJECT \"BANANA\""),
            "* SORT 1 3\r\na OK SORT completed.\r\n");
  EXPECT_THAT(client->ask("a SORT (SUBJECT) X-NONE ALL"),
              StartsWith("a NO [BADCHARSET (US-ASCII UTF-8)]"));
  EXPECT_THAT(client->ask("a THREAD REFS X-NONE ALL"),
              StartsWith("a NO [BADCHARSET (US-ASCII UTF-8)]"));
  EXPECT_THAT(client->ask("a SORT (SUBJECTS) UTF-8 ALL"), StartsWith("a BAD "));
  EXPECT_THAT(client->ask("a THREAD FLAT UTF-8 ALL"), StartsWith("a BAD "));
  EXPECT_THAT(client->raw("a SORT (DATE) UTF-8 SUBJECT {3}\r\n"), StartsWith("+ "));
  EXPECT_EQ(client->raw("app\r\n"), "* SORT 2\r\na OK SORT completed.\r\n");
}

// RFC 9755 §3.
TEST_F(SortCommand, CharsetAfterUtf8Accept) {
  static_cast<void>(client->ask("e ENABLE UTF8=ACCEPT"));
  EXPECT_THAT(client->ask("a SORT (SUBJECT) US-ASCII 1"), StartsWith("a BAD "));
  EXPECT_THAT(client->ask("a THREAD REFS ISO-8859-1 1"), StartsWith("a BAD "));
  EXPECT_THAT(client->ask("a SORT (SUBJECT) utf-8 1"), StartsWith("* SORT 1\r\n"));
  EXPECT_THAT(client->ask("a THREAD REFS UTF-8 1"), StartsWith("* THREAD (1)\r\n"));
}

// RFC 7162 §3.1.9 and §3.1.10.
TEST_F(SortCommand, Modseq) {
  EXPECT_THAT(client->ask("a SORT (SUBJECT) UTF-8 MODSEQ 1"),
              MatchesRegex(".*\\* SORT 2 1 3 4 \\(MODSEQ [0-9]+\\)\r\na OK.*"));
  EXPECT_EQ(client->ask("a SORT (SUBJECT) UTF-8 MODSEQ 999999"),
            "* SORT\r\na OK SORT completed.\r\n");
  EXPECT_THAT(client->ask("a SORT RETURN (ALL) (SUBJECT) UTF-8 MODSEQ 1"),
              MatchesRegex("\\* ESEARCH \\(TAG \"a\"\\) MODSEQ [0-9]+ ALL 2,1,3:4\r\na OK.*"));
  EXPECT_THAT(client->ask("a THREAD REFS UTF-8 MODSEQ 1"), Not(HasSubstr("MODSEQ ")));
}

// RFC 5267 §3.
TEST_F(SortCommand, Extended) {
  EXPECT_EQ(client->ask("a SORT RETURN () (REVERSE DATE) UTF-8 ALL"),
            "* ESEARCH (TAG \"a\") ALL 3,1:2,4\r\na OK SORT completed.\r\n");
  EXPECT_EQ(client->ask("a UID SORT RETURN (MIN MAX COUNT) (DATE) UTF-8 ALL"),
            "* ESEARCH (TAG \"a\") UID MIN 5 MAX 4 COUNT 4\r\na OK SORT completed.\r\n");
  EXPECT_EQ(client->ask("a UID SORT RETURN (ALL) (ARRIVAL) UTF-8 ALL"),
            "* ESEARCH (TAG \"a\") UID ALL 2:5\r\na OK SORT completed.\r\n");
  EXPECT_EQ(client->ask("a SORT RETURN (MIN ALL COUNT) (DATE) UTF-8 ANSWERED"),
            "* ESEARCH (TAG \"a\") COUNT 0\r\na OK SORT completed.\r\n");
  EXPECT_EQ(client->ask("a UID SORT RETURN (PARTIAL 2:3) (DATE) UTF-8 ALL"),
            "* ESEARCH (TAG \"a\") UID PARTIAL (2:3 3,2)\r\na OK SORT completed.\r\n");
  EXPECT_EQ(client->ask("a SORT RETURN (PARTIAL -1:-2 COUNT) (DATE) UTF-8 ALL"),
            "* ESEARCH (TAG \"a\") COUNT 4 PARTIAL (-1:-2 1,3)\r\na OK SORT completed.\r\n");
  static_cast<void>(client->ask("a UID SORT RETURN (SAVE MIN PARTIAL 3:3) (DATE) UTF-8 ALL"));
  EXPECT_EQ(client->ask("a UID SEARCH $"), "* SEARCH 2 5\r\na OK SEARCH completed.\r\n");
  static_cast<void>(client->ask("a SORT RETURN (SAVE) (DATE) UTF-8 2:3"));
  EXPECT_EQ(client->ask("a UID SEARCH $"), "* SEARCH 3 4\r\na OK SEARCH completed.\r\n");
  static_cast<void>(client->ask("a SORT RETURN (SAVE) (DATE) X-NONE 2:3"));
  EXPECT_EQ(client->ask("a UID SEARCH $"), "* SEARCH\r\na OK SEARCH completed.\r\n");
}

TEST_F(SortCommand, Threads) {
  EXPECT_EQ(client->ask("a THREAD ORDEREDSUBJECT UTF-8 ALL"),
            "* THREAD (4)(2)(1 3)\r\na OK THREAD completed.\r\n");
  EXPECT_EQ(client->ask("a UID THREAD REFERENCES UTF-8 ALL"),
            "* THREAD (3 4 5)(2)\r\na OK THREAD completed.\r\n");
  EXPECT_EQ(client->ask("a THREAD REFS UTF-8 ALL"),
            "* THREAD (1)(2 3 4)\r\na OK THREAD completed.\r\n");
  EXPECT_EQ(client->ask("a THREAD REFERENCES UTF-8 NOT 3"),
            "* THREAD (4)(2)(1)\r\na OK THREAD completed.\r\n");
  EXPECT_EQ(client->ask("a THREAD ORDEREDSUBJECT US-ASCII TEXT \"gewp\""),
            "* THREAD\r\na OK THREAD completed.\r\n");
  // Without a Date the message was sent when it arrived, in this clock long before the others.
  rig.deliver("INBOX", mail("Message-ID: <6@x>\r\nReferences: <3@x>\r\nSubject: n"));
  EXPECT_THAT(client->ask("a UID THREAD REFS UTF-8 ALL"),
              HasSubstr("* THREAD (2)(3 (6)(4 5))\r\na OK"));
}

// RFC 5256 §3: no EXPUNGE while SORT or THREAD by number is answered.
TEST_F(SortCommand, ExpungesWait) {
  auto other = rig.select();
  static_cast<void>(client->ask("x STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(client->ask("x EXPUNGE"));
  EXPECT_THAT(other->ask("a SORT (ARRIVAL) UTF-8 ALL"),
              AllOf(HasSubstr("* SORT 1 2 3 4\r\n"), Not(HasSubstr("EXPUNGE"))));
  EXPECT_THAT(other->ask("a UID THREAD REFS UTF-8 2:3"),
              AllOf(HasSubstr("* THREAD"), Not(HasSubstr("EXPUNGE"))));
  EXPECT_THAT(other->ask("n NOOP\r\na SORT (ARRIVAL) UTF-8 ALL"), Not(HasSubstr("EXPUNGE")));
  EXPECT_THAT(other->ask("a UID SORT (ARRIVAL) UTF-8 ALL"),
              HasSubstr("* SORT 2 3 4 5\r\n* 1 EXPUNGE\r\n"));
}

// RFC 9394 §3.1.
TEST_F(SortCommand, PartialSearch) {
  EXPECT_EQ(client->ask("a UID SEARCH RETURN (PARTIAL -1:-2) ALL"),
            "* ESEARCH (TAG \"a\") UID PARTIAL (-1:-2 4:5)\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH RETURN (PARTIAL 2:1) ALL"),
            "* ESEARCH (TAG \"a\") PARTIAL (2:1 1:2)\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH RETURN (PARTIAL 3:100) ALL"),
            "* ESEARCH (TAG \"a\") PARTIAL (3:100 3:4)\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH RETURN (PARTIAL 5:4294967295) ALL"),
            "* ESEARCH (TAG \"a\") PARTIAL (5:4294967295 NIL)\r\na OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a SEARCH RETURN (PARTIAL -1:-10 MIN) ANSWERED"),
            "* ESEARCH (TAG \"a\") PARTIAL (-1:-10 NIL)\r\na OK SEARCH completed.\r\n");
  EXPECT_THAT(client->ask("a SEARCH RETURN (PARTIAL 1:2 ALL) ALL"), StartsWith("a BAD "));
  EXPECT_THAT(client->ask("a SEARCH RETURN (PARTIAL 1:2 PARTIAL 3:4) ALL"), StartsWith("a BAD "));
  EXPECT_THAT(client->ask("a SEARCH RETURN (PARTIAL 2:2) MODSEQ 1"),
              MatchesRegex("(.*\r\n)?\\* ESEARCH \\(TAG \"a\"\\) MODSEQ [0-9]+ PARTIAL \\(2:2 "
                           "2\\)\r\na OK.*"));
}

// RFC 9394 §3.2, table 1.
TEST_F(SortCommand, PartialAndSave) {
  const auto saved = [&](const std::string& options) {
    static_cast<void>(client->ask("s UID SEARCH RETURN (SAVE " + options + ") ALL"));
    return client->ask("u UID SEARCH $");
  };
  EXPECT_THAT(saved("PARTIAL 2:3"), StartsWith("* SEARCH 3 4\r\n"));
  EXPECT_THAT(saved("PARTIAL 2:3 MIN"), StartsWith("* SEARCH 2 3 4\r\n"));
  EXPECT_THAT(saved("PARTIAL 2:3 MAX"), StartsWith("* SEARCH 3 4 5\r\n"));
  EXPECT_THAT(saved("PARTIAL 3:3 MAX MIN"), StartsWith("* SEARCH 2 4 5\r\n"));
  EXPECT_THAT(saved("PARTIAL 3:3 MAX MIN COUNT"), StartsWith("* SEARCH 2 3 4 5\r\n"));
  EXPECT_THAT(saved("PARTIAL 9:9"), StartsWith("* SEARCH\r\n"));
}

// RFC 9394 §3.3, §3.4.
TEST_F(SortCommand, PartialFetch) {
  EXPECT_EQ(client->ask("a UID FETCH 1:* (UID) (PARTIAL -1:-2)"),
            "* 3 FETCH (UID 4)\r\n* 4 FETCH (UID 5)\r\na OK FETCH completed.\r\n");
  EXPECT_EQ(client->ask("a UID FETCH 1:4 (UID) (PARTIAL 1:2)"),
            "* 1 FETCH (UID 2)\r\n* 2 FETCH (UID 3)\r\na OK FETCH completed.\r\n");
  EXPECT_EQ(client->ask("a UID FETCH 1:* (UID) (PARTIAL 5:9)"), "a OK FETCH completed.\r\n");
  EXPECT_THAT(client->ask("a FETCH 1:* (UID) (PARTIAL 1:2)"), StartsWith("a BAD "));
  static_cast<void>(client->ask("a UID STORE 2,5 +FLAGS.SILENT (\\Seen)"));
  const std::string since = [&] {
    const std::string answer = client->ask("m UID FETCH 4 (MODSEQ)");
    const std::size_t at = answer.find("MODSEQ (") + 8;
    return answer.substr(at, answer.find(')', at) - at);
  }();
  EXPECT_THAT(client->ask("a UID FETCH 1:* (UID) (CHANGEDSINCE " + since + " PARTIAL -1:-2)"),
              AllOf(HasSubstr("* 4 FETCH (UID 5"), Not(HasSubstr("UID 2"))));
}

}  // namespace
}  // namespace postern::session
