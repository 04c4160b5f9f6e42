// REPLACE and UID REPLACE (RFC 8508).
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

std::string literal(std::string_view text) {
  return "{" + std::to_string(text.size()) + "+}\r\n" + std::string(text);
}

class Replace : public testing::Test {
 protected:
  Replace() { rig.deliver_many("INBOX", 3); }
  std::shared_ptr<mailstore::Account> account() {
    return *run_blocking(rig.executor, rig.store->open_account(AccountId(1)));
  }
  Rig rig;
};

// §3.2, §4.3: APPENDUID in an untagged OK, then the expunge, then the answer.
TEST_F(Replace, BySequenceNumber) {
  auto client = rig.select();
  EXPECT_THAT(client->raw("a REPLACE 2 INBOX (\\Seen \\Draft) " + literal("new") + "\r\n"),
              MatchesRegex("\\* OK \\[APPENDUID [0-9]+ 4\\] .*\r\n\\* 2 EXPUNGE\r\n\\* 3 EXISTS\r\n"
                           "\\* [0-9]+ RECENT\r\na OK REPLACE completed.\r\n"));
  EXPECT_EQ(client->ask("f FETCH 1:* (UID)"),
            "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 3)\r\n* 3 FETCH (UID 4)\r\nf OK FETCH "
            "completed.\r\n");
  EXPECT_THAT(client->ask("f FETCH 3 (FLAGS BODY.PEEK[])"),
              HasSubstr("FLAGS (\\Seen \\Draft \\Recent) BODY[] {3}\r\nnew)"));
}

TEST_F(Replace, ByUid) {
  auto client = rig.select();
  EXPECT_THAT(client->ask("a UID REPLACE 3 INBOX {3}"), StartsWith("+ "));
  EXPECT_THAT(client->ask("new"), HasSubstr("* 3 EXPUNGE\r\n* 3 EXISTS\r\n"));
  EXPECT_THAT(client->raw("a UID REPLACE 4 INBOX " + literal("newer") + "\r\n"),
              MatchesRegex("\\* OK \\[APPENDUID [0-9]+ 5\\] .*"));
  EXPECT_THAT(client->raw("a UID REPLACE * INBOX " + literal("newest") + "\r\n"),
              MatchesRegex("\\* OK \\[APPENDUID [0-9]+ 6\\] .*"));
  EXPECT_THAT(client->ask("f FETCH 1:* UID"), HasSubstr("* 3 FETCH (UID 6)\r\nf OK"));
}

// §1: nothing is inherited. §3.4: only the named message goes, whatever else is \Deleted.
TEST_F(Replace, OnlyTheNamedMessageGoes) {
  auto client = rig.select();
  static_cast<void>(client->ask("s STORE 1:3 +FLAGS (\\Deleted $Work)"));
  const std::string answer = client->raw("a REPLACE 1 INBOX " + literal("new") + "\r\n");
  EXPECT_THAT(answer, Not(HasSubstr("FETCH")));
  EXPECT_THAT(answer, HasSubstr("* 1 EXPUNGE\r\n* 3 EXISTS"));
  EXPECT_THAT(client->ask("f UID FETCH 4 FLAGS"), HasSubstr("FLAGS (\\Recent)"));
}

TEST_F(Replace, IntoAnotherMailbox) {
  auto client = rig.select();
  static_cast<void>(client->ask("c CREATE Sent"));
  EXPECT_THAT(client->raw("a REPLACE 1 Sent " + literal("new") + "\r\n"),
              MatchesRegex("\\* OK \\[APPENDUID [0-9]+ 1\\] .*\r\n\\* 1 EXPUNGE\r\na OK .*"));
  EXPECT_THAT(client->ask("s STATUS Sent (MESSAGES)"), HasSubstr("(MESSAGES 1)"));
  EXPECT_THAT(client->ask("s STATUS INBOX (MESSAGES)"), HasSubstr("(MESSAGES 2)"));
}

