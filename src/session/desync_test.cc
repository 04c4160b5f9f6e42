// B2: whatever is wrong with a command that carries a literal, nothing of the literal's octets is
// ever taken for a command. The payload would delete a mailbox that every case looks for
// afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPayload = "\r\nz DELETE \"canary\"\r\n";

std::string with_literal(std::string_view line) {
  const std::string payload = kPayload;
  std::string text(line);
  const std::size_t at = text.find("{n+}");
  const std::string rest = text.substr(at + 4);
  return text.substr(0, at) + "{" + std::to_string(payload.size()) + "+}\r\n" + payload + rest +
         "\r\n";
}

enum class At { kConnected, kLoggedIn, kSelected, kExamined };
struct Case {
  At state;
  const char* line;
};

class Desync : public testing::TestWithParam<Case> {};

TEST_P(Desync, PayloadNeverRuns) {
  Rig rig;
  rig.settings->limits.bad_before_login = 100;
  auto keeper = rig.login();
  static_cast<void>(keeper->ask("k CREATE canary"));
  rig.deliver("INBOX", simple_message("one"));
  auto client = GetParam().state == At::kConnected ? rig.connect() : rig.login();
  if (GetParam().state == At::kSelected) static_cast<void>(client->ask("s SELECT INBOX"));
  if (GetParam().state == At::kExamined) static_cast<void>(client->ask("s EXAMINE INBOX"));

  const std::string answer = client->raw(with_literal(GetParam().line) + "n NOOP\r\n");
  for (const char* executed : {"z OK", "z NO", "z BAD"})
    EXPECT_THAT(answer, Not(HasSubstr(executed)));
  if (!client->ended()) {
    EXPECT_THAT(answer, EndsWith("n OK NOOP completed.\r\n"));
  } else {
    EXPECT_THAT(answer, HasSubstr("* BYE"));
  }
  EXPECT_THAT(keeper->ask("k LIST \"\" canary"), HasSubstr("\"canary\"")) << GetParam().line;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Desync,
    testing::Values(
        // before login: state, unknown command, wrong form, credentials
        Case{At::kConnected, "a XYZZY {n+}"}, Case{At::kConnected, "a NOOP {n+}"},
        Case{At::kConnected, "a APPEND INBOX {n+}"}, Case{At::kConnected, "a SELECT {n+}"},
        Case{At::kConnected, "a FETCH 1 BODY[HEADER.FIELDS ({n+})]"},
        Case{At::kConnected, "a LOGIN {n+} x"}, Case{At::kConnected, "a LOGIN joe {n+}"},
        Case{At::kConnected, "a AUTHENTICATE PLAIN {n+}"},
        Case{At::kConnected, "a CAPABILITY {n+}"}, Case{At::kConnected, "{n+}"},
        Case{At::kConnected, "a {n+}"}, Case{At::kConnected, "a ID (\"name\" {n+})"},
        Case{At::kConnected, "a ID {n+}"}));

