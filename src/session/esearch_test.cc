// MULTISEARCH (RFC 7377).
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

class Esearch : public testing::Test {
 protected:
  Esearch() {
    client = rig.login();
    for (const char* name : {"folder1", "folder2", "folder2/banana", "folder2/banana/peel",
                             "folder2/peach", "folder22", "empty"})
      static_cast<void>(client->ask("c CREATE " + std::string(name)));
    rig.deliver_many("INBOX", 2);
    rig.deliver("folder1", simple_message("chad"));
    rig.deliver("folder2", simple_message("chad"));
    rig.deliver("folder2/banana", simple_message("other"));
    rig.deliver("folder2/banana", simple_message("chad"));
    rig.deliver("folder2/banana/peel", simple_message("chad"));
    rig.deliver("folder22", simple_message("chad"));
  }
  // The mailboxes that answered, in order, and what with.
  std::string found(const std::string& line) {
    const std::string answer = client->ask("t ESEARCH " + line);
    EXPECT_THAT(answer, EndsWith("t OK ESEARCH completed.\r\n")) << line;
    std::string result;
    const std::string before = "* ESEARCH (TAG \"t\" MAILBOX \"";
    for (std::size_t at = 0; answer.compare(at, before.size(), before) == 0;) {
      at += before.size();
      result += answer.substr(at, answer.find('"', at) - at);
      const std::size_t validity = answer.find("\" UIDVALIDITY ", at);
      const std::size_t uid = answer.find(") UID", validity);
      const std::size_t end = answer.find("\r\n", at);
      EXPECT_LT(validity, uid);
      EXPECT_LT(uid, end);
      result += answer.substr(uid + 5, end - uid - 5) + ";";
      at = end + 2;
    }
    return result;
  }

  Rig rig;
  std::unique_ptr<Client> client;
};

TEST_F(Esearch, Sources) {
  EXPECT_EQ(found("IN (mailboxes \"folder1\" subtree \"folder2\") unseen"),
            "folder1 ALL 1;folder2 ALL 1;folder2/banana ALL 1:2;folder2/banana/peel ALL 1;");
  EXPECT_EQ(found("IN (mailboxes folder1 subtree-one folder2) subject \"chad\""),
            "folder1 ALL 1;folder2 ALL 1;folder2/banana ALL 2;");
  EXPECT_EQ(found("IN (inboxes) ALL"), "INBOX ALL 1:2;");
  EXPECT_EQ(found("IN (personal) SUBJECT chad"),
            "folder1 ALL 1;folder2 ALL 1;folder2/banana ALL 2;folder2/banana/peel ALL 1;folder22 "
            "ALL 1;");
  static_cast<void>(client->ask("s SUBSCRIBE folder22"));
  EXPECT_EQ(found("IN (subscribed) SUBJECT chad"), "folder22 ALL 1;");
  // Each once, and what is not there is left out.
  EXPECT_EQ(
      found("IN (mailboxes (folder1 folder1 nowhere \"folder2/*\" \"\") subtree folder1) ALL"),
      "folder1 ALL 1;");
  EXPECT_EQ(found("IN (mailboxes empty) ALL"), "");
  EXPECT_EQ(found("IN (mailboxes (inbox)) ALL"), "INBOX ALL 1:2;");
}

TEST_F(Esearch, ResultOptions) {
  EXPECT_EQ(found("IN (subtree folder2) RETURN (MIN MAX COUNT) ALL"),
            "folder2 MIN 1 MAX 1 COUNT 1;folder2/banana MIN 1 MAX 2 COUNT 2;folder2/banana/peel "
            "MIN 1 MAX 1 COUNT 1;");
  // RFC 7377 §2.1: no response where nothing was found, for COUNT neither.
  EXPECT_EQ(found("IN (personal) RETURN (COUNT) SUBJECT other"), "folder2/banana COUNT 1;");
  EXPECT_EQ(found("IN (personal) RETURN (COUNT) SUBJECT nowhere"), "");
  EXPECT_EQ(found("IN (mailboxes folder2/banana) RETURN (PARTIAL -1:-1 CONTEXT) ALL"),
            "folder2/banana PARTIAL (-1:-1 2);");
  // RFC 7377 §2: message numbers count in each mailbox, and may lie beyond its end.
  EXPECT_EQ(found("IN (subtree folder2) 2:100"), "folder2/banana ALL 2;");
  EXPECT_THAT(client->ask("t UID ESEARCH IN (personal) 101:200"), "t OK ESEARCH completed.\r\n");
}

TEST_F(Esearch, TheSelectedMailbox) {
  EXPECT_THAT(client->ask("t ESEARCH ALL"), StartsWith("t BAD "));
  EXPECT_THAT(client->ask("t ESEARCH IN (selected personal) ALL"), StartsWith("t BAD "));
  static_cast<void>(client->ask("s SELECT folder2/banana"));
  EXPECT_EQ(found("ALL"), "folder2/banana ALL 1:2;");
  EXPECT_EQ(found("RETURN (COUNT) SUBJECT chad"), "folder2/banana COUNT 1;");
  EXPECT_EQ(found("IN (selected subtree folder2) SUBJECT chad"),
            "folder2/banana ALL 2;folder2 ALL 1;folder2/banana/peel ALL 1;");
  // The selection stays.
  EXPECT_EQ(client->ask("a UID SEARCH ALL"), "* SEARCH 1 2\r\na OK SEARCH completed.\r\n");
  // A new message is found, and told of first.
  rig.deliver("folder2/banana", simple_message("chad"));
  EXPECT_THAT(client->ask("t ESEARCH SUBJECT chad"),
              AllOf(StartsWith("* 3 EXISTS\r\n"), HasSubstr(") UID ALL 2:3\r\n")));
}