// §3.5
TEST_F(Replace, OnlyInTheSelectedState) {
  auto client = rig.login();
  EXPECT_THAT(client->ask("a REPLACE 1 INBOX {3}"),
              StartsWith("a BAD [CLIENTBUG] No mailbox is selected."));
  EXPECT_THAT(client->ask("a UID REPLACE 1 INBOX {3}"), StartsWith("a BAD"));
}

TEST_F(Replace, RefusedBeforeThePlus) {
  rig.settings->max_message_size = 100;
  auto client = rig.select();
  EXPECT_THAT(client->ask("a REPLACE 4 INBOX {3}"), StartsWith("a BAD"));
  EXPECT_THAT(client->ask("a UID REPLACE 9 INBOX {3}"), StartsWith("a NO [NONEXISTENT]"));
  EXPECT_THAT(client->ask("a REPLACE 1 nope {3}"), StartsWith("a NO [TRYCREATE]"));
  EXPECT_THAT(client->ask("a REPLACE 1 INBOX {101}"), StartsWith("a NO [TOOBIG]"));
  EXPECT_THAT(client->ask("a REPLACE 1 INBOX {0}"), StartsWith("a NO "));
  EXPECT_THAT(client->ask("a REPLACE 1 INBOX (" + std::string(51, 'k') + ") {3}"),
              StartsWith("a NO [LIMIT]"));
  EXPECT_THAT(client->ask("e EXAMINE INBOX"), HasSubstr("e OK"));
  EXPECT_THAT(client->ask("a REPLACE 1 INBOX {3}"), StartsWith("a NO [READ-ONLY]"));
  EXPECT_THAT(client->ask("s STATUS INBOX (MESSAGES UIDNEXT)"),
              HasSubstr("(MESSAGES 3 UIDNEXT 4)"));
}

// §3.4: no EXPUNGE before all is done; when it fails, nothing has happened.
TEST_F(Replace, FailureChangesNothing) {
  auto client = rig.select();
  rig.engine->fail_next_commit(Errc::kFull);
  EXPECT_EQ(client->raw("a REPLACE 1 INBOX " + literal("new") + "\r\n").substr(0, 18),
            "a NO [UNAVAILABLE]");
  EXPECT_THAT(client->raw("a REPLACE 1 INBOX " + literal("new") + " " + literal("more") + "\r\n"),
              StartsWith("a BAD"));
  EXPECT_THAT(client->raw("a REPLACE 1 INBOX CATENATE (URL /INBOX/;UID=7)\r\n"),
              StartsWith("a NO [BADURL "));
  EXPECT_THAT(client->ask("f UID FETCH 1:* UID"),
              StartsWith("* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\nf OK"));
}

// Another session takes the message away first: the new one is not left beside nothing.
TEST_F(Replace, GoneMeanwhile) {
  auto client = rig.select();
  auto other = rig.select();
  EXPECT_THAT(client->ask("a REPLACE 2 INBOX {3}"), StartsWith("+ "));
  static_cast<void>(other->ask("s STORE 2 +FLAGS (\\Deleted)"));
  static_cast<void>(other->ask("e EXPUNGE"));
  EXPECT_THAT(client->ask("new"), HasSubstr("* 2 EXPUNGE\r\na NO [EXPUNGEISSUED]"));
  EXPECT_THAT(client->ask("s STATUS INBOX (MESSAGES)"), HasSubstr("(MESSAGES 2)"));
}

// §3.4: only the net growth counts against the quota.
TEST_F(Replace, QuotaCountsTheDifference) {
  auto client = rig.select();
  const std::uint64_t used = account()->usage().bytes;
  const std::uint64_t size = simple_message("number 1").size();
  ASSERT_TRUE(run_blocking(rig.executor, account()->set_quota(used)).has_value());
  EXPECT_THAT(client->ask("a REPLACE 1 INBOX {" + std::to_string(size + 1) + "}"),
              StartsWith("a NO [OVERQUOTA]"));
  EXPECT_THAT(client->raw("a REPLACE 1 INBOX " + literal(std::string(size, 'x')) + "\r\n"),
              HasSubstr("a OK"));
  EXPECT_EQ(account()->usage().bytes, used);
  EXPECT_EQ(account()->usage().messages, 3U);
  // Over the quota already: what shrinks is welcome.
  ASSERT_TRUE(run_blocking(rig.executor, account()->set_quota(10)).has_value());
  EXPECT_THAT(client->raw("a REPLACE 1 INBOX " + literal("small") + "\r\n"), HasSubstr("a OK"));
  EXPECT_EQ(account()->usage().bytes, used - size + 5);
}

