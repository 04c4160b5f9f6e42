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

constexpr const char* kMultipart =
    "From: a@example.org\r\nSubject: parts\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=x\r\n\r\npreamble\r\n--x\r\n"
    "Content-Type: text/plain\r\n\r\nfirst\r\n--x\r\n"
    "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: "
    "base64\r\n\r\nYWIAY2Q=\r\n--x\r\n"
    "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner body\r\n--x\r\n"
    "Content-Type: text/plain\r\nContent-Transfer-Encoding: x-strange\r\n\r\nodd\r\n--x--\r\n";

std::string body(std::string_view name, std::string_view value) {
  return std::string(name) + " {" + std::to_string(value.size()) + "}\r\n" + std::string(value);
}

class FetchTest : public testing::Test {
 protected:
  FetchTest() {
    rig.deliver("INBOX", simple_message("one"));
    rig.deliver("INBOX", kMultipart);
    rig.deliver("INBOX", simple_message("three"));
    client = rig.select();
  }
  std::string fetch(std::string_view set, std::string_view items) {
    return client->ask("f FETCH " + std::string(set) + " " + std::string(items));
  }
  std::string peek(std::string_view section) {
    return fetch("2", "BODY.PEEK[" + std::string(section) + "]");
  }

  Rig rig;
  std::unique_ptr<Client> client;
};

TEST_F(FetchTest, SetsAndNumbers) {
  EXPECT_EQ(fetch("1:2", "UID"),
            "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\nf OK FETCH completed.\r\n");
  EXPECT_EQ(fetch("3,1", "UID"),
            "* 1 FETCH (UID 1)\r\n* 3 FETCH (UID 3)\r\nf OK FETCH completed.\r\n");
  EXPECT_EQ(fetch("*", "UID"), "* 3 FETCH (UID 3)\r\nf OK FETCH completed.\r\n");
  EXPECT_EQ(fetch("*:2", "UID"),
            "* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\nf OK FETCH completed.\r\n");
  EXPECT_THAT(fetch("4", "UID"), StartsWith("f BAD"));
  EXPECT_THAT(fetch("2:4", "UID"), StartsWith("f BAD"));
  EXPECT_THAT(fetch("1:4294967295", "UID"), StartsWith("f BAD"));
  EXPECT_THAT(fetch("0", "UID"), StartsWith("f BAD"));
  EXPECT_EQ(client->ask("u UID FETCH 99:* FLAGS"),
            "* 3 FETCH (UID 3 FLAGS (\\Recent))\r\nu OK FETCH completed.\r\n");
  EXPECT_EQ(client->ask("u UID FETCH 50:60 FLAGS"), "u OK FETCH completed.\r\n");
  EXPECT_EQ(
      client->ask("u UID FETCH 1:4294967295 UID"),
      "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\nu OK FETCH completed.\r\n");
}

TEST_F(FetchTest, EmptyMailbox) {
  static_cast<void>(client->ask("s SELECT Drafts"));
  EXPECT_THAT(fetch("1:*", "FLAGS"), StartsWith("f BAD"));
  EXPECT_EQ(client->ask("u UID FETCH 1:* FLAGS"), "u OK FETCH completed.\r\n");
}

TEST_F(FetchTest, UidFetchFindsWhatJustArrived) {
  rig.deliver("INBOX", simple_message("four"));
  EXPECT_EQ(client->ask("u UID FETCH 4:* UID"),
            "* 4 EXISTS\r\n* 4 RECENT\r\n* 4 FETCH (UID 4)\r\nu OK FETCH completed.\r\n");
}

