// NOTIFY (RFC 5465) as scripts: the command, and what comes without being asked for.
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

constexpr const char* kDone = "n OK NOTIFY completed.\r\n";

class NotifyTest : public testing::Test {
 protected:
  std::unique_ptr<Client> watch(std::string_view groups, std::string_view mailbox = "",
                                std::string_view enable = "") {
    auto client = rig.login();
    if (!enable.empty()) static_cast<void>(client->ask("e ENABLE " + std::string(enable)));
    if (!mailbox.empty()) static_cast<void>(client->ask("s SELECT " + std::string(mailbox)));
    EXPECT_EQ(client->ask("n NOTIFY SET " + std::string(groups)), kDone);
    return client;
  }
  // By another session.
  void other(std::string_view line) { EXPECT_THAT(actor->ask(line), HasSubstr(" OK ")) << line; }
  void flag(std::string_view flags, std::string_view set = "1") {
    other("f UID STORE " + std::string(set) + " +FLAGS (" + std::string(flags) + ")");
  }
  void expunge() {
    flag("\\Deleted");
    other("x EXPUNGE");
  }

  Rig rig;
  std::unique_ptr<Client> actor = rig.select();  // INBOX
};

// -- the command ----------------------------------------------------------------------------------

TEST_F(NotifyTest, UnsupportedEventsAreNoWithTheListOfThoseThatAre) {
  auto client = rig.login();
  for (const char* line : {"n NOTIFY SET (personal (AnnotationChange))",
                           "n NOTIFY SET STATUS (selected (MessageNew MessageExpunge X-Other))"}) {
    EXPECT_THAT(client->ask(line), StartsWith("n NO [BADEVENT (MessageNew MessageExpunge "
                                              "FlagChange MailboxName SubscriptionChange"));
  }
  EXPECT_THAT(client->ask("n NOTIFY SET (personal (FlagChange))"), StartsWith("n BAD "));
  EXPECT_THAT(client->ask("n NOTIFY"), StartsWith("n BAD "));
}

TEST_F(NotifyTest, ARefusedCommandLeavesTheRulesInForce) {
  auto client = watch("(mailboxes Drafts (MessageNew MessageExpunge))");
  EXPECT_THAT(client->ask("n NOTIFY SET (personal (X-Other))"), StartsWith("n NO "));
  EXPECT_THAT(client->ask("n NOTIFY SET (personal (FlagChange))"), StartsWith("n BAD "));
  rig.deliver("Drafts", simple_message("m"));
  EXPECT_THAT(client->read(), StartsWith("* STATUS \"Drafts\" "));
}

TEST_F(NotifyTest, TooManyMailboxesAreRefused) {
  auto client = rig.login();
  std::string names;
  for (std::size_t i = 0; i <= imap::kMaxNotifyMailboxes; ++i) names += " a";
  EXPECT_THAT(client->ask("n NOTIFY SET (mailboxes (" + names.substr(1) + ") (MailboxName))"),
              StartsWith("n NO [NOTIFICATIONOVERFLOW] "));
}

TEST_F(NotifyTest, ALiteralThatIsRefusedIsNotExecuted) {
  auto client = rig.login();
  EXPECT_THAT(client->ask("n NOTIFY SET (mailboxes {2000000+}\r\nn CREATE evil"),
              Not(HasSubstr("n OK")));
  auto small = rig.login();
  EXPECT_THAT(small->ask("n NOTIFY SET (mailboxes {6}"), StartsWith("+ "));
  EXPECT_THAT(small->ask("Drafts (MailboxName))"), StartsWith("n OK"));
  EXPECT_THAT(actor->ask("l LIST \"\" evil"), Not(HasSubstr("evil")));
}

TEST_F(NotifyTest, NotBeforeLogin) {
  EXPECT_THAT(rig.connect()->ask("n NOTIFY NONE"), StartsWith("n BAD "));
}

// -- STATUS ---------------------------------------------------------------------------------------

TEST_F(NotifyTest, StatusOfWhatIsWatched) {
  other("c CREATE Lists/Lemonade");
  other("c CREATE Lists/Im2000");
  rig.deliver("Lists/Lemonade", simple_message("m"));
  auto client = rig.login();
  const std::string answer = client->ask(
      "b notify set status (selected (MessageNew (uid) MessageExpunge)) "
      "(subtree Lists (MessageNew MessageExpunge)) (mailboxes (nowhere INBOX) "
      "(MessageNew MessageExpunge FlagChange)) (mailboxes Drafts (MailboxName))");
  EXPECT_THAT(answer, HasSubstr("* STATUS \"Lists/Lemonade\" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY "));
  EXPECT_THAT(answer, HasSubstr("* STATUS \"Lists/Im2000\" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY "));
  EXPECT_THAT(answer, HasSubstr("* STATUS \"Lists\" ("));
  EXPECT_THAT(answer, AllOf(HasSubstr("* STATUS \"INBOX\" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY "),
                            HasSubstr(" HIGHESTMODSEQ ")));
  EXPECT_THAT(answer, AllOf(Not(HasSubstr("Drafts")), Not(HasSubstr("nowhere"))));
  EXPECT_THAT(answer, EndsWith("b OK NOTIFY completed.\r\n"));
  // Without the indicator, and for mailboxes that are not watched for messages: none.
  EXPECT_EQ(client->ask("n NOTIFY SET (personal (MessageNew MessageExpunge))"), kDone);
  EXPECT_EQ(client->ask("n NOTIFY SET STATUS (personal (MailboxName))"), kDone);
}

