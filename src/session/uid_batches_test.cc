// UIDBATCHES (RFC 10022).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(UidBatches, NewestFirst) {
  Rig rig;
  rig.deliver_many("INBOX", 1203);
  auto client = rig.select();
  EXPECT_EQ(client->ask("t UIDBATCHES 500"),
            "* UIDBATCHES (TAG \"t\") 1203:704,703:204,203:1\r\nt OK UIDBATCHES completed.\r\n");
  EXPECT_EQ(client->ask("t UIDBATCHES 2000"),
            "* UIDBATCHES (TAG \"t\") 1203:1\r\nt OK UIDBATCHES completed.\r\n");
}

TEST(UidBatches, ExactFitHasNoEmptyBatch) {
  Rig rig;
  rig.deliver_many("INBOX", 1000);
  auto client = rig.select();
  EXPECT_EQ(client->ask("t UIDBATCHES 500"),
            "* UIDBATCHES (TAG \"t\") 1000:501,500:1\r\nt OK UIDBATCHES completed.\r\n");
}

TEST(UidBatches, CountsMessagesNotUids) {
  Rig rig;
  rig.deliver_many("INBOX", 1001);
  auto client = rig.select();
  static_cast<void>(client->ask("t UID STORE 2:400 +FLAGS.SILENT (\\Deleted)"));
  static_cast<void>(client->ask("t EXPUNGE"));
  // 602 are left: 1 and 401 to 1001.
  EXPECT_EQ(client->ask("t UIDBATCHES 600"),
            "* UIDBATCHES (TAG \"t\") 1001:402,401:1\r\nt OK UIDBATCHES completed.\r\n");
}

TEST(UidBatches, PartsOfTheList) {
  Rig rig;
  rig.deliver_many("INBOX", 1203);
  auto client = rig.select();
  EXPECT_EQ(client->ask("t UIDBATCHES 500 2:2"),
            "* UIDBATCHES (TAG \"t\") 703:204\r\nt OK UIDBATCHES completed.\r\n");
  EXPECT_EQ(client->ask("t UIDBATCHES 500 3:9"),
            "* UIDBATCHES (TAG \"t\") 203:1\r\nt OK UIDBATCHES completed.\r\n");
  EXPECT_EQ(client->ask("t UIDBATCHES 500 4294967290:4294967295"),
            "* UIDBATCHES (TAG \"t\")\r\nt OK UIDBATCHES completed.\r\n");
}

TEST(UidBatches, EmptyMailboxAnswersAll) {
  Rig rig;
  auto client = rig.select("Trash");
  EXPECT_EQ(client->ask("t UIDBATCHES 500"),
            "* UIDBATCHES (TAG \"t\")\r\nt OK UIDBATCHES completed.\r\n");
}

TEST(UidBatches, LimitsAndBadArguments) {
  Rig rig;
  rig.deliver_many("INBOX", 2);
  auto client = rig.select();
  EXPECT_THAT(client->ask("t UIDBATCHES 499"), StartsWith("t NO [TOOFEW] "));
  EXPECT_THAT(client->ask("t UIDBATCHES 500 4:1"), StartsWith("t BAD [CLIENTBUG] "));
  for (const char* line : {"UIDBATCHES", "UIDBATCHES 0", "UIDBATCHES x", "UIDBATCHES 500 1",
                           "UIDBATCHES 500 1:", "UIDBATCHES 500 0:1", "UIDBATCHES 500 1:*",
                           "UIDBATCHES 4294967296", "UID UIDBATCHES 500"}) {
    auto fresh = rig.select();
    EXPECT_THAT(fresh->ask(std::string("t ") + line), StartsWith("t BAD ")) << line;
  }
}

// RFC 10022 §3.1.1.
TEST(UidBatches, TheSameQuestionAgainIsRefusedUntilMuchChanged) {
  Rig rig;
  rig.deliver_many("INBOX", 600);
  auto client = rig.select();
  EXPECT_THAT(client->ask("t UIDBATCHES 500"), HasSubstr("t OK"));
  EXPECT_THAT(client->ask("t UIDBATCHES 500"), StartsWith("t NO [LIMIT] "));
  EXPECT_THAT(client->ask("t UIDBATCHES 600"), HasSubstr("t OK")) << "another size";
  EXPECT_THAT(client->ask("t UIDBATCHES 600"), StartsWith("t NO [LIMIT] "));
  rig.deliver_many("INBOX", 301);
  EXPECT_THAT(client->ask("t UIDBATCHES 600"), HasSubstr("* UIDBATCHES (TAG \"t\") 901:302,301:1"));
  static_cast<void>(client->ask("t SELECT INBOX"));
  EXPECT_THAT(client->ask("t UIDBATCHES 600"), HasSubstr("t OK")) << "selected anew";
}

TEST(UidBatches, LeavesTheSavedResultAlone) {
  Rig rig;
  rig.deliver_many("INBOX", 3);
  auto client = rig.select("INBOX", "UIDONLY");
  static_cast<void>(client->ask("t UID SEARCH RETURN (SAVE) UID 2"));
  EXPECT_THAT(client->ask("t UIDBATCHES 500"), StartsWith("* UIDBATCHES (TAG \"t\") 3:1"));
  EXPECT_THAT(client->ask("t UID FETCH $ (UID)"), StartsWith("* 2 UIDFETCH (UID 2)\r\nt OK"));
}

}  // namespace
}  // namespace postern::session