TEST_F(FetchTest, Sections) {
  const std::string whole = kMultipart;
  const std::size_t split = whole.find("\r\n\r\n") + 4;
  const auto answer = [](std::string_view what) {
    return "* 2 FETCH (" + std::string(what) + ")\r\nf OK FETCH completed.\r\n";
  };
  EXPECT_EQ(peek(""), answer(body("BODY[]", whole)));
  EXPECT_EQ(peek("HEADER"), answer(body("BODY[HEADER]", whole.substr(0, split))));
  EXPECT_EQ(peek("TEXT"), answer(body("BODY[TEXT]", whole.substr(split))));
  EXPECT_EQ(peek("1"), answer(body("BODY[1]", "first")));
  EXPECT_EQ(peek("1.MIME"), answer(body("BODY[1.MIME]", "Content-Type: text/plain\r\n\r\n")));
  EXPECT_EQ(peek("1.HEADER"), answer("BODY[1.HEADER] NIL"));
  EXPECT_EQ(peek("2"), answer(body("BODY[2]", "YWIAY2Q=")));
  EXPECT_EQ(peek("3"), answer(body("BODY[3]", "Subject: inner\r\n\r\ninner body")));
  EXPECT_EQ(peek("3.HEADER"), answer(body("BODY[3.HEADER]", "Subject: inner\r\n\r\n")));
  EXPECT_EQ(peek("3.TEXT"), answer(body("BODY[3.TEXT]", "inner body")));
  EXPECT_EQ(peek("3.1"), answer(body("BODY[3.1]", "inner body")));
  EXPECT_EQ(peek("3.HEADER.FIELDS (SUBJECT)"),
            answer(body("BODY[3.HEADER.FIELDS (SUBJECT)]", "Subject: inner\r\n\r\n")));
  EXPECT_EQ(peek("9"), answer("BODY[9] NIL"));
  EXPECT_EQ(peek("1.9"), answer("BODY[1.9] NIL"));
  EXPECT_EQ(peek("HEADER.FIELDS (Subject X-No)"),
            answer(body("BODY[HEADER.FIELDS (Subject X-No)]", "Subject: parts\r\n\r\n")));
  EXPECT_EQ(peek("HEADER.FIELDS.NOT (Subject Content-Type From)"),
            answer(body("BODY[HEADER.FIELDS.NOT (Subject Content-Type From)]",
                        "MIME-Version: 1.0\r\n\r\n")));
  EXPECT_EQ(fetch("1", "BODY.PEEK[HEADER.FIELDS (X-OTHER)]"),
            "* 1 FETCH (" + body("BODY[HEADER.FIELDS (X-OTHER)]", "X-Other: yes\r\n\r\n") +
                ")\r\nf OK FETCH completed.\r\n");
}

TEST_F(FetchTest, Partials) {
  EXPECT_EQ(fetch("1", "BODY.PEEK[]<0.4>"),
            "* 1 FETCH (" + body("BODY[]<0>", "From") + ")\r\nf OK FETCH completed.\r\n");
  EXPECT_EQ(fetch("1", "BODY.PEEK[TEXT]<7.100>"),
            "* 1 FETCH (" + body("BODY[TEXT]<7>", "world.\r\n") + ")\r\nf OK FETCH completed.\r\n");
  EXPECT_THAT(fetch("1", "BODY.PEEK[]<4294967295.4294967295>"),
              HasSubstr("BODY[]<4294967295> \"\")"));
  EXPECT_THAT(fetch("1", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]<9.3>"),
              HasSubstr("(SUBJECT)]<9> {3}\r\none)"));
  EXPECT_THAT(fetch("1", "BODY.PEEK[]<0.0>"), StartsWith("f BAD"));
}

TEST_F(FetchTest, Binary) {
  const std::string nul("ab\0cd", 5);
  EXPECT_EQ(fetch("2", "BINARY.PEEK[2]"),
            "* 2 FETCH (BINARY[2] ~{5}\r\n" + nul + ")\r\nf OK FETCH completed.\r\n");
  EXPECT_EQ(fetch("2", "BINARY.PEEK[2]<3.9>"),
            "* 2 FETCH (BINARY[2]<3> {2}\r\ncd)\r\nf OK FETCH completed.\r\n");
  EXPECT_EQ(fetch("2", "BINARY.SIZE[2]"),
            "* 2 FETCH (BINARY.SIZE[2] 5)\r\nf OK FETCH completed.\r\n");
  EXPECT_EQ(fetch("2", "BINARY.PEEK[1]"),
            "* 2 FETCH (" + body("BINARY[1]", "first") + ")\r\nf OK FETCH completed.\r\n");
  EXPECT_THAT(fetch("2", "BINARY.PEEK[4]"), HasSubstr("f NO [UNKNOWN-CTE]"));
  EXPECT_THAT(fetch("2", "BINARY.SIZE[4]"), HasSubstr("f NO [UNKNOWN-CTE]"));
  EXPECT_THAT(fetch("2", "BINARY.PEEK[8]"), HasSubstr("BINARY[8] NIL"));
  EXPECT_THAT(client->ask("n NOOP"), EndsWith("n OK NOOP completed.\r\n"));
}