INSTANTIATE_TEST_SUITE_P(
    LoggedIn, Desync,
    testing::Values(
        Case{At::kLoggedIn, "a XYZZY {n+}"}, Case{At::kLoggedIn, "a LOGIN {n+} x"},
        Case{At::kLoggedIn, "a APPEND INBOX \"bad-date\" {n+}"},
        Case{At::kLoggedIn, "a APPEND nope {n+}"},
        Case{At::kLoggedIn, "a APPEND INBOX (\\Seen {n+}"}, Case{At::kLoggedIn, "a APPEND {n+}"},
        Case{At::kLoggedIn, "a APPEND INBOX ~{n+}"},
        Case{At::kLoggedIn, "a APPEND INBOX UTF8 (~{n+})"},
        Case{At::kLoggedIn, "a APPEND INBOX {n+} junk"},
        Case{At::kLoggedIn, "a APPEND INBOX {n+}{3+}\r\nabc"},
        Case{At::kLoggedIn, "a APPEND INBOX ({n+})"},
        Case{At::kLoggedIn, "a APPEND {5+}\r\nINBOX \"x\" {n+}"},
        Case{At::kLoggedIn, "a APPEND {4+}\r\nnope {n+}"}, Case{At::kLoggedIn, "a SELECT {n+}"},
        Case{At::kLoggedIn, "a EXAMINE INBOX {n+}"}, Case{At::kLoggedIn, "a CREATE {n+}"},
        Case{At::kLoggedIn, "a DELETE {n+}"}, Case{At::kLoggedIn, "a RENAME INBOX {n+}"},
        Case{At::kLoggedIn, "a RENAME {n+} x"}, Case{At::kLoggedIn, "a SUBSCRIBE {n+}"},
        Case{At::kLoggedIn, "a UNSUBSCRIBE {n+}"}, Case{At::kLoggedIn, "a LIST {n+} *"},
        Case{At::kLoggedIn, "a LIST \"\" {n+}"}, Case{At::kLoggedIn, "a LSUB \"\" {n+}"},
        Case{At::kLoggedIn, "a STATUS {n+} (MESSAGES)"}, Case{At::kLoggedIn, "a NAMESPACE {n+}"},
        Case{At::kLoggedIn, "a ENABLE {n+}"}, Case{At::kLoggedIn, "a IDLE {n+}"},
        Case{At::kLoggedIn, "a FETCH 1 {n+}"}, Case{At::kLoggedIn, "a SEARCH TEXT {n+}"},
        Case{At::kLoggedIn, "a STORE 1 +FLAGS ({n+})"}, Case{At::kLoggedIn, "a CLOSE {n+}"},
        Case{At::kLoggedIn, "a UID {n+}"}));

INSTANTIATE_TEST_SUITE_P(
    QuotaMetadataCompress, Desync,
    testing::Values(Case{At::kConnected, "a GETQUOTA {n+}"},
                    Case{At::kConnected, "a SETMETADATA INBOX (/private/x {n+})"},
                    Case{At::kConnected, "a COMPRESS {n+}"}, Case{At::kLoggedIn, "a GETQUOTA {n+}"},
                    Case{At::kLoggedIn, "a GETQUOTAROOT {n+}"},
                    Case{At::kLoggedIn, "a SETQUOTA {n+} (STORAGE 1)"},
                    Case{At::kLoggedIn, "a SETQUOTA joe ({n+} 1)"},
                    Case{At::kLoggedIn, "a SETQUOTA joe (STORAGE {n+})"},
                    Case{At::kLoggedIn, "a GETMETADATA {n+} /private/x"},
                    Case{At::kLoggedIn, "a GETMETADATA INBOX {n+}"},
                    Case{At::kLoggedIn, "a GETMETADATA (MAXSIZE {n+}) INBOX /private/x"},
                    Case{At::kLoggedIn, "a GETMETADATA INBOX /private/x ~{n+}"},
                    Case{At::kLoggedIn, "a SETMETADATA {n+} (/private/x NIL)"},
                    Case{At::kLoggedIn, "a SETMETADATA INBOX ({n+} NIL)"},
                    Case{At::kLoggedIn, "a SETMETADATA INBOX (/private/x {n+}"},
                    Case{At::kLoggedIn, "a SETMETADATA INBOX (/private/x ~{n+} y)"},
                    Case{At::kLoggedIn, "a SETMETADATA nope (/private/x {n+})"},
                    Case{At::kLoggedIn, "a SETMETADATA INBOX (/bad {n+})"},
                    Case{At::kLoggedIn, "a SETMETADATA \"\" (/shared/x {n+})"},
                    Case{At::kLoggedIn, "a LIST \"\" * RETURN (METADATA ({n+}))"},
                    Case{At::kLoggedIn, "a COMPRESS {n+}"}));