TEST_F(NotifyTest, StatusLeavesOutTheSelectedMailbox) {
  auto client = rig.select();
  const std::string answer =
      client->ask("n NOTIFY SET STATUS (personal (MessageNew MessageExpunge))");
  EXPECT_THAT(answer, AllOf(Not(HasSubstr("STATUS \"INBOX\"")), HasSubstr("STATUS \"Drafts\"")));
}

TEST_F(NotifyTest, OtherMailboxesByStatus) {
  auto client = watch("(personal (MessageNew MessageExpunge FlagChange))");
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_EQ(client->read(), "* STATUS \"INBOX\" (MESSAGES 1 UIDNEXT 2 UNSEEN 1)\r\n");
  flag("\\Seen");
  EXPECT_THAT(client->read(),
              AllOf(StartsWith("* STATUS \"INBOX\" (UIDVALIDITY "), EndsWith(" UNSEEN 0)\r\n")));
  // RFC 5465 §5.1: without CONDSTORE a change of other flags is not told.
  flag("\\Flagged");
  EXPECT_EQ(client->read(), "");
  expunge();
  EXPECT_EQ(client->read(), "* STATUS \"INBOX\" (MESSAGES 0 UIDNEXT 2)\r\n");
}

TEST_F(NotifyTest, HighestModSeqOnceItIsEnabled) {
  for (const char* enable : {"CONDSTORE", "QRESYNC"}) {
    auto client = watch("(mailboxes INBOX (MessageNew MessageExpunge FlagChange))", "", enable);
    rig.deliver("INBOX", simple_message("m"));
    EXPECT_THAT(client->read(), AllOf(StartsWith("* STATUS \"INBOX\" (MESSAGES 1 UIDNEXT "),
                                      HasSubstr(" HIGHESTMODSEQ ")));
    flag("\\Flagged", "*");
    EXPECT_THAT(client->read(), AllOf(StartsWith("* STATUS \"INBOX\" (UIDVALIDITY "),
                                      HasSubstr(" HIGHESTMODSEQ "), Not(HasSubstr("UNSEEN"))));
    flag("\\Deleted", "*");
    static_cast<void>(client->read());
    other("x EXPUNGE");
    EXPECT_THAT(client->read(), AllOf(StartsWith("* STATUS \"INBOX\" (MESSAGES 0 UIDNEXT "),
                                      HasSubstr(" HIGHESTMODSEQ ")));
  }
}

TEST_F(NotifyTest, ManyChangesAreOneStatus) {
  auto client = watch("(personal (MessageNew MessageExpunge))");
  // Half a command holds the session back.
  EXPECT_EQ(client->raw("x NO"), "");
  for (int i = 0; i < 20; ++i) rig.deliver("INBOX", simple_message("m"));
  EXPECT_EQ(client->read(), "");
  EXPECT_EQ(client->raw("OP\r\n"),
            "x OK NOOP completed.\r\n* STATUS \"INBOX\" (MESSAGES 20 UIDNEXT 21)\r\n");
}

TEST_F(NotifyTest, NothingInTheMiddleOfALiteral) {
  auto client = watch("(personal (MessageNew MessageExpunge))");
  EXPECT_THAT(client->ask("x CREATE {3}"), StartsWith("+ "));
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_EQ(client->read(), "");
  EXPECT_THAT(client->ask("new"), EndsWith("UIDNEXT 2)\r\n"));
}

// -- the selected mailbox -------------------------------------------------------------------------

TEST_F(NotifyTest, SelectedTellsAtOnce) {
  auto client = watch("(selected (MessageNew MessageExpunge FlagChange))", "INBOX");
  rig.deliver_many("INBOX", 2);
  EXPECT_EQ(client->read(), "* 1 EXISTS\r\n* 1 RECENT\r\n* 2 EXISTS\r\n* 2 RECENT\r\n");
  // §5.1: with UID, in whatever mode the session is.
  flag("\\Flagged");
  EXPECT_EQ(client->read(), "* 1 FETCH (UID 1 FLAGS (\\Flagged \\Recent))\r\n");
  expunge();
  EXPECT_THAT(client->read(), EndsWith("* 1 EXPUNGE\r\n"));
  EXPECT_EQ(client->ask("n NOOP"), "n OK NOOP completed.\r\n");
}

TEST_F(NotifyTest, SelectedWithQresyncSaysVanished) {
  rig.deliver_many("INBOX", 3);
  auto client = watch("(selected (MessageNew MessageExpunge FlagChange))", "INBOX", "QRESYNC");
  flag("\\Deleted", "2");
  EXPECT_THAT(client->read(),
              AllOf(StartsWith("* 2 FETCH (UID 2 FLAGS (\\Deleted"), HasSubstr("MODSEQ (")));
  other("x EXPUNGE");
  EXPECT_EQ(client->read(), "* VANISHED 2\r\n");
}

TEST_F(NotifyTest, SelectedWithUidOnlyNamesUids) {
  rig.deliver_many("INBOX", 3);
  flag("\\Deleted", "1");
  other("x EXPUNGE");
  auto client = watch("(selected (MessageNew (UID FLAGS) MessageExpunge FlagChange))", "INBOX",
                      "IMAP4rev2 UIDONLY");
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_THAT(client->read(),
              AllOf(StartsWith("* 3 EXISTS\r\n* 4 UIDFETCH ("), HasSubstr("FLAGS ()")));
  flag("\\Deleted", "2");
  EXPECT_THAT(client->read(), AllOf(StartsWith("* 2 UIDFETCH ("), HasSubstr("FLAGS (\\Deleted)")));
  other("x EXPUNGE");
  EXPECT_EQ(client->read(), "* VANISHED 2\r\n");
}