TEST_F(FetchTest, SetsSeenAndSaysSo) {
  EXPECT_THAT(fetch("1", "BODY[TEXT]"),
              AllOf(HasSubstr("FLAGS (\\Seen \\Recent))"), EndsWith("f OK FETCH completed.\r\n")));
  EXPECT_THAT(fetch("1", "BODY[TEXT]"), Not(HasSubstr("FLAGS")));
  EXPECT_THAT(fetch("2", "(FLAGS BODY.PEEK[TEXT])"), HasSubstr("FLAGS (\\Recent)"));
  EXPECT_THAT(fetch("2", "(FLAGS RFC822.HEADER)"), HasSubstr("FLAGS (\\Recent)"));
  EXPECT_THAT(fetch("2", "(FLAGS RFC822)"), HasSubstr("FLAGS (\\Seen \\Recent)"));
  EXPECT_THAT(fetch("3", "BINARY[1]"), HasSubstr("FLAGS (\\Seen \\Recent)"));
  auto other = rig.select();
  EXPECT_THAT(other->ask("f FETCH 1:3 FLAGS"), HasSubstr("* 3 FETCH (FLAGS (\\Seen))"));
}

TEST_F(FetchTest, ReadsOnWhenSeenCannotBeStored) {
  rig.engine->fail_next_commit(Errc::kFull);
  EXPECT_THAT(fetch("1", "BODY[TEXT]"),
              AllOf(HasSubstr("Hello, world."), EndsWith("f OK FETCH completed.\r\n")));
}

TEST_F(FetchTest, StructuresAndMacros) {
  EXPECT_THAT(fetch("1", "ALL"), AllOf(HasSubstr("FLAGS ("), HasSubstr("INTERNALDATE \""),
                                       HasSubstr("RFC822.SIZE "), HasSubstr("ENVELOPE (")));
  EXPECT_THAT(fetch("1", "FULL"), HasSubstr("BODY (\"text\" \"plain\""));
  EXPECT_THAT(fetch("2", "BODYSTRUCTURE"), HasSubstr("\"mixed\""));
  EXPECT_THAT(fetch("1", "(RFC822.HEADER RFC822.TEXT)"),
              AllOf(HasSubstr("RFC822.HEADER {"), HasSubstr("RFC822.TEXT {15}\r\n")));
}

TEST_F(FetchTest, ChangedSince) {
  const std::string modseq = fetch("2", "MODSEQ");
  const std::size_t at = modseq.rfind("MODSEQ (") + 8;
  const std::string since = modseq.substr(at, modseq.find(')', at) - at);
  EXPECT_THAT(
      fetch("1:*", "(FLAGS) (CHANGEDSINCE " + since + ")"),
      AllOf(StartsWith("* 3 FETCH (FLAGS (\\Recent) MODSEQ ("), Not(HasSubstr("* 2 FETCH"))));
}

TEST_F(FetchTest, LargeFetchKeepsItsOrderAndTheBufferBounded) {
  rig.deliver_many("Archive", 1500);
  static_cast<void>(client->ask("s SELECT Archive"));
  const std::string answer = fetch("1:*", "(UID FLAGS ENVELOPE)");
  std::size_t at = 0;
  for (int i = 1; i <= 1500; ++i) {
    at = answer.find("* " + std::to_string(i) + " FETCH (UID " + std::to_string(i) + " ", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_LE(client->transport().largest_write(), Output::kCap);
}

TEST_F(FetchTest, CorruptBodyIsNoAndTheOthersCome) {
  rig.engine->fail_next_read(Errc::kCorrupt);
  const std::string answer = fetch("1:3", "BODY.PEEK[]");
  EXPECT_THAT(answer, AllOf(HasSubstr("BODY[] NIL"), HasSubstr("f NO [CORRUPTION]"),
                            HasSubstr("* 3 FETCH (BODY[] {")));
}

// RFC 3501 §9 media-message is RFC822 alone; RFC 9051 §9 knows GLOBAL as well.
TEST_F(FetchTest, AMessageGlobalIsShownAsTheClientKnowsIt) {
  rig.deliver("INBOX", "Content-Type: message/global\r\n\r\nSubject: in\r\n\r\nx\r\n");
  static_cast<void>(client->ask("n NOOP"));
  EXPECT_THAT(fetch("4", "BODY"),
              StartsWith("* 4 FETCH (BODY (\"message\" \"global\" NIL NIL NIL \"7BIT\" 18))\r\n"));
  EXPECT_THAT(fetch("4", "BODYSTRUCTURE"), HasSubstr("\"7BIT\" 18 NIL NIL NIL NIL))\r\n"));
  EXPECT_THAT(fetch("4", "BODY.PEEK[1.HEADER]"), HasSubstr("Subject: in"));
  auto modern = rig.select("INBOX", "IMAP4rev2");
  EXPECT_THAT(modern->ask("f FETCH 4 BODY"), HasSubstr("\"7BIT\" 18 (NIL \"in\" NIL"));
}

}  // namespace
}  // namespace postern::session