TEST_F(Esearch, Save) {
  static_cast<void>(client->ask("s SELECT folder2/banana"));
  EXPECT_THAT(client->ask("t ESEARCH RETURN (SAVE) 2"), "t OK ESEARCH completed.\r\n");
  EXPECT_EQ(client->ask("a UID SEARCH $"), "* SEARCH 2\r\na OK SEARCH completed.\r\n");
  // "$" is of the selected mailbox.
  EXPECT_EQ(found("IN (personal) $"), "folder2/banana ALL 2;");
  EXPECT_THAT(client->ask("t ESEARCH IN (selected) RETURN (SAVE) 1"), HasSubstr("t OK"));
  EXPECT_EQ(client->ask("a UID SEARCH $"), "* SEARCH 1\r\na OK SEARCH completed.\r\n");
  EXPECT_THAT(client->ask("t ESEARCH IN (mailboxes folder1) RETURN (SAVE) ALL"),
              StartsWith("t BAD "));
  EXPECT_THAT(client->ask("t ESEARCH IN (selected inboxes) RETURN (SAVE) ALL"),
              StartsWith("t BAD "));
  EXPECT_EQ(client->ask("a UID SEARCH $"), "* SEARCH 1\r\na OK SEARCH completed.\r\n");
}

TEST_F(Esearch, Update) {
  EXPECT_THAT(client->ask("t ESEARCH IN (personal) RETURN (UPDATE) ALL"), StartsWith("t BAD "));
  static_cast<void>(client->ask("s SELECT folder1"));
  EXPECT_THAT(
      client->ask("u ESEARCH IN (mailboxes folder22) RETURN (UPDATE COUNT) ALL"),
      AllOf(HasSubstr("COUNT 1\r\n"), HasSubstr("* NO [NOUPDATE \"u\"]"), HasSubstr("u OK")));
  EXPECT_THAT(client->ask("u ESEARCH IN (personal) RETURN (UPDATE COUNT) UNSEEN"),
              AllOf(HasSubstr("MAILBOX \"folder22\""), Not(HasSubstr("NOUPDATE"))));
  EXPECT_THAT(client->ask("u ESEARCH RETURN (UPDATE) ALL"), StartsWith("u BAD "));
  rig.deliver("INBOX", simple_message("not here"));
  EXPECT_THAT(client->ask("n NOOP"), Not(HasSubstr("ESEARCH")));
  rig.deliver("folder1", simple_message("here"));
  EXPECT_THAT(client->ask("n NOOP"),
              testing::ContainsRegex("ESEARCH .TAG \"u\" MAILBOX \"folder1\" UIDVALIDITY [0-9]+. "
                                     "UID ADDTO .0 2.\r\n"));
}

TEST_F(Esearch, NamesAreEncoded) {
  static_cast<void>(client->ask("c CREATE &AOQ-"));
  rig.deliver("\xC3\xA4", simple_message("x"));
  EXPECT_EQ(found("IN (mailboxes &AOQ-) ALL"), "&AOQ- ALL 1;");
  static_cast<void>(client->ask("e ENABLE IMAP4rev2"));
  EXPECT_EQ(found("IN (mailboxes \"\xC3\xA4\") ALL"), "\xC3\xA4 ALL 1;");
}

TEST_F(Esearch, RefusedCharsetsAndExpunges) {
  EXPECT_THAT(client->ask("t ESEARCH IN (personal) CHARSET X-NONE ALL"),
              StartsWith("t NO [BADCHARSET"));
  static_cast<void>(client->ask("s SELECT folder1"));
  auto other = rig.select("folder1");
  static_cast<void>(other->ask("x STORE 1 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(other->ask("x EXPUNGE"));
  // A message number holds EXPUNGE back; UIDs alone do not (RFC 7162 §3.2.10.2).
  EXPECT_THAT(client->ask("t ESEARCH 1"), Not(HasSubstr("EXPUNGE")));
  EXPECT_THAT(client->ask("t ESEARCH ALL"), HasSubstr("* 1 EXPUNGE\r\n"));
}

// RFC 9586 §3: ESEARCH answers with UIDs in any form; its keys may not count, SORT and THREAD
// neither.
TEST_F(Esearch, WithUidsOnly) {
  static_cast<void>(client->ask("e ENABLE UIDONLY"));
  static_cast<void>(client->ask("s SELECT folder2/banana"));
  EXPECT_EQ(found("SUBJECT chad"), "folder2/banana ALL 2;");
  for (const char* line :
       {"ESEARCH 1", "UID ESEARCH NOT 1", "SORT (DATE) UTF-8 ALL", "THREAD REFS UTF-8 ALL",
        "UID SORT (DATE) UTF-8 1", "UID THREAD REFS UTF-8 1"})
    EXPECT_THAT(client->ask("t " + std::string(line)), StartsWith("t BAD [UIDREQUIRED]")) << line;
  EXPECT_THAT(client->ask("t UID SORT (SUBJECT) UTF-8 ALL"), StartsWith("* SORT 2 1\r\n"));
}

}  // namespace
}  // namespace postern::session