TEST_F(NotifyTest, SelectedDelayedKeepsExpungesForACommand) {
  rig.deliver_many("INBOX", 2);
  auto client =
      watch("(selected-delayed (MessageNew MessageExpunge FlagChange))", "INBOX", "IMAP4rev2");
  expunge();
  // Flags and arrivals come at once.
  EXPECT_THAT(client->read(), AllOf(HasSubstr("\\Deleted"), Not(HasSubstr("EXPUNGE"))));
  rig.deliver("INBOX", simple_message("new"));
  EXPECT_EQ(client->read(), "* 3 EXISTS\r\n");
  EXPECT_THAT(client->ask("a FETCH 2 UID"),
              AllOf(HasSubstr("* 2 FETCH (UID 2)"), Not(HasSubstr("EXPUNGE"))));
  EXPECT_EQ(client->ask("b NOOP"), "* 1 EXPUNGE\r\nb OK NOOP completed.\r\n");
  flag("\\Deleted", "2");
  other("x EXPUNGE");
  static_cast<void>(client->read());
  EXPECT_EQ(client->ask("i IDLE"), "+ idling\r\n* 1 EXPUNGE\r\n");
  // While IDLE runs they come at once.
  flag("\\Deleted", "3");
  other("x EXPUNGE");
  EXPECT_THAT(client->read(), EndsWith("* 1 EXPUNGE\r\n"));
}

TEST_F(NotifyTest, FetchDataOfNewMessages) {
  auto client = watch(
      "(selected (MessageNew (uid body.peek[header.fields (from to subject)]) "
      "MessageExpunge))",
      "INBOX", "IMAP4rev2");
  rig.deliver("INBOX", simple_message("good morning"));
  EXPECT_EQ(client->read(),
            "* 1 EXISTS\r\n* 1 FETCH (UID 1 BODY[HEADER.FIELDS (from to subject)] {75}\r\n"
            "From: Joe <joe@example.org>\r\nTo: ann@example.org\r\nSubject: good morning\r\n"
            "\r\n)\r\n");
  EXPECT_EQ(client->ask("a NOOP"), "a OK NOOP completed.\r\n");
}

TEST_F(NotifyTest, FetchDataNeverSetsSeen) {
  auto client = watch("(selected (MessageNew (BODY[TEXT] RFC822.SIZE) MessageExpunge FlagChange))",
                      "INBOX", "IMAP4rev2");
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_THAT(client->read(), AllOf(HasSubstr("* 1 FETCH (BODY[TEXT] {15}\r\nHello, world.\r\n"),
                                    Not(HasSubstr("Seen"))));
  EXPECT_THAT(client->ask("a FETCH 1 FLAGS"), HasSubstr("FLAGS ()"));
}

// §5.2: whichever command notices the message first, and not for those the client brings itself.
TEST_F(NotifyTest, FetchDataAlsoWhenACommandNoticesFirst) {
  auto client = watch("(selected (MessageNew (UID) MessageExpunge))", "INBOX", "IMAP4rev2");
  EXPECT_EQ(client->raw("a NO"), "");
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_EQ(client->raw("OP\r\n"), "* 1 EXISTS\r\n* 1 FETCH (UID 1)\r\na OK NOOP completed.\r\n");
  EXPECT_EQ(client->raw("a UID STORE 1 +F"), "");
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_THAT(client->raw("LAGS.SILENT (x)\r\n"),
              AllOf(HasSubstr("* 2 EXISTS\r\n"), HasSubstr("* 2 FETCH (UID 2)\r\n")));
}

TEST_F(NotifyTest, NoFetchDataForOwnMessages) {
  auto client = watch("(selected (MessageNew (UID) MessageExpunge))", "INBOX", "IMAP4rev2");
  const std::string text = simple_message("mine");
  const std::string append = "a APPEND INBOX {" + std::to_string(text.size()) + "+}\r\n" + text;
  EXPECT_THAT(client->ask(append),
              AllOf(StartsWith("* 1 EXISTS\r\na OK"), Not(HasSubstr("FETCH"))));
  EXPECT_THAT(client->ask("c COPY 1 INBOX"),
              AllOf(HasSubstr("* 2 EXISTS"), Not(HasSubstr("FETCH"))));
  rig.deliver("INBOX", simple_message("theirs"));
  EXPECT_EQ(client->read(), "* 3 EXISTS\r\n* 3 FETCH (UID 3)\r\n");
}

TEST_F(NotifyTest, ModSeqInFetchDataEnablesCondstore) {
  auto client = rig.select();
  EXPECT_THAT(client->ask("n NOTIFY SET (selected (MessageNew (MODSEQ) MessageExpunge))"),
              HasSubstr("* OK [HIGHESTMODSEQ "));
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_THAT(client->read(), HasSubstr("* 1 FETCH (MODSEQ ("));
}

