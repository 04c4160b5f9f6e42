// SELECT and what the selected state tells: updates between sessions, EXPUNGE rules, STORE, COPY,
// MOVE, EXPUNGE, CLOSE, IDLE.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mailstore/flags.h"
#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

TEST(Select, Rev1Responses) {
  Rig rig;
  rig.deliver_many("INBOX", 3);
  auto client = rig.login();
  EXPECT_THAT(
      client->ask("a SELECT inbox"),
      MatchesRegex(
          "\\* FLAGS \\(\\\\Answered \\\\Flagged \\\\Deleted \\\\Seen \\\\Draft\\)\r\n"
          "\\* OK \\[PERMANENTFLAGS \\(\\\\Answered \\\\Flagged \\\\Deleted \\\\Seen "
          "\\\\Draft \\\\\\*\\)\\] [^\r]*\r\n"
          "\\* 3 EXISTS\r\n\\* 3 RECENT\r\n\\* OK \\[UNSEEN 1\\] [^\r]*\r\n"
          "\\* OK \\[UIDVALIDITY [0-9]+\\] [^\r]*\r\n\\* OK \\[UIDNEXT 4\\] [^\r]*\r\n"
          "\\* OK \\[HIGHESTMODSEQ [0-9]+\\] [^\r]*\r\n\\* OK \\[MAILBOXID \\(f1-1\\)\\] [^\r]*\r\n"
          "a OK \\[READ-WRITE\\] SELECT "
          "completed.\r\n"));
}