// §4.2
TEST_F(Replace, WithCatenate) {
  auto client = rig.select();
  EXPECT_THAT(client->raw("a UID REPLACE 3 INBOX CATENATE (TEXT " + literal("To: mitzy\r\n") +
                          " URL \"/INBOX/;UID=3\")\r\n"),
              HasSubstr("a OK REPLACE completed."));
  EXPECT_THAT(client->ask("f UID FETCH 4 BODY.PEEK[]"),
              HasSubstr("To: mitzy\r\n" + simple_message("number 3")));
  EXPECT_THAT(client->raw("a REPLACE 1 INBOX CATENATE (URL \";UID=2/;SECTION=TEXT\")\r\n"),
              HasSubstr("a OK REPLACE completed."));
  EXPECT_THAT(client->ask("f UID FETCH 5 BODY.PEEK[]"), HasSubstr("{15}\r\nHello, world.\r\n"));
}

// §4.5, RFC 7162 §3.2.10: VANISHED, and the state that has it.
TEST_F(Replace, WithQresync) {
  auto client = rig.select("INBOX", "QRESYNC");
  const std::string answer = client->raw("a UID REPLACE 2 INBOX " + literal("new") + "\r\n");
  EXPECT_THAT(answer, MatchesRegex("\\* OK \\[APPENDUID [0-9]+ 4\\] .*\r\n\\* VANISHED 2\r\n\\* 3 "
                                   "EXISTS\r\n.*a OK \\[HIGHESTMODSEQ [0-9]+\\] .*"));
  EXPECT_THAT(answer, Not(HasSubstr("EXPUNGE\r\n")));
}

// RFC 9586 §3.2: no number in either direction.
TEST_F(Replace, WithUidOnly) {
  auto client = rig.select("INBOX", "UIDONLY");
  EXPECT_THAT(client->ask("a REPLACE 2 INBOX {3}"), StartsWith("a BAD [UIDREQUIRED]"));
  EXPECT_THAT(client->raw("a UID REPLACE 2 INBOX " + literal("new") + "\r\n"),
              MatchesRegex("\\* OK \\[APPENDUID [0-9]+ 4\\] .*\r\n\\* VANISHED 2\r\n\\* 3 "
                           "EXISTS\r\n.*a OK .*"));
}

TEST_F(Replace, OthersSeeOneStep) {
  auto client = rig.select();
  auto other = rig.select();
  static_cast<void>(client->raw("a REPLACE 2 INBOX " + literal("new") + "\r\n"));
  EXPECT_THAT(other->ask("n NOOP"), StartsWith("* 2 EXPUNGE\r\n* 3 EXISTS\r\n"));
}

// RFC 9051 §5.5: pipelined behind, it names what its sender counted.
TEST_F(Replace, PipelinedBehindAnExpunge) {
  auto client = rig.select();
  auto other = rig.select();
  static_cast<void>(other->ask("s STORE 1 +FLAGS (\\Deleted)"));
  static_cast<void>(other->ask("e EXPUNGE"));
  const std::string answer = client->raw("n NOOP\r\na REPLACE 3 INBOX " + literal("new") + "\r\n");
  EXPECT_THAT(answer, HasSubstr("a OK REPLACE completed."));
  EXPECT_THAT(client->ask("f FETCH 1:* UID"),
              StartsWith("* 1 FETCH (UID 2)\r\n* 2 FETCH (UID 4)\r\nf OK"));
}

}  // namespace
}  // namespace postern::session