// §3.1: NOTIFY SET is a NOOP too; SELECTED that is left out is SELECTED NONE.
TEST_F(NotifyTest, WithoutSelectedNothingIsToldOfIt) {
  rig.deliver_many("INBOX", 2);
  auto client = rig.select("INBOX", "IMAP4rev2");
  flag("\\Flagged");
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_THAT(client->ask("n NOTIFY SET (personal (MessageNew MessageExpunge FlagChange))"),
              AllOf(HasSubstr("* 3 EXISTS\r\n"),
                    HasSubstr("* 1 FETCH (UID 1 FLAGS (\\Flagged))\r\n"), EndsWith(kDone)));
  expunge();
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_EQ(client->read(), "");
  EXPECT_EQ(client->ask("a NOOP"), "a OK NOOP completed.\r\n");
  EXPECT_EQ(client->ask("i IDLE"), "+ idling\r\n");
  EXPECT_EQ(client->ask("DONE"), "i OK IDLE completed.\r\n");
  // The numbers stay what the client knows.
  EXPECT_EQ(client->ask("f FETCH 1:3 UID"),
            "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\n"
            "f OK FETCH completed.\r\n");
  // A command that needs the present state brings it.
  EXPECT_THAT(client->ask("u UID FETCH 4 FLAGS"),
              AllOf(HasSubstr("* 4 EXISTS\r\n"), Not(HasSubstr("EXPUNGE"))));
  // And other mailboxes are told of as ever.
  rig.deliver("Drafts", simple_message("m"));
  EXPECT_THAT(client->read(), HasSubstr("* STATUS \"Drafts\" "));
}

TEST_F(NotifyTest, NoneMeansNothingAtAll) {
  rig.deliver_many("INBOX", 1);
  auto client = watch("(personal (MessageNew MessageExpunge MailboxName))", "INBOX", "IMAP4rev2");
  EXPECT_THAT(client->ask("z NOTIFY NONE"), StartsWith("z OK "));
  rig.deliver("INBOX", simple_message("m"));
  rig.deliver("Drafts", simple_message("m"));
  flag("\\Flagged");
  other("c CREATE new");
  EXPECT_EQ(client->read(), "");
  EXPECT_EQ(client->ask("a NOOP"), "a OK NOOP completed.\r\n");
  // What has accumulated comes with the next NOTIFY SET.
  EXPECT_THAT(client->ask("n NOTIFY SET (selected (MessageNew (UID) MessageExpunge FlagChange))"),
              AllOf(HasSubstr("* 2 EXISTS\r\n"), HasSubstr("* 2 FETCH (UID 2)\r\n"),
                    HasSubstr("* 1 FETCH (UID 1 FLAGS (\\Flagged))\r\n"), EndsWith(kDone)));
}

TEST_F(NotifyTest, WithoutFlagChangeFlagsAreKeptForLater) {
  rig.deliver_many("INBOX", 3);
  auto client = watch("(selected (MessageNew MessageExpunge))", "INBOX", "IMAP4rev2");
  flag("\\Flagged", "1");
  EXPECT_EQ(client->read(), "");
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_EQ(client->read(), "* 4 EXISTS\r\n");
  flag("\\Seen", "3");
  EXPECT_EQ(client->ask("a NOOP"), "a OK NOOP completed.\r\n");
  // Its own commands are answered all the same.
  EXPECT_THAT(client->ask("b STORE 2 +FLAGS (\\Draft)"),
              HasSubstr("* 2 FETCH (UID 2 FLAGS (\\Draft))"));
  const std::string all =
      client->ask("n NOTIFY SET (selected (MessageNew MessageExpunge FlagChange))");
  EXPECT_THAT(all, AllOf(HasSubstr("* 1 FETCH (UID 1 FLAGS (\\Flagged))\r\n"),
                         HasSubstr("* 3 FETCH (UID 3 FLAGS (\\Seen))\r\n")));
}

// RFC 7162 §6: a client that comes back with what it was told must miss nothing.
TEST_F(NotifyTest, ModSeqStaysBehindFlagsThatWereNotTold) {
  rig.deliver_many("INBOX", 2);
  auto client = watch("(selected (MessageNew MessageExpunge))", "INBOX", "QRESYNC");
  flag("\\Flagged", "1");
  rig.deliver("INBOX", simple_message("m"));
  static_cast<void>(client->read());
  const std::string answer = client->ask("a NOOP");
  EXPECT_THAT(answer, HasSubstr("[HIGHESTMODSEQ 3] "));
}

TEST_F(NotifyTest, OwnChangesOfFlagsHoldNothingBack) {
  rig.deliver_many("INBOX", 2);
  auto client = watch("(selected (MessageNew MessageExpunge))", "INBOX", "QRESYNC");
  EXPECT_THAT(client->ask("a STORE 1 +FLAGS.SILENT (\\Seen)"), Not(HasSubstr("HIGHESTMODSEQ")));
}

// Also what a command of its own says of the MODSEQ.
TEST_F(NotifyTest, ModSeqOfOwnExpungesStaysBehindFlagsThatWereNotTold) {
  rig.deliver_many("INBOX", 3);
  auto client = watch("(selected (MessageNew MessageExpunge))", "INBOX", "QRESYNC");
  flag("\\Flagged", "1");
  static_cast<void>(client->ask("a STORE 2:3 +FLAGS.SILENT (\\Deleted)"));
  EXPECT_THAT(client->ask("m MOVE 3 Drafts"), HasSubstr("m OK [HIGHESTMODSEQ 4]"));
  EXPECT_THAT(client->ask("x EXPUNGE"), HasSubstr("x OK [HIGHESTMODSEQ 4]"));
}

