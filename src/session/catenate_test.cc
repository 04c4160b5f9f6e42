// CATENATE (RFC 4469) in APPEND; the URLs it takes are those of RFC 5092.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/cmd/append_builder.h"
#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

constexpr const char* kMixed =
    "From: joe@example.org\r\nSubject: trip\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nschedule\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\n"
    "Subject: inner\r\n\r\nin it\r\n"
    "--b--\r\n";

std::string text(std::string_view octets) {
  return "TEXT {" + std::to_string(octets.size()) + "+}\r\n" + std::string(octets);
}

class Catenate : public testing::Test {
 protected:
  Catenate() {
    rig.deliver("INBOX", kMixed);
    client = rig.login();
    static_cast<void>(client->ask("c CREATE Drafts"));
    const std::string status = client->ask("s STATUS INBOX (UIDVALIDITY)");
    const std::size_t at = status.find("UIDVALIDITY ") + 12;
    validity = status.substr(at, status.find(')') - at);
  }

  std::string append(const std::string& parts) {
    return client->raw("a APPEND Drafts CATENATE (" + parts + ")\r\n");
  }
  // The octets of the message that was appended last.
  std::string last() {
    auto reader = rig.select("Drafts");
    const std::string fetched = reader->ask("f FETCH * BODY.PEEK[]");
    const std::size_t brace = fetched.find('{');
    if (brace == std::string::npos) return fetched;
    const std::size_t size = std::stoul(fetched.substr(brace + 1));
    return fetched.substr(fetched.find('\n', brace) + 1, size);
  }
  std::string drafts() { return client->ask("s STATUS Drafts (MESSAGES)"); }

  Rig rig;
  std::unique_ptr<Client> client;
  std::string validity;
};

// RFC 4469 appendix A, example 1: an attachment is replaced, the rest is not uploaded again.
TEST_F(Catenate, PartsOfMessages) {
  const std::string base = "URL \"/INBOX;UIDVALIDITY=" + validity + "/;UID=1/;section=";
  EXPECT_THAT(append(base + "HEADER\" " + text("--b\r\n") + " " + base + "1.MIME\" " + base +
                     "1\" " + text("\r\n--b\r\nContent-Type: text/plain\r\n\r\nnew\r\n--b--\r\n")),
              MatchesRegex("a OK \\[APPENDUID [0-9]+ 1\\] APPEND completed.\r\n"));
  EXPECT_EQ(last(),
            "From: joe@example.org\r\nSubject: trip\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
            "--b\r\nContent-Type: text/plain\r\n\r\nschedule\r\n"
            "--b\r\nContent-Type: text/plain\r\n\r\nnew\r\n--b--\r\n");
}

// As BODY.PEEK of the same section gives it.
TEST_F(Catenate, EverySection) {
  const std::pair<const char*, const char*> kCases[] = {
      {"", kMixed},
      {"/;SECTION=TEXT/;PARTIAL=0.5", "--b\r\n"},
      {"/;PARTIAL=6.15", "joe@example.org"},
      {"/;SECTION=HEADER.FIELDS%20(SUBJECT)", "Subject: trip\r\n\r\n"},
      {"/;SECTION=HEADER.FIELDS%20(SUBJECT%20FROM)/;PARTIAL=0.4", "From"},
      {"/;SECTION=HEADER.FIELDS.NOT%20(From%20MIME-Version%20Content-Type)",
       "Subject: trip\r\n\r\n"},
      {"/;SECTION=1", "schedule"},
      {"/;SECTION=2.HEADER", "Subject: inner\r\n\r\n"},
      {"/;SECTION=2.TEXT", "in it"},
      {"/;SECTION=2/;PARTIAL=9", "inner\r\n\r\nin it"},
      {"/;SECTION=2.1", "in it"}};
  for (const auto& [section, octets] : kCases) {
    EXPECT_THAT(append("URL \"/INBOX/;UID=1" + std::string(section) + "\""), StartsWith("a OK"))
        << section;
    EXPECT_EQ(last(), octets) << section;
  }
}

TEST_F(Catenate, DoesNotMarkSeenNorSelect) {
  static_cast<void>(append("URL /INBOX/;UID=1"));
  EXPECT_THAT(client->ask("f FETCH 1 FLAGS"), StartsWith("f BAD"));
  static_cast<void>(client->ask("e EXAMINE INBOX"));
  EXPECT_THAT(append("URL /INBOX/;UID=1"), StartsWith("a OK"));
  EXPECT_THAT(client->ask("f FETCH 1 FLAGS"), Not(HasSubstr("\\Seen")));
}