INSTANTIATE_TEST_SUITE_P(
    Selected, Desync,
    testing::Values(
        Case{At::kSelected, "a FETCH 1 BODY.PEEK[HEADER.FIELDS ({n+})]"},
        Case{At::kSelected, "a FETCH {n+}"}, Case{At::kSelected, "a FETCH 1 (FLAGS {n+})"},
        Case{At::kSelected, "a FETCH 99 BODY[HEADER.FIELDS ({n+})]"},
        Case{At::kSelected, "a STORE 1 +FLAGS ({n+})"},
        Case{At::kSelected, "a STORE {n+} FLAGS ()"},
        Case{At::kSelected, "a SEARCH CHARSET X-NONE SUBJECT {n+}"},
        Case{At::kSelected, "a SEARCH SUBJECT {n+} (("},
        Case{At::kSelected, "a UID SEARCH HEADER {n+} x"}, Case{At::kSelected, "a SEARCH {n+}"},
        Case{At::kSelected, "a COPY 1 {n+}"}, Case{At::kSelected, "a COPY 99 {n+}"},
        Case{At::kSelected, "a MOVE 1 {n+}"}, Case{At::kSelected, "a UID MOVE 7 {n+}"},
        Case{At::kSelected, "a EXPUNGE {n+}"}, Case{At::kSelected, "a UID EXPUNGE {n+}"},
        Case{At::kSelected, "a CHECK {n+}"}, Case{At::kSelected, "a IDLE\r\nb FOO {n+}"},
        Case{At::kSelected, "a IDLE\r\nAPPEND x {n+}"},
        Case{At::kExamined, "a STORE 1 +FLAGS ({n+})"}, Case{At::kExamined, "a MOVE 1 {n+}"}));

INSTANTIATE_TEST_SUITE_P(
    Searching, Desync,
    testing::Values(
        Case{At::kLoggedIn, "a SORT (DATE) UTF-8 TEXT {n+}"},
        Case{At::kLoggedIn, "a THREAD REFS UTF-8 TEXT {n+}"},
        Case{At::kLoggedIn, "a ESEARCH SUBJECT {n+}"}, Case{At::kLoggedIn, "a ESEARCH IN ({n+})"},
        Case{At::kLoggedIn, "a ESEARCH IN (mailboxes {n+} ALL"},
        Case{At::kLoggedIn, "a ESEARCH IN (subtree ({n+})) ALL"},
        Case{At::kLoggedIn, "a CANCELUPDATE {n+}"}, Case{At::kSelected, "a CANCELUPDATE {n+}"},
        Case{At::kSelected, "a SORT ({n+}) UTF-8 ALL"}, Case{At::kSelected, "a SORT {n+}"},
        Case{At::kSelected, "a SORT (DATE) {n+} ALL"},
        Case{At::kSelected, "a SORT (DATE) X-NONE SUBJECT {n+}"},
        Case{At::kSelected, "a UID SORT RETURN (PARTIAL 1:2 ALL) (DATE) UTF-8 SUBJECT {n+}"},
        Case{At::kSelected, "a THREAD {n+} UTF-8 ALL"},
        Case{At::kSelected, "a THREAD REFERENCES UTF-8 SUBJECT {n+} (("},
        Case{At::kSelected, "a SEARCH RETURN ({n+}) ALL"},
        Case{At::kSelected, "a UID FETCH 1 FLAGS (PARTIAL {n+})"},
        Case{At::kConnected, "a SORT (DATE) UTF-8 TEXT {n+}"},
        Case{At::kConnected, "a ESEARCH IN (mailboxes {n+}) ALL"}));

// A synchronizing literal that is refused gets no "+", and what a client sends all the same is
// judged as the commands it is.
TEST(DesyncSync, RefusedLiteralGetsNoContinuation) {
  Rig rig;
  auto client = rig.login();
  for (const char* line :
       {"a APPEND nope {30}", "a APPEND INBOX \"bad-date\" {30}", "a XYZZY {30}", "a NOOP {30}",
        "a STORE 1 +FLAGS ({30}", "a APPEND INBOX {99999999999}", "a APPEND INBOX ~{30}"}) {
    const std::string answer = client->ask(line);
    EXPECT_THAT(answer, testing::StartsWith("a ")) << line;
    EXPECT_THAT(answer, Not(HasSubstr("+ "))) << line;
    EXPECT_EQ(client->ask("n NOOP"), "n OK NOOP completed.\r\n") << line;
  }
}

// B3: the count is off by one, so the octets behind it are part of the same command line.
TEST(DesyncSync, CountOffByOne) {
  Rig rig;
  auto client = rig.login();
  const std::string answer = client->raw("a CREATE {5+}\r\nabcd\r\nb NOOP\r\nc NOOP\r\n");
  EXPECT_THAT(answer, Not(HasSubstr("b OK")));
  if (!client->ended()) {
    EXPECT_THAT(answer, EndsWith("c OK NOOP completed.\r\n"));
  }
}

}  // namespace
}  // namespace postern::session