// The same for expunges that wait for a command.
TEST_F(NotifyTest, ModSeqStaysBehindExpungesThatWait) {
  rig.deliver_many("INBOX", 2);
  auto client =
      watch("(selected-delayed (MessageNew MessageExpunge FlagChange))", "INBOX", "QRESYNC");
  expunge();
  EXPECT_THAT(client->read(), EndsWith("* OK [HIGHESTMODSEQ 4] Expunges are on hold.\r\n"));
  flag("\\Flagged", "2");
  EXPECT_THAT(client->read(), EndsWith("* OK [HIGHESTMODSEQ 4] Expunges are on hold.\r\n"));
  EXPECT_THAT(client->ask("a NOOP"), StartsWith("* VANISHED 1\r\n* OK [HIGHESTMODSEQ 6] "));
}

TEST_F(NotifyTest, SelectedFollowsTheSelection) {
  auto client =
      watch("(selected (MessageNew (UID) MessageExpunge)) (personal (MessageNew MessageExpunge))",
            "INBOX", "IMAP4rev2");
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_EQ(client->read(), "* 1 EXISTS\r\n* 1 FETCH (UID 1)\r\n");
  static_cast<void>(client->ask("s SELECT Drafts"));
  EXPECT_EQ(client->read(), "");
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_EQ(client->read(), "* STATUS \"INBOX\" (MESSAGES 2 UIDNEXT 3)\r\n");
  rig.deliver("Drafts", simple_message("m"));
  EXPECT_EQ(client->read(), "* 1 EXISTS\r\n* 1 FETCH (UID 1)\r\n");
  static_cast<void>(client->ask("u UNSELECT"));
  rig.deliver("Drafts", simple_message("m"));
  EXPECT_EQ(client->read(), "* STATUS \"Drafts\" (MESSAGES 2 UIDNEXT 3)\r\n");
  // EXAMINE selects too.
  static_cast<void>(client->ask("s EXAMINE INBOX"));
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_EQ(client->read(), "* 3 EXISTS\r\n* 3 FETCH (UID 3)\r\n");
}

TEST_F(NotifyTest, TheSelectedMailboxIsDeleted) {
  other("c CREATE gone");
  for (const char* groups :
       {"(selected (MessageNew MessageExpunge))", "(personal (MailboxName))"}) {
    auto client = watch(groups, "gone");
    other("d DELETE gone");
    EXPECT_THAT(client->read(), HasSubstr("* BYE The selected mailbox was deleted."));
    other("c CREATE gone");
  }
}

// RFC 9051 §5.5: numbers in commands that are on their way keep their meaning.
TEST_F(NotifyTest, PipelinedNumbersKeepTheirMeaning) {
  rig.deliver_many("INBOX", 3);
  auto client = watch("(selected (MessageNew MessageExpunge FlagChange))", "INBOX", "IMAP4rev2");
  EXPECT_EQ(client->raw("a NO"), "");
  expunge();
  const std::string answer = client->raw("OP\r\nb FETCH 2 UID\r\nc NOOP\r\n");
  EXPECT_THAT(answer, HasSubstr("* 2 FETCH (UID 2)\r\nb OK"));
  EXPECT_THAT(answer, HasSubstr("* 1 EXPUNGE\r\nc OK"));
}

// -- IDLE -----------------------------------------------------------------------------------------

TEST_F(NotifyTest, IdleTellsTheSame) {
  auto client = watch(
      "(selected (MessageNew (UID) MessageExpunge)) (personal (MessageNew MessageExpunge "
      "MailboxName))",
      "INBOX", "IMAP4rev2");
  EXPECT_EQ(client->ask("i IDLE"), "+ idling\r\n");
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_EQ(client->read(), "* 1 EXISTS\r\n* 1 FETCH (UID 1)\r\n");
  flag("\\Flagged");  // not asked for
  rig.deliver("Drafts", simple_message("m"));
  EXPECT_EQ(client->read(), "* STATUS \"Drafts\" (MESSAGES 1 UIDNEXT 2)\r\n");
  other("c CREATE new");
  EXPECT_EQ(client->read(), "* LIST (\\HasNoChildren) \"/\" \"new\"\r\n");
  rig.advance(std::chrono::minutes(2));
  EXPECT_EQ(client->read(), "* OK Still here\r\n");
  EXPECT_EQ(client->ask("DONE"), "i OK IDLE completed.\r\n");
}

TEST_F(NotifyTest, IdleWithoutMailbox) {
  auto client = watch("(inboxes (MessageNew MessageExpunge))");
  EXPECT_EQ(client->ask("i IDLE"), "+ idling\r\n");
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_EQ(client->read(), "* STATUS \"INBOX\" (MESSAGES 1 UIDNEXT 2)\r\n");
  rig.deliver("Drafts", simple_message("m"));
  EXPECT_EQ(client->ask("DONE"), "i OK IDLE completed.\r\n");
}

// -- names ----------------------------------------------------------------------------------------

