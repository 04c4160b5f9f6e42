// UIDONLY (RFC 9586): no sequence number in either direction once it is enabled.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kRequired = "t BAD [UIDREQUIRED] ";

std::unique_ptr<Client> uid_only(Rig& rig, std::string_view mailbox = "INBOX") {
  return rig.select(mailbox, "UIDONLY");
}

TEST(UidOnly, EnableSaysSo) {
  Rig rig;
  auto client = rig.login();
  EXPECT_EQ(client->ask("t ENABLE UIDONLY"), "* ENABLED UIDONLY\r\nt OK ENABLE completed.\r\n");
}

TEST(UidOnly, NumbersAreRefused) {
  Rig rig;
  rig.deliver_many("INBOX", 3);
  auto client = uid_only(rig);
  for (const char* line :
       {"FETCH 1 FLAGS", "FETCH * FLAGS", "STORE 1 +FLAGS (\\Seen)", "SEARCH ALL", "COPY 1 Trash",
        "MOVE 1 Trash", "UID SEARCH 1:2", "UID SEARCH NOT 1", "UID SEARCH OR UID 1 *",
        "UID SEARCH RETURN (COUNT) (1 SEEN)"}) {
    EXPECT_THAT(client->ask(std::string("t ") + line), StartsWith(kRequired)) << line;
    static_cast<void>(client->ask("t NOOP"));  // many bad commands in a row end a session
  }
  // Nothing was done, and the session still works.
  EXPECT_EQ(client->ask("t UID SEARCH UNSEEN"), "* SEARCH 1 2 3\r\nt OK SEARCH completed.\r\n");
}

TEST(UidOnly, ARefusedLiteralExecutesNothing) {
  Rig rig;
  rig.deliver_many("INBOX", 1);
  auto client = uid_only(rig);
  EXPECT_THAT(client->ask("t COPY 1 {5}"), StartsWith(kRequired));
  EXPECT_THAT(client->ask("u COPY 1 {5+}\r\nTrash\r\nt NOOP"), HasSubstr("t OK "));
  EXPECT_THAT(client->ask("t STATUS Trash (MESSAGES)"), HasSubstr("(MESSAGES 0)"));
}

TEST(UidOnly, FetchAndStoreAnswerWithUidfetch) {
  Rig rig;
  rig.deliver_many("INBOX", 3);
  auto first = rig.select();
  static_cast<void>(first->ask("a UID STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(first->ask("a EXPUNGE"));  // numbers and UIDs differ from here
  auto client = uid_only(rig);
  EXPECT_EQ(client->ask("t UID FETCH 2:3 (RFC822.SIZE)").substr(0, 26),
            "* 2 UIDFETCH (RFC822.SIZE ");
  EXPECT_THAT(client->ask("t UID FETCH 3 (UID FLAGS)"), StartsWith("* 3 UIDFETCH (UID 3 FLAGS ("));
  EXPECT_THAT(client->ask("t UID STORE 3 FLAGS (\\Flagged)"),
              StartsWith("* 3 UIDFETCH (FLAGS (\\Flagged))\r\n"));
  EXPECT_THAT(client->ask("t UID FETCH * BODY.PEEK[TEXT]"),
              StartsWith("* 3 UIDFETCH (BODY[TEXT] "));
}

TEST(UidOnly, WhatOthersDoIsToldByUid) {
  Rig rig;
  rig.deliver_many("INBOX", 3);
  auto client = uid_only(rig);
  auto other = rig.select();
  static_cast<void>(other->ask("a STORE 2 +FLAGS (\\Deleted)"));
  EXPECT_THAT(client->ask("t NOOP"), StartsWith("* 2 UIDFETCH (FLAGS (\\Deleted"));
  static_cast<void>(other->ask("a EXPUNGE"));
  rig.deliver_many("INBOX", 1);
  const std::string answer = client->ask("t NOOP");
  EXPECT_THAT(answer, StartsWith("* VANISHED 2\r\n* 3 EXISTS\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("EXPUNGE")));
}

TEST(UidOnly, ExpungeAndMoveSayVanished) {
  Rig rig;
  rig.deliver_many("INBOX", 4);
  auto client = uid_only(rig);
  static_cast<void>(client->ask("t UID STORE 1 +FLAGS.SILENT (\\Deleted)"));
  EXPECT_THAT(client->ask("t EXPUNGE"), StartsWith("* VANISHED 1\r\n"));
  const std::string moved = client->ask("t UID MOVE 3 Trash");
  EXPECT_THAT(moved, StartsWith("* OK [COPYUID "));
  EXPECT_THAT(moved, HasSubstr("\r\n* VANISHED 3\r\nt OK"));
  EXPECT_THAT(client->ask("t UID COPY 2 Trash"), StartsWith("t OK [COPYUID "));
}

TEST(UidOnly, SelectNamesNoNumber) {
  Rig rig;
  rig.deliver_many("INBOX", 2);
  auto client = rig.login();
  static_cast<void>(client->ask("t ENABLE UIDONLY QRESYNC"));
  EXPECT_THAT(client->ask("t SELECT INBOX"), Not(HasSubstr("[UNSEEN")));
  // RFC 9586 §3.7: the fourth parameter matches numbers with UIDs.
  EXPECT_THAT(client->ask("t SELECT INBOX (QRESYNC (1 1 1:2 (1 1)))"), StartsWith(kRequired));
  EXPECT_THAT(client->ask("t UID SEARCH ALL"), HasSubstr("t OK")) << "the mailbox stays selected";
  EXPECT_THAT(client->ask("t SELECT INBOX (QRESYNC (1 1 1:2))"), HasSubstr("t OK [READ-WRITE]"));
}

TEST(UidOnly, CondstoreAddsModseq) {
  Rig rig;
  rig.deliver_many("INBOX", 1);
  auto client = rig.select("INBOX", "UIDONLY CONDSTORE");
  auto other = rig.select();
  static_cast<void>(other->ask("a STORE 1 +FLAGS (\\Answered)"));
  EXPECT_THAT(client->ask("t NOOP"), HasSubstr("* 1 UIDFETCH (FLAGS (\\Answered"));
  EXPECT_THAT(client->ask("t UID FETCH 1 (FLAGS) (CHANGEDSINCE 1)"), HasSubstr(" MODSEQ ("));
}

}  // namespace
}  // namespace postern::session