TEST(Select, Rev2Responses) {
  Rig rig;
  rig.deliver_many("INBOX", 1);
  auto client = rig.login();
  static_cast<void>(client->ask("e ENABLE IMAP4rev2"));
  const std::string answer = client->ask("a SELECT INBOX");
  EXPECT_THAT(answer, HasSubstr("* LIST (\\HasNoChildren) \"/\" \"INBOX\"\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("RECENT")));
  EXPECT_THAT(answer, Not(HasSubstr("UNSEEN")));
}

TEST(Select, ExamineIsReadOnly) {
  Rig rig;
  rig.deliver_many("INBOX", 1);
  auto client = rig.login();
  const std::string answer = client->ask("a EXAMINE INBOX");
  EXPECT_THAT(answer, HasSubstr("[PERMANENTFLAGS ()]"));
  EXPECT_THAT(answer, EndsWith("a OK [READ-ONLY] EXAMINE completed.\r\n"));
  for (const char* line :
       {"b STORE 1 +FLAGS (\\Deleted)", "b EXPUNGE", "b UID EXPUNGE 1", "b MOVE 1 Trash"}) {
    EXPECT_THAT(client->ask(line), StartsWith("b NO [READ-ONLY]")) << line;
  }
  EXPECT_THAT(client->ask("c FETCH 1 BODY[]"), Not(HasSubstr("Seen")));
  EXPECT_THAT(client->ask("d CLOSE"), StartsWith("d OK"));
}

TEST(Select, AFailureLeavesNothingSelected) {
  Rig rig;
  auto client = rig.select();
  EXPECT_EQ(client->ask("a SELECT nope"),
            "* OK [CLOSED] The previous mailbox is closed.\r\na NO [NONEXISTENT] There is no such "
            "mailbox.\r\n");
  EXPECT_THAT(client->ask("b FETCH 1 FLAGS"), StartsWith("b BAD"));
}

TEST(Select, RecentIsClaimedOnce) {
  Rig rig;
  rig.deliver_many("INBOX", 2);
  auto looker = rig.login();
  EXPECT_THAT(looker->ask("a EXAMINE INBOX"), HasSubstr("* 2 RECENT"));
  auto first = rig.login();
  EXPECT_THAT(first->ask("a SELECT INBOX"), HasSubstr("* 2 RECENT"));
  EXPECT_THAT(first->ask("b FETCH 1 FLAGS"), HasSubstr("(\\Recent)"));
  auto second = rig.login();
  EXPECT_THAT(second->ask("a SELECT INBOX"), HasSubstr("* 0 RECENT"));
  EXPECT_THAT(second->ask("b FETCH 1 FLAGS"), HasSubstr("FLAGS ()"));
  EXPECT_THAT(second->ask("c STATUS INBOX (RECENT)"), HasSubstr("(RECENT 0)"));
  rig.deliver_many("INBOX", 1);
  EXPECT_THAT(second->ask("d STATUS Drafts (RECENT)"), HasSubstr("* 3 EXISTS\r\n* 1 RECENT\r\n"));
  EXPECT_THAT(first->ask("e NOOP"), HasSubstr("* 3 EXISTS\r\n* 2 RECENT\r\n"));
}

TEST(Updates, OneSessionSeesTheOther) {
  Rig rig;
  rig.deliver_many("INBOX", 4);
  auto a = rig.select();
  auto b = rig.select();
  EXPECT_THAT(a->ask("x STORE 2 +FLAGS (\\Seen)"),
              HasSubstr("* 2 FETCH (FLAGS (\\Seen \\Recent))\r\nx OK"));
  EXPECT_EQ(b->ask("n NOOP"), "* 2 FETCH (FLAGS (\\Seen))\r\nn OK NOOP completed.\r\n");
  EXPECT_EQ(b->ask("n NOOP"), "n OK NOOP completed.\r\n");
  static_cast<void>(a->ask("x STORE 1,3 +FLAGS.SILENT (\\Deleted)"));
  EXPECT_EQ(a->ask("x EXPUNGE"), "* 3 EXPUNGE\r\n* 1 EXPUNGE\r\nx OK EXPUNGE completed.\r\n");
  rig.deliver_many("INBOX", 1);
  EXPECT_EQ(b->ask("n NOOP"),
            "* 3 EXPUNGE\r\n* 1 EXPUNGE\r\n* 3 EXISTS\r\n* 1 RECENT\r\nn OK NOOP completed.\r\n");
}

TEST(Updates, NoExpungeDuringFetchStoreSearchByNumber) {
  Rig rig;
  rig.deliver_many("INBOX", 3);
  auto a = rig.select();
  auto b = rig.select();
  static_cast<void>(a->ask("x STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(a->ask("x EXPUNGE"));
  rig.deliver_many("INBOX", 1);
  EXPECT_THAT(b->ask("f FETCH 3 UID"), AllOf(HasSubstr("* 3 FETCH (UID 3)"),
                                             HasSubstr("* 4 EXISTS"), Not(HasSubstr("EXPUNGE"))));
  EXPECT_THAT(b->ask("f STORE 3 +FLAGS (\\Flagged)"),
              AllOf(HasSubstr("* 3 FETCH"), Not(HasSubstr("EXPUNGE"))));
  EXPECT_THAT(b->ask("f SEARCH ALL"),
              AllOf(HasSubstr("* SEARCH 1 2 3 4"), Not(HasSubstr("EXPUNGE"))));
  // The row that is held still answers; what is gone of it is gone.
  EXPECT_THAT(b->ask("f FETCH 1 (UID RFC822.SIZE)"), HasSubstr("* 1 FETCH (UID 1 RFC822.SIZE"));
  EXPECT_THAT(b->ask("f UID FETCH 3 UID"), HasSubstr("* 1 EXPUNGE"));
  EXPECT_EQ(b->ask("n NOOP"), "n OK NOOP completed.\r\n");
}

TEST(Updates, StoreOnAnExpungedRow) {
  Rig rig;
  rig.deliver_many("INBOX", 2);
  auto a = rig.select();
  auto b = rig.select();
  static_cast<void>(a->ask("x STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(a->ask("x EXPUNGE"));
  EXPECT_THAT(b->ask("f STORE 1:2 +FLAGS (\\Flagged)"),
              AllOf(HasSubstr("* 2 FETCH"), HasSubstr("f NO [EXPUNGEISSUED]")));
  EXPECT_THAT(b->ask("f UID STORE 1 +FLAGS (\\Flagged)"), HasSubstr("f OK"));
}

// RFC 9051 §5.5: the FETCH that came along with the NOOP was written before its sender saw the
// EXPUNGE.
TEST(Updates, PipelinedNumbersKeepTheirMeaning) {
  Rig rig;
  rig.deliver_many("INBOX", 2);
  auto a = rig.select();
  auto b = rig.select();
  static_cast<void>(a->ask("x STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(a->ask("x EXPUNGE"));
  EXPECT_THAT(b->ask("n NOOP\r\nf FETCH 2 UID"),
              AllOf(HasSubstr("* 2 FETCH (UID 2)"), Not(HasSubstr("EXPUNGE"))));
  EXPECT_THAT(b->ask("n NOOP\r\nf UID FETCH 2 UID"),
              StartsWith("* 1 EXPUNGE\r\nn OK NOOP completed.\r\n* 1 FETCH (UID 2)"));
}

TEST(Updates, ANewKeywordIsAnnounced) {
  Rig rig;
  rig.deliver_many("INBOX", 1);
  auto a = rig.select();
  auto b = rig.select();
  static_cast<void>(a->ask("x STORE 1 +FLAGS ($Forwarded)"));
  EXPECT_EQ(b->ask("n NOOP"),
            "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded)\r\n"
            "* 1 FETCH (FLAGS ($Forwarded))\r\nn OK NOOP completed.\r\n");
}

TEST(Updates, ADeletedMailboxEndsItsSessions) {
  Rig rig;
  auto a = rig.login();
  static_cast<void>(a->ask("c CREATE work"));
  auto b = rig.select("work");
  EXPECT_THAT(a->ask("d DELETE work"), StartsWith("d OK"));
  EXPECT_THAT(b->ask("n NOOP"), EndsWith("* BYE The selected mailbox was deleted.\r\n"));
  auto c = rig.login();
  static_cast<void>(c->ask("c CREATE work"));
  static_cast<void>(c->ask("s SELECT work"));
  EXPECT_EQ(c->ask("d DELETE work"),
            "* OK [CLOSED] The selected mailbox was deleted.\r\nd OK DELETE completed.\r\n");
  EXPECT_THAT(c->ask("f FETCH 1 FLAGS"), StartsWith("f BAD"));
}

TEST(Store, FormsAndSilence) {
  Rig rig;
  rig.deliver_many("INBOX", 2);
  auto client = rig.select();
  EXPECT_EQ(client->ask("a STORE 1 FLAGS (\\Seen $A)"),
            "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $A)\r\n"
            "* 1 FETCH (FLAGS (\\Seen $A \\Recent))\r\na OK STORE completed.\r\n");
  EXPECT_EQ(client->ask("a STORE 1 -FLAGS (\\Seen)"),
            "* 1 FETCH (FLAGS ($A \\Recent))\r\na OK STORE completed.\r\n");
  EXPECT_EQ(client->ask("a STORE 1:2 +FLAGS.SILENT (\\Draft)"), "a OK STORE completed.\r\n");
  // Nothing changes, and the client that asked is told all the same.
  EXPECT_EQ(client->ask("a UID STORE 2 +FLAGS (\\Draft)"),
            "* 2 FETCH (UID 2 FLAGS (\\Draft \\Recent))\r\na OK STORE completed.\r\n");
  EXPECT_EQ(client->ask("a UID STORE 99 +FLAGS (\\Draft)"), "a OK STORE completed.\r\n");
  EXPECT_THAT(client->ask("a STORE 3 +FLAGS (\\Draft)"), StartsWith("a BAD"));
  EXPECT_THAT(client->ask("a STORE 1 +FLAGS (" + std::string(51, 'k') + ")"),
              StartsWith("a NO [LIMIT]"));
  EXPECT_THAT(client->ask("a STORE 1 +FLAGS (" + std::string(50, 'k') + ")"), HasSubstr("a OK"));
}

// RFC 9051 §7.1 PERMANENTFLAGS: "\\*" says that a new keyword can be created.
TEST(Select, AFullKeywordTableTakesNoNewOnes) {
  Rig rig;
  rig.deliver_many("INBOX", 1);
  auto client = rig.select();
  std::string keywords = "k1";
  for (std::size_t i = 2; i < mailstore::kMaxKeywords; ++i) keywords += " k" + std::to_string(i);
  EXPECT_THAT(client->ask("a STORE 1 +FLAGS.SILENT (" + keywords + ")"), HasSubstr("a OK"));
  EXPECT_THAT(client->ask("s SELECT INBOX"), HasSubstr(" k255 \\*)]"));
  EXPECT_THAT(client->ask("a STORE 1 +FLAGS.SILENT (last)"), HasSubstr("a OK"));
  EXPECT_THAT(client->ask("s SELECT INBOX"), HasSubstr(" last)]"));
  EXPECT_THAT(client->ask("a STORE 1 +FLAGS.SILENT (more)"), StartsWith("a NO [LIMIT]"));
}

TEST(Store, SilentStillTellsWhatOthersChanged) {
  Rig rig;
  rig.deliver_many("INBOX", 2);
  auto a = rig.select();
  auto b = rig.select();
  static_cast<void>(a->ask("x STORE 1 +FLAGS (\\Flagged)"));
  EXPECT_EQ(b->ask("y STORE 1:2 +FLAGS.SILENT (\\Seen)"),
            "* 1 FETCH (FLAGS (\\Flagged \\Seen))\r\ny OK STORE completed.\r\n");
}

TEST(Store, UnchangedSince) {
  Rig rig;
  rig.deliver_many("INBOX", 3);
  auto a = rig.select("INBOX", "CONDSTORE");
  static_cast<void>(a->ask("x STORE 2 +FLAGS (\\Flagged)"));
  const std::string modseq = a->ask("f FETCH 1 MODSEQ");
  const std::string since =
      modseq.substr(modseq.find("MODSEQ (") + 8, modseq.find("))") - modseq.find("MODSEQ (") - 8);
  // Delivered one by one: message 1 has the lowest MODSEQ.
  const std::string answer =
      a->ask("y STORE 1:3 (UNCHANGEDSINCE " + since + ") +FLAGS.SILENT (\\Seen)");
  EXPECT_THAT(
      answer,
      MatchesRegex("\\* 1 FETCH \\(UID 1 MODSEQ \\([0-9]+\\)\\)\r\ny OK \\[MODIFIED 2:3\\] .*"));
  EXPECT_THAT(a->ask("y UID STORE 2:3 (UNCHANGEDSINCE 0) FLAGS ()"),
              HasSubstr("y OK [MODIFIED 2:3]"));
}

TEST(Condstore, EnablingWhileSelectedTellsHighestModseq) {
  Rig rig;
  rig.deliver_many("INBOX", 1);
  auto client = rig.select();
  EXPECT_THAT(client->ask("a FETCH 1 MODSEQ"),
              MatchesRegex("\\* OK \\[HIGHESTMODSEQ [0-9]+\\] [^\r]*\r\n\\* 1 FETCH \\(MODSEQ "
                           "\\([0-9]+\\)\\)\r\na OK.*"));
  auto other = rig.select();
  static_cast<void>(other->ask("x STORE 1 +FLAGS (\\Seen)"));
  EXPECT_THAT(
      client->ask("n NOOP"),
      MatchesRegex(
          "\\* 1 FETCH \\(UID 1 FLAGS \\(\\\\Seen \\\\Recent\\) MODSEQ \\([0-9]+\\)\\)\r\nn OK.*"));
}

TEST(Copy, CopyUidAndErrors) {
  Rig rig;
  rig.deliver_many("INBOX", 3);
  auto client = rig.select();
  EXPECT_THAT(client->ask("a COPY 1:2 Archive"),
              MatchesRegex("a OK \\[COPYUID [0-9]+ 1:2 1:2\\] COPY completed.\r\n"));
  EXPECT_THAT(client->ask("a UID COPY 3 archive-none"), StartsWith("a NO [TRYCREATE]"));
  EXPECT_THAT(client->ask("a UID COPY 77 Archive"), StartsWith("a OK COPY completed"));
  EXPECT_THAT(client->ask("a COPY 4 Archive"), StartsWith("a BAD"));
  EXPECT_THAT(client->ask("a COPY 1 INBOX"),
              AllOf(HasSubstr("* 4 EXISTS"), HasSubstr("a OK [COPYUID")));
  EXPECT_THAT(client->ask("s STATUS Archive (MESSAGES)"), HasSubstr("(MESSAGES 2)"));
}

// RFC 2180 §4.4, RFC 9051 §7.1 EXPUNGEISSUED: numbers whose messages another session expunged.
TEST(Copy, ByNumberWhenMessagesAreGone) {
  Rig rig;
  rig.deliver_many("INBOX", 4);
  auto a = rig.select();
  auto b = rig.select();
  static_cast<void>(a->ask("x STORE 1:2 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(a->ask("x EXPUNGE"));
  // A FETCH keeps the numbers as they were.
  static_cast<void>(b->ask("f FETCH 4 UID"));
  EXPECT_THAT(b->ask("c COPY 1:2 Archive\r\nf FETCH 4 UID"), StartsWith("c NO [EXPUNGEISSUED]"));
  EXPECT_THAT(b->ask("c COPY 2:3 Archive\r\nf FETCH 4 UID"),
              MatchesRegex("\\* OK \\[EXPUNGEISSUED\\] [^\r]*\r\nc OK \\[COPYUID [0-9]+ 3 1\\].*"));
  EXPECT_THAT(b->ask("c UID COPY 1:2 Archive\r\nf FETCH 4 UID"), StartsWith("c OK COPY completed"));
  EXPECT_THAT(b->ask("c UID COPY 2:3 Archive\r\nf FETCH 4 UID"), StartsWith("c OK [COPYUID"));
  EXPECT_THAT(b->ask("c COPY 1 Archive"),
              AllOf(HasSubstr("c NO [EXPUNGEISSUED]"), HasSubstr("* 1 EXPUNGE\r\n")));
}

TEST(Move, ByNumberWhenMessagesAreGone) {
  Rig rig;
  rig.deliver_many("INBOX", 4);
  auto a = rig.select();
  auto b = rig.select();
  static_cast<void>(a->ask("x STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(a->ask("x EXPUNGE"));
  EXPECT_THAT(b->ask("m MOVE 1 Trash"),
              AllOf(HasSubstr("* 1 EXPUNGE\r\n"), HasSubstr("m NO [EXPUNGEISSUED]")));
  static_cast<void>(a->ask("x STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(a->ask("x EXPUNGE"));
  EXPECT_THAT(b->ask("m MOVE 1:2 Trash"),
              MatchesRegex("\\* OK \\[COPYUID [0-9]+ 3 1\\] Moved.\r\n\\* 2 EXPUNGE\r\n\\* 1 "
                           "EXPUNGE\r\n\\* OK \\[EXPUNGEISSUED\\] [^\r]*\r\nm OK MOVE.*"));
  static_cast<void>(a->ask("x STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(a->ask("x EXPUNGE"));
  EXPECT_THAT(b->ask("m UID MOVE 4 Trash"), HasSubstr("m OK MOVE completed"));
}

TEST(Move, CopyUidThenExpunge) {
  Rig rig;
  rig.deliver_many("INBOX", 3);
  auto client = rig.select();
  EXPECT_THAT(client->ask("a MOVE 1,3 Trash"),
              MatchesRegex("\\* OK \\[COPYUID [0-9]+ 1,3 1:2\\] Moved.\r\n\\* 3 EXPUNGE\r\n\\* 1 "
                           "EXPUNGE\r\na OK MOVE completed.\r\n"));
  EXPECT_THAT(client->ask("a UID MOVE 1:9,77 Trash"),
              AllOf(HasSubstr(" 2 3] Moved"), HasSubstr("* 1 EXPUNGE")));
  EXPECT_EQ(client->ask("a UID MOVE 1:9 Trash"),
            "a OK MOVE completed; no messages were there.\r\n");
  EXPECT_THAT(client->ask("a UID MOVE 1:9 nope"), StartsWith("a NO [TRYCREATE]"));
  EXPECT_THAT(client->ask("a MOVE 1 Trash"), StartsWith("a BAD"));
}

TEST(Move, QresyncTellsVanished) {
  Rig rig;
  rig.deliver_many("INBOX", 3);
  auto client = rig.select("INBOX", "QRESYNC");
  EXPECT_THAT(client->ask("a UID MOVE 2:3 Trash"),
              MatchesRegex("\\* OK \\[COPYUID [0-9]+ 2:3 1:2\\] Moved.\r\n\\* VANISHED 2:3\r\na OK "
                           "\\[HIGHESTMODSEQ [0-9]+\\] .*"));
}

TEST(Expunge, UidExpungeTakesOnlyTheNamed) {
  Rig rig;
  rig.deliver_many("INBOX", 3);
  auto client = rig.select();
  static_cast<void>(client->ask("a STORE 1:3 +FLAGS.SILENT (\\Deleted)"));
  EXPECT_EQ(client->ask("b UID EXPUNGE 2:2,9"), "* 2 EXPUNGE\r\nb OK EXPUNGE completed.\r\n");
  EXPECT_EQ(client->ask("c CLOSE"), "c OK CLOSE completed.\r\n");
  EXPECT_THAT(client->ask("s STATUS INBOX (MESSAGES)"), HasSubstr("(MESSAGES 0)"));
}

TEST(Expunge, UnselectKeepsWhatIsDeleted) {
  Rig rig;
  rig.deliver_many("INBOX", 1);
  auto client = rig.select();
  static_cast<void>(client->ask("a STORE 1 +FLAGS.SILENT (\\Deleted)"));
  EXPECT_EQ(client->ask("c UNSELECT"), "c OK UNSELECT completed.\r\n");
  EXPECT_THAT(client->ask("s STATUS INBOX (MESSAGES DELETED)"),
              HasSubstr("(MESSAGES 1 DELETED 1)"));
}

TEST(Idle, PushesAtOnce) {
  Rig rig;
  rig.deliver_many("INBOX", 2);
  auto idler = rig.select();
  EXPECT_EQ(idler->ask("i IDLE"), "+ idling\r\n");
  auto other = rig.select();
  static_cast<void>(other->ask("x STORE 1 +FLAGS (\\Seen)"));
  EXPECT_EQ(idler->read(), "* 1 FETCH (FLAGS (\\Seen \\Recent))\r\n");
  rig.deliver_many("INBOX", 1);
  EXPECT_EQ(idler->read(), "* 3 EXISTS\r\n* 3 RECENT\r\n");
  static_cast<void>(other->ask("x STORE 2 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(other->ask("x EXPUNGE"));
  EXPECT_EQ(idler->read(), "* 2 FETCH (FLAGS (\\Deleted \\Recent))\r\n* 2 EXPUNGE\r\n");
  EXPECT_EQ(idler->ask("DONE"), "i OK IDLE completed.\r\n");
  EXPECT_EQ(idler->ask("n NOOP"), "n OK NOOP completed.\r\n");
}

TEST(Idle, KeepAliveAndPipelinedDone) {
  Rig rig;
  auto idler = rig.select();
  EXPECT_EQ(idler->ask("i IDLE"), "+ idling\r\n");
  for (int i = 0; i < 40; ++i) {
    rig.advance(std::chrono::minutes(2));
    EXPECT_EQ(idler->read(), "* OK Still here\r\n");
  }
  EXPECT_EQ(idler->ask("done\r\nn NOOP"), "i OK IDLE completed.\r\nn OK NOOP completed.\r\n");
  EXPECT_EQ(idler->ask("i IDLE\r\nDONE\r\nj IDLE\r\nDONE\r\nn NOOP"),
            "+ idling\r\ni OK IDLE completed.\r\n+ idling\r\nj OK IDLE completed.\r\nn OK NOOP "
            "completed.\r\n");
}

// B21.
TEST(Idle, GarbageEndsIt) {
  Rig rig;
  auto idler = rig.login();
  static_cast<void>(idler->ask("i IDLE"));
  EXPECT_EQ(idler->ask("a NOOP"), "i BAD [CLIENTBUG] Expected DONE.\r\n");
  EXPECT_THAT(idler->ask("DONE"), HasSubstr("BAD"));
  static_cast<void>(idler->ask("i IDLE"));
  static_cast<void>(idler->raw("DO"));
  rig.advance(std::chrono::minutes(29));
  EXPECT_THAT(idler->read(), HasSubstr("* BYE"));
  EXPECT_TRUE(idler->ended());
}

TEST(Qresync, SelectResynchronises) {
  Rig rig;
  rig.deliver_many("INBOX", 5);
  auto a = rig.select("INBOX", "QRESYNC");
  const std::string first = a->ask("s SELECT INBOX");
  const auto number = [&](const std::string& name) {
    const std::size_t at = first.find("[" + name + " ") + name.size() + 2;
    return first.substr(at, first.find(']', at) - at);
  };
  const std::string validity = number("UIDVALIDITY");
  const std::string modseq = number("HIGHESTMODSEQ");
  static_cast<void>(a->ask("x STORE 2,4 +FLAGS.SILENT (\\Deleted)"));
  EXPECT_THAT(a->ask("x EXPUNGE"), HasSubstr("* VANISHED 2,4\r\n"));
  static_cast<void>(a->ask("x UID STORE 5 +FLAGS (\\Seen)"));

  auto b = rig.login();
  EXPECT_THAT(b->ask("q SELECT INBOX (QRESYNC (" + validity + " " + modseq + "))"),
              StartsWith("q BAD"));
  static_cast<void>(b->ask("e ENABLE QRESYNC"));
  const std::string answer = b->ask("q SELECT INBOX (QRESYNC (" + validity + " " + modseq + "))");
  EXPECT_THAT(answer, HasSubstr("* VANISHED (EARLIER) 2,4\r\n"));
  EXPECT_THAT(answer, HasSubstr("* 3 FETCH (UID 5 FLAGS (\\Seen"));
  EXPECT_THAT(answer, Not(HasSubstr("* 1 FETCH")));
  const std::string some = b->ask("q SELECT INBOX (QRESYNC (" + validity + " " + modseq + " 1:3))");
  EXPECT_THAT(some, StartsWith("* OK [CLOSED]"));
  EXPECT_THAT(some, HasSubstr("* VANISHED (EARLIER) 2\r\n"));
  EXPECT_THAT(some, Not(HasSubstr("FETCH")));
  const std::string stale = b->ask("q SELECT INBOX (QRESYNC (1 " + modseq + "))");
  EXPECT_THAT(stale, Not(HasSubstr("VANISHED")));
  EXPECT_THAT(b->ask("v UID FETCH 1:* (FLAGS) (CHANGEDSINCE " + modseq + " VANISHED)"),
              AllOf(HasSubstr("* VANISHED (EARLIER) 2,4\r\n"),
                    HasSubstr("* 3 FETCH (UID 5 FLAGS (\\Seen)"), HasSubstr("MODSEQ")));
  EXPECT_THAT(b->ask("v FETCH 1:* (FLAGS) (CHANGEDSINCE " + modseq + " VANISHED)"),
              StartsWith("v BAD"));
}

// The MODSEQ in the first response that carries one after `name`.
std::uint64_t modseq_in(const std::string& answer, const std::string& name) {
  const std::size_t at = answer.find(name);
  return at == std::string::npos ? 0 : std::stoull(answer.substr(at + name.size()));
}

// RFC 7162 §6: what a client may resume from while a VANISHED is on hold.
TEST(Qresync, HeldVanishedIsNotLostOnDisconnect) {
  Rig rig;
  rig.deliver_many("INBOX", 3);
  auto a = rig.select();
  auto b = rig.login();
  static_cast<void>(b->ask("e ENABLE QRESYNC"));
  const std::string opened = b->ask("s SELECT INBOX");
  const std::string validity = std::to_string(modseq_in(opened, "[UIDVALIDITY "));
  const std::uint64_t safe = modseq_in(opened, "[HIGHESTMODSEQ ");
  const std::string held = "* OK [HIGHESTMODSEQ " + std::to_string(safe) + "] ";
  static_cast<void>(a->ask("x STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(a->ask("x EXPUNGE"));
  const std::string stored = b->ask("f STORE 3 +FLAGS.SILENT (\\Seen)");
  EXPECT_THAT(stored, MatchesRegex("\\* 3 FETCH \\(UID 3 MODSEQ \\([0-9]+\\)\\)\r\n\\* OK "
                                   "\\[HIGHESTMODSEQ [0-9]+\\] [^\r]*\r\nf OK [^\r]*\r\n"));
  EXPECT_THAT(stored, HasSubstr(held));
  EXPECT_GT(modseq_in(stored, "MODSEQ ("), safe);
  // It stays where it is, whatever comes and whatever the answer.
  static_cast<void>(a->ask("x STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(a->ask("x EXPUNGE"));
  EXPECT_THAT(b->ask("f FETCH 3 FLAGS"), HasSubstr(held));
  EXPECT_THAT(b->ask("f FETCH 9 FLAGS"), AllOf(HasSubstr(held), HasSubstr("f BAD")));
  EXPECT_THAT(b->ask("f SEARCH ALL"), AllOf(HasSubstr(held), Not(HasSubstr("VANISHED"))));
  auto again = rig.login();
  static_cast<void>(again->ask("e ENABLE QRESYNC"));
  EXPECT_THAT(
      again->ask("s SELECT INBOX (QRESYNC (" + validity + " " + std::to_string(safe) + "))"),
      HasSubstr("* VANISHED (EARLIER) 1:2\r\n"));
  const std::string released = b->ask("n NOOP");
  EXPECT_THAT(released, MatchesRegex("\\* VANISHED 1:2\r\n\\* OK \\[HIGHESTMODSEQ [0-9]+\\] "
                                     "[^\r]*\r\nn OK NOOP completed.\r\n"));
  EXPECT_GT(modseq_in(released, "[HIGHESTMODSEQ "), modseq_in(stored, "MODSEQ ("));
  EXPECT_EQ(b->ask("n NOOP"), "n OK NOOP completed.\r\n");
}

TEST(Qresync, EnablingDuringAHoldTellsTheSafeModseq) {
  Rig rig;
  rig.deliver_many("INBOX", 2);
  auto a = rig.select();
  auto b = rig.login();
  const std::uint64_t safe = modseq_in(b->ask("s SELECT INBOX"), "[HIGHESTMODSEQ ");
  static_cast<void>(a->ask("x STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(a->ask("x EXPUNGE"));
  EXPECT_THAT(b->ask("f FETCH 2 FLAGS"), Not(HasSubstr("HIGHESTMODSEQ")));
  const std::string answer = b->ask("e ENABLE QRESYNC");
  EXPECT_EQ(modseq_in(answer, "[HIGHESTMODSEQ "), safe);
}

// RFC 9051 §9 seq-number: "*" of an empty mailbox is UIDNEXT.
TEST(Vanished, EarlierOfAMailboxThatIsEmptyNow) {
  Rig rig;
  rig.deliver_many("INBOX", 3);
  auto other = rig.select("INBOX");
  static_cast<void>(other->ask("a STORE 1:* +FLAGS (\\Deleted)\r\nb EXPUNGE"));
  auto client = rig.select("INBOX", "QRESYNC");
  EXPECT_THAT(client->ask("d UID FETCH 2:* (FLAGS) (CHANGEDSINCE 1 VANISHED)"),
              StartsWith("* VANISHED (EARLIER) 2:3\r\n"));
}

// RFC 7162 §3.2.6: (EARLIER) is not for messages whose numbers the client still counts.
TEST(Vanished, EarlierLeavesOutWhatIsOnHold) {
  Rig rig;
  rig.deliver_many("INBOX", 3);
  auto client = rig.select("INBOX", "QRESYNC");
  auto other = rig.select("INBOX");
  static_cast<void>(other->ask("a STORE 2 +FLAGS (\\Deleted)\r\nb EXPUNGE"));
  static_cast<void>(client->ask("c FETCH 1 FLAGS"));
  const std::string answer = client->ask("d UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)");
  EXPECT_THAT(answer, Not(HasSubstr("EARLIER")));
  EXPECT_THAT(answer, HasSubstr("* VANISHED 2\r\n"));
}

}  // namespace
}  // namespace postern::session