TEST_F(NotifyTest, NamesThatComeAndGo) {
  auto client = watch("(personal (MailboxName))");
  other("c CREATE a/b");
  EXPECT_EQ(client->read(),
            "* LIST (\\HasChildren) \"/\" \"a\"\r\n* LIST (\\HasNoChildren) \"/\" \"a/b\"\r\n");
  other("d DELETE a/b");
  EXPECT_EQ(client->read(),
            "* LIST (\\NonExistent \\Noselect \\HasNoChildren) \"/\" \"a/b\"\r\n"
            "* LIST (\\HasNoChildren) \"/\" \"a\"\r\n");
  other("r RENAME a z");
  EXPECT_EQ(client->read(), "* LIST (\\HasNoChildren) \"/\" \"z\" (\"OLDNAME\" (\"a\"))\r\n");
  other("s SUBSCRIBE z");
  EXPECT_EQ(client->read(), "");
  other("r RENAME z y");
  EXPECT_EQ(client->read(),
            "* LIST (\\HasNoChildren \\Subscribed) \"/\" \"y\" (\"OLDNAME\" (\"z\"))\r\n");
  other("r RENAME INBOX INBOX/2026");
  EXPECT_EQ(client->read(),
            "* LIST (\\HasNoChildren) \"/\" \"INBOX/2026\" (\"OLDNAME\" (\"INBOX\"))\r\n");
}

TEST_F(NotifyTest, TheParentIsAffectedToo) {
  other("c CREATE a");
  auto client = watch("(mailboxes (a \"b\") (MailboxName))");
  other("c CREATE a/x");
  EXPECT_EQ(client->read(), "* LIST (\\HasChildren) \"/\" \"a\"\r\n");
  other("d DELETE a/x");
  EXPECT_EQ(client->read(), "* LIST (\\HasNoChildren) \"/\" \"a\"\r\n");
  // A name that was no mailbox when NOTIFY came.
  other("c CREATE b");
  EXPECT_EQ(client->read(), "* LIST (\\HasNoChildren) \"/\" \"b\"\r\n");
  other("c CREATE other");
  EXPECT_EQ(client->read(), "");
}

TEST_F(NotifyTest, RenamesInAndOutOfASubtree) {
  other("c CREATE in/x");
  other("c CREATE out");
  auto client = watch("(subtree in (MailboxName))");
  other("r RENAME in/x x");
  EXPECT_THAT(client->read(), HasSubstr("\"/\" \"x\" (\"OLDNAME\" (\"in/x\"))"));
  other("r RENAME x in/y");
  EXPECT_THAT(client->read(), HasSubstr("\"/\" \"in/y\" (\"OLDNAME\" (\"x\"))"));
  other("r RENAME out elsewhere");
  EXPECT_EQ(client->read(), "");
}

TEST_F(NotifyTest, ChildrenAreRenamedSilently) {
  other("c CREATE a/b/c");
  auto client = watch("(personal (MailboxName SubscriptionChange))");
  other("r RENAME a z");
  EXPECT_EQ(client->read(), "* LIST (\\HasChildren) \"/\" \"z\" (\"OLDNAME\" (\"a\"))\r\n");
}

TEST_F(NotifyTest, Subscriptions) {
  other("c CREATE a");
  auto client = watch("(subscribed (SubscriptionChange))");
  other("s SUBSCRIBE a");
  EXPECT_EQ(client->read(), "* LIST (\\HasNoChildren \\Subscribed) \"/\" \"a\"\r\n");
  other("d DELETE a");
  other("u UNSUBSCRIBE a");
  EXPECT_EQ(client->read(), "* LIST (\\NonExistent \\Noselect \\HasNoChildren) \"/\" \"a\"\r\n");
}

// §6.4: the list is evaluated anew when it changes.
TEST_F(NotifyTest, SubscribedIsWhatIsSubscribedNow) {
  other("c CREATE a");
  auto client = watch("(subscribed (MessageNew MessageExpunge))");
  rig.deliver("a", simple_message("m"));
  EXPECT_EQ(client->read(), "");
  other("s SUBSCRIBE a");
  rig.deliver("a", simple_message("m"));
  EXPECT_EQ(client->read(), "* STATUS \"a\" (MESSAGES 2 UIDNEXT 3)\r\n");
  other("u UNSUBSCRIBE a");
  rig.deliver("a", simple_message("m"));
  EXPECT_EQ(client->read(), "");
}

// §5.1: another mailbox of the same name has another UIDVALIDITY.
TEST_F(NotifyTest, UidValidityChangesAreTold) {
  other("c CREATE a");
  auto client = watch("(mailboxes a (MessageNew MessageExpunge FlagChange))");
  other("d DELETE a");
  EXPECT_EQ(client->read(), "");
  other("c CREATE a");
  EXPECT_THAT(client->read(), StartsWith("* STATUS \"a\" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY "));
  other("c CREATE b/x");
  other("d DELETE a");
  other("r RENAME b a");
  EXPECT_THAT(client->read(), StartsWith("* STATUS \"a\" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY "));
}

TEST_F(NotifyTest, NamesInTheFormOfTheSession) {
  auto mutf7 = watch("(personal (MailboxName MessageNew MessageExpunge))");
  auto utf8 = watch("(personal (MailboxName MessageNew MessageExpunge))", "", "UTF8=ACCEPT");
  auto rev2 =
      watch("(mailboxes \"\xC3\xA4\" (MailboxName MessageNew MessageExpunge))", "", "IMAP4rev2");
  other("c CREATE &AOQ-");
  EXPECT_EQ(mutf7->read(), "* LIST (\\HasNoChildren) \"/\" \"&AOQ-\"\r\n");
  EXPECT_EQ(utf8->read(), "* LIST (\\HasNoChildren) \"/\" \"\xC3\xA4\"\r\n");
  EXPECT_EQ(rev2->read(), "* LIST (\\HasNoChildren) \"/\" \"\xC3\xA4\"\r\n");
  rig.deliver("\xC3\xA4", simple_message("m"));
  EXPECT_THAT(mutf7->read(), StartsWith("* STATUS \"&AOQ-\" ("));
  EXPECT_THAT(rev2->read(), StartsWith("* STATUS \"\xC3\xA4\" ("));
}