// RFC 4469 §3: the base URL names the selected mailbox.
TEST_F(Catenate, RelativeToTheSelectedMailbox) {
  EXPECT_THAT(append("URL \";UID=1\""), StartsWith("a NO [BADURL ;UID=1]"));
  static_cast<void>(client->ask("e EXAMINE INBOX"));
  EXPECT_THAT(append("URL \";UID=1/;SECTION=1\""), StartsWith("a OK"));
  EXPECT_EQ(last(), "schedule");
}

TEST_F(Catenate, BadUrls) {
  for (const std::string url :
       {"/INBOX/;UID=2", "/nope/;UID=1", "/INBOX/;UID=1/;SECTION=9",
        "/INBOX/;UID=1/;SECTION=1.TEXT", "/INBOX;UIDVALIDITY=1/;UID=1", "/INBOX",
        "imap://joe@mail.example.org/INBOX/;UID=1", "//mail.example.org/INBOX/;UID=1",
        "INBOX/;UID=1", "http://example.org/", "/INBOX/;UID=1;x"}) {
    EXPECT_THAT(append("URL \"" + url + "\""), StartsWith("a NO [BADURL " + url + "] ")) << url;
    EXPECT_THAT(append(text("x") + " URL \"" + url + "\" " + text("y")),
                StartsWith("a NO [BADURL " + url + "] "))
        << url;
  }
  // What could end the response code, or the line, does not get there.
  EXPECT_THAT(append("URL {14+}\r\n]x\r\ny OK [done"),
              StartsWith("a NO [BADURL %5Dx%0D%0Ay%20OK%20%5Bdone] "));
  EXPECT_THAT(drafts(), HasSubstr("(MESSAGES 0)"));
  // RFC 4469 appendix A: known before the next "+".
  EXPECT_THAT(client->ask("a APPEND Drafts CATENATE (URL /INBOX/;UID=2 TEXT {5}"),
              StartsWith("a NO [BADURL /INBOX/;UID=2]"));
  EXPECT_EQ(client->ask("n NOOP"), "n OK NOOP completed.\r\n");
}

TEST_F(Catenate, LiteralUrlsAndSynchronizingParts) {
  EXPECT_THAT(client->ask("a APPEND {6}"), StartsWith("+ "));
  EXPECT_THAT(client->ask("Drafts (\\Seen \\Draft) CATENATE (TEXT {3}"), StartsWith("+ "));
  EXPECT_THAT(client->ask("a\nb URL {13}"), StartsWith("+ "));
  EXPECT_THAT(client->ask("/Inbox/;UID=1 URL /INBOX/;UID=1/;SECTION=1 TEXT {0}"), StartsWith("+ "));
  EXPECT_THAT(client->ask(")"), StartsWith("a OK"));
  EXPECT_EQ(last(), "a\nb" + std::string(kMixed) + "schedule");
  EXPECT_THAT(client->raw("a APPEND Drafts (\\Draft) CATENATE (TEXT {2+}\r\na\n URL {13+}\r\n"
                          "/Inbox/;UID=1 TEXT {0+}\r\n)\r\n"),
              StartsWith("a OK"));
  EXPECT_EQ(last(), "a\n" + std::string(kMixed));
  // A URL is held in memory, so it has a limit of its own.
  EXPECT_THAT(client->ask("a APPEND Drafts CATENATE (URL {16385}"), StartsWith("a BAD [TOOBIG]"));
  EXPECT_THAT(client->ask("a APPEND Drafts CATENATE (URL {99999999+}"),
              StartsWith("a BAD [TOOBIG]"));
}

// RFC 3502 §6.3.11 and RFC 4469 together: nothing at all is no message.
TEST_F(Catenate, NothingIsNoMessage) {
  EXPECT_THAT(append("TEXT {0+}\r\n"), StartsWith("a NO "));
  EXPECT_THAT(append("URL /INBOX/;UID=1/;PARTIAL=99999999"), StartsWith("a NO "));
  EXPECT_THAT(append("TEXT {0+}\r\n URL /INBOX/;UID=1/;PARTIAL=99999999"), StartsWith("a NO "));
  EXPECT_THAT(drafts(), HasSubstr("(MESSAGES 0)"));
}

TEST_F(Catenate, ManyMessagesAtOnce) {
  EXPECT_THAT(client->raw("a APPEND Drafts CATENATE (URL /INBOX/;UID=1/;SECTION=1) {3+}\r\nabc "
                          "(\\Flagged) CATENATE (" +
                          text("x") + " URL /INBOX/;UID=1/;SECTION=2.TEXT)\r\n"),
              HasSubstr(" 1:3] "));
  EXPECT_EQ(last(), "xin it");
  EXPECT_THAT(client->raw("a APPEND Drafts CATENATE (URL /INBOX/;UID=1/;SECTION=1) {3+}\r\nabc "
                          "CATENATE (URL /INBOX/;UID=5)\r\n"),
              StartsWith("a NO [BADURL "));
  EXPECT_THAT(drafts(), HasSubstr("(MESSAGES 3)"));
}