// -- metadata (RFC 5465 §5.6, §5.7) ---------------------------------------------------------------

TEST_F(NotifyTest, MetadataOfWhatIsWatched) {
  auto client = watch("(mailboxes INBOX (MailboxMetadataChange))", "INBOX");
  auto server = watch("(personal (ServerMetadataChange))");
  other("a SETMETADATA INBOX (/private/comment \"x\" /private/vendor/a/b \"y\")");
  EXPECT_EQ(client->read(), "* METADATA \"INBOX\" /private/comment /private/vendor/a/b\r\n");
  EXPECT_EQ(server->read(), "");
  // An entry that is removed is named too.
  other("a SETMETADATA INBOX (/private/comment NIL)");
  EXPECT_EQ(client->read(), "* METADATA \"INBOX\" /private/comment\r\n");
  other("a SETMETADATA Drafts (/private/comment \"x\")");
  EXPECT_EQ(client->read(), "");
  other("a SETMETADATA \"\" (/private/comment \"x\")");
  EXPECT_EQ(client->read(), "");
  EXPECT_EQ(server->read(), "* METADATA \"\" /private/comment\r\n");
  // Its own are not told, and in IDLE it is the same.
  EXPECT_EQ(client->ask("m SETMETADATA INBOX (/private/comment \"z\")"),
            "m OK SETMETADATA completed.\r\n");
  static_cast<void>(client->ask("i IDLE"));
  other("a SETMETADATA INBOX (/private/comment NIL)");
  EXPECT_EQ(client->read(), "* METADATA \"INBOX\" /private/comment\r\n");
}

TEST_F(NotifyTest, NoneSilencesMetadataThatWasEnabled) {
  auto client = rig.login();
  static_cast<void>(client->ask("e ENABLE METADATA"));
  static_cast<void>(client->ask("n NOTIFY NONE"));
  other("a SETMETADATA INBOX (/private/comment \"x\")");
  EXPECT_EQ(client->ask("a NOOP"), "a OK NOOP completed.\r\n");
  static_cast<void>(client->ask("n NOTIFY SET (personal (MailboxName))"));
  other("a SETMETADATA INBOX (/private/comment \"y\")");
  EXPECT_EQ(client->read(), "* METADATA \"INBOX\" /private/comment\r\n");
}

// -- what the client does itself ------------------------------------------------------------------

TEST_F(NotifyTest, OwnChangesAreNotTold) {
  rig.deliver_many("INBOX", 3);
  auto client =
      watch("(personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))",
            "INBOX", "IMAP4rev2");
  EXPECT_EQ(client->ask("a CREATE a/b"), "a OK CREATE completed.\r\n");
  EXPECT_EQ(client->ask("a SUBSCRIBE a/b"), "a OK SUBSCRIBE completed.\r\n");
  EXPECT_EQ(client->ask("a RENAME a/b c"), "a OK RENAME completed.\r\n");
  EXPECT_EQ(client->ask("a UNSUBSCRIBE c"), "a OK UNSUBSCRIBE completed.\r\n");
  EXPECT_THAT(client->ask("a UID COPY 1 c"), AllOf(StartsWith("a OK"), Not(HasSubstr("*"))));
  EXPECT_THAT(client->ask("a APPEND c {5+}\r\nA: b\n"), Not(HasSubstr("STATUS")));
  EXPECT_THAT(client->ask("a UID MOVE 2 c"), Not(HasSubstr("STATUS")));
  EXPECT_THAT(client->ask("a UID STORE 3 +FLAGS (\\Deleted)"), Not(HasSubstr("STATUS")));
  EXPECT_EQ(client->ask("a CLOSE"), "a OK CLOSE completed.\r\n");
  EXPECT_EQ(client->ask("a RENAME INBOX d"), "a OK RENAME completed.\r\n");
  EXPECT_EQ(client->ask("a DELETE c"), "a OK DELETE completed.\r\n");
  EXPECT_EQ(client->read(), "");
}

TEST_F(NotifyTest, OwnChangesDoNotHideThoseOfOthers) {
  auto client = watch("(personal (MessageNew MessageExpunge))");
  EXPECT_EQ(client->raw("a APPEND Drafts {14+}\r\n"), "");
  rig.deliver("Drafts", simple_message("m"));
  EXPECT_THAT(client->raw("Subject: x\r\n\r\n\r\n"),
              EndsWith("* STATUS \"Drafts\" (MESSAGES 2 UIDNEXT 3)\r\n"));
}

TEST_F(NotifyTest, AnUnsubscribeOfNothingHidesNothing) {
  auto client = watch("(personal (MailboxName))");
  EXPECT_EQ(client->raw("a UNSUBSCRIBE ne"), "");
  other("c CREATE new");
  EXPECT_THAT(client->raw("w\r\n"), HasSubstr("* LIST (\\HasNoChildren) \"/\" \"new\"\r\n"));
}

// -- limits and ends ------------------------------------------------------------------------------

TEST_F(NotifyTest, OverflowTurnsItOff) {
  auto client = watch("(personal (MailboxName MessageNew MessageExpunge))", "INBOX");
  EXPECT_EQ(client->raw("a NO"), "");
  for (std::size_t i = 0; i <= mailstore::kMaxNameEvents / 2; ++i) {
    static_cast<void>(actor->ask("c CREATE x"));
    static_cast<void>(actor->ask("d DELETE x"));
  }
  EXPECT_THAT(client->raw("OP\r\n"),
              AllOf(StartsWith("a OK NOOP completed.\r\n* OK [NOTIFICATIONOVERFLOW] "),
                    Not(HasSubstr("LIST"))));
  rig.deliver("Drafts", simple_message("m"));
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_EQ(client->ask("b NOOP"), "b OK NOOP completed.\r\n");
  EXPECT_THAT(client->ask("n NOTIFY SET (personal (MessageNew MessageExpunge))"),
              AllOf(HasSubstr("* 1 EXISTS"), EndsWith(kDone)));
  rig.deliver("Drafts", simple_message("m"));
  EXPECT_THAT(client->read(), StartsWith("* STATUS \"Drafts\" "));
}

TEST_F(NotifyTest, AClientThatDoesNotReadCostsNothingMore) {
  auto client = watch("(personal (MessageNew MessageExpunge))");
  client->transport().stall(true);
  for (int i = 0; i < 50; ++i) rig.deliver("Drafts", simple_message("m"));
  client->transport().stall(false);
  EXPECT_EQ(client->read(),
            "* STATUS \"Drafts\" (MESSAGES 1 UIDNEXT 2)\r\n* STATUS \"Drafts\" (MESSAGES 50 "
            "UIDNEXT 51)\r\n");
}

TEST_F(NotifyTest, TheStoreIsLost) {
  auto client = watch("(personal (MessageNew MessageExpunge))");
  static_cast<void>(run_blocking(rig.executor, rig.store->destroy_account(AccountId(1))));
  EXPECT_THAT(client->read(), HasSubstr("* BYE The mail store is not available now."));
}

TEST_F(NotifyTest, AThousandMailboxesAreWatchedWithoutAScan) {
  std::string names;
  for (int i = 0; i < 1'000; ++i) {
    const std::string name = "box" + std::to_string(i);
    static_cast<void>(actor->ask("c CREATE " + name));
    names += " " + name;
  }
  auto client = watch("(mailboxes (" + names.substr(1) + ") (MessageNew MessageExpunge))");
  for (const char* name : {"box0", "box999", "box500"}) {
    rig.deliver(name, simple_message("m"));
    EXPECT_EQ(client->read(), "* STATUS \"" + std::string(name) + "\" (MESSAGES 1 UIDNEXT 2)\r\n");
  }
  EXPECT_EQ(client->session().held(), 0u);
}

// -- what clients send ----------------------------------------------------------------------------

TEST_F(NotifyTest, FairEmail) {
  rig.deliver_many("INBOX", 1);
  auto client = rig.select();
  const std::string answer = client->ask(
      "n NOTIFY SET STATUS (selected (MessageNew (uid) MessageExpunge FlagChange)) "
      "(subscribed (MessageNew MessageExpunge FlagChange))");
  EXPECT_THAT(answer, AllOf(HasSubstr("* STATUS \"Drafts\" ("), Not(HasSubstr("STATUS \"INBOX\"")),
                            EndsWith(kDone)));
  static_cast<void>(client->ask("i IDLE"));
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_EQ(client->read(), "* 2 EXISTS\r\n* 2 RECENT\r\n* 2 FETCH (UID 2)\r\n");
  rig.deliver("Junk", simple_message("m"));
  EXPECT_EQ(client->read(), "* STATUS \"Junk\" (MESSAGES 1 UIDNEXT 2 UNSEEN 1)\r\n");
  expunge();
  EXPECT_THAT(client->read(), EndsWith("* 1 EXPUNGE\r\n"));
  EXPECT_EQ(client->ask("DONE"), "i OK IDLE completed.\r\n");
}

TEST_F(NotifyTest, Evolution) {
  auto client = watch(
      "(selected (MessageNew (UID RFC822.SIZE RFC822.HEADER FLAGS) MessageExpunge FlagChange)) "
      "(personal (MessageNew MessageExpunge MailboxName SubscriptionChange))",
      "INBOX (CONDSTORE)", "CONDSTORE QRESYNC");
  rig.deliver("INBOX", simple_message("m"));
  EXPECT_THAT(client->read(),
              AllOf(StartsWith("* 1 EXISTS\r\n* 1 RECENT\r\n* 1 FETCH (UID 1 RFC822.SIZE "),
                    HasSubstr(" RFC822.HEADER {"), HasSubstr("FLAGS (\\Recent))\r\n")));
  other("c CREATE new");
  EXPECT_EQ(client->read(), "* LIST (\\HasNoChildren) \"/\" \"new\"\r\n");
  other("s SUBSCRIBE new");
  EXPECT_EQ(client->read(), "* LIST (\\HasNoChildren \\Subscribed) \"/\" \"new\"\r\n");
  rig.deliver("new", simple_message("m"));
  EXPECT_THAT(client->read(), StartsWith("* STATUS \"new\" (MESSAGES 1 UIDNEXT 2 HIGHESTMODSEQ "));
}

}  // namespace
}  // namespace postern::session