// RFC 4469 §4.2: of the message as it will be.
TEST_F(Catenate, TooBig) {
  rig.settings->max_message_size = 100;
  const std::string fifty(50, 'x');
  EXPECT_THAT(append(text(fifty) + " " + text(fifty)), StartsWith("a OK"));
  EXPECT_THAT(append(text(fifty) + " " + text(fifty) + " " + text("x")),
              StartsWith("a NO [TOOBIG]"));
  EXPECT_THAT(append(text(std::string(93, 'x')) + " URL /INBOX/;UID=1/;SECTION=1"),
              StartsWith("a NO [TOOBIG]"));
  EXPECT_THAT(append(text(std::string(92, 'x')) + " URL /INBOX/;UID=1/;SECTION=1"),
              StartsWith("a OK"));
  EXPECT_THAT(client->ask("a APPEND Drafts CATENATE (" + text(fifty) + " TEXT {51}"),
              StartsWith("a NO [TOOBIG]"));
  EXPECT_THAT(append("URL /INBOX/;UID=1"), StartsWith("a NO [TOOBIG]"));
  EXPECT_THAT(drafts(), HasSubstr("(MESSAGES 2)"));
}

TEST_F(Catenate, QuotaCountsWhatUrlsBring) {
  auto account = run_blocking(rig.executor, rig.store->open_account(AccountId(1)));
  const std::uint64_t used = (*account)->usage().bytes;
  ASSERT_TRUE(run_blocking(rig.executor, (*account)->set_quota(used + 16)).has_value());
  EXPECT_THAT(append("URL /INBOX/;UID=1/;SECTION=1 URL /INBOX/;UID=1/;SECTION=1 " + text("x")),
              StartsWith("a NO [OVERQUOTA]"));
  EXPECT_THAT(append("URL /INBOX/;UID=1/;SECTION=1 URL /INBOX/;UID=1/;SECTION=1"),
              StartsWith("a OK"));
}

// A short line must not ask for a thousand large copies.
TEST_F(Catenate, OctetsOfUrlsAreBounded) {
  rig.settings->max_message_size = 400;
  const std::string one = "CATENATE (URL /INBOX/;UID=1)";
  const std::size_t most = AppendBuilder::kMaxUrlMessages * 400 / std::string_view(kMixed).size();
  std::string command = "a APPEND Drafts";
  for (std::size_t i = 0; i < most; ++i) command += " " + one;
  EXPECT_THAT(client->ask(command), StartsWith("a OK"));
  EXPECT_THAT(client->ask(command + " " + one), StartsWith("a NO [LIMIT]"));
}

// Pieces flow from the store to the store.
TEST_F(Catenate, LargeMessages) {
  std::string large = "Subject: large\r\n\r\n";
  for (int i = 0; i < 40'000; ++i) large += "line " + std::to_string(i) + "\r\n";
  rig.deliver("INBOX", large);
  EXPECT_THAT(append("URL /INBOX/;UID=2 " + text("|") + " URL /INBOX/;UID=2/;SECTION=TEXT"),
              StartsWith("a OK"));
  EXPECT_EQ(last(), large + "|" + large.substr(18));
}

// A message cannot be part of itself: the UID it will get names nothing yet.
TEST_F(Catenate, TheMessageItself) {
  EXPECT_THAT(append("URL /Drafts/;UID=1"), StartsWith("a NO [BADURL "));
  EXPECT_THAT(client->raw("a APPEND INBOX {1+}\r\nx CATENATE (URL /INBOX/;UID=2)\r\n"),
              StartsWith("a NO [BADURL "));
}

TEST_F(Catenate, ExpungedWhileWaiting) {
  auto other = rig.select("INBOX");
  EXPECT_THAT(client->ask("a APPEND Drafts CATENATE (TEXT {1}"), StartsWith("+ "));
  static_cast<void>(other->ask("d STORE 1 +FLAGS (\\Deleted)"));
  static_cast<void>(other->ask("d EXPUNGE"));
  EXPECT_THAT(client->ask("x URL /INBOX/;UID=1)"), StartsWith("a NO [BADURL "));
}

TEST_F(Catenate, NamesInUtf8) {
  static_cast<void>(client->ask("c CREATE \"a b&AOQ-\""));
  rig.deliver("a b\xc3\xa4", "there");
  EXPECT_THAT(append("URL \"/a%20b%C3%A4/;UID=1\""), StartsWith("a OK"));
  EXPECT_EQ(last(), "there");
}

}  // namespace
}  // namespace postern::session
