// Greeting, login, states, limits and the end of a session, as scripts of client and server lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ascii.h"
#include "base/metrics.h"
#include "imap/parser.h"
#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kBefore =
    "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR AUTH=PLAIN AUTH=LOGIN ID ENABLE LANGUAGE";
constexpr const char* kFailed = "NO [AUTHENTICATIONFAILED] Authentication failed.\r\n";

TEST(Greeting, NamesCapabilities) {
  Rig rig;
  Client client(rig, *rig.services, rig.executor);
  EXPECT_EQ(client.read(),
            std::string("* OK [CAPABILITY ") + kBefore + "] mail.example.org Postern ready\r\n");
}

TEST(Greeting, LiteralMinusBySetting) {
  Rig rig;
  rig.settings->literal_minus = true;
  Client client(rig, *rig.services, rig.executor);
  const std::string greeting = client.read();
  EXPECT_THAT(greeting, HasSubstr(" LITERAL- "));
  EXPECT_THAT(greeting, Not(HasSubstr("LITERAL+")));
  EXPECT_THAT(client.ask("a LOGIN {4097+}"), HasSubstr("BYE"));
}

TEST(Login, OkCarriesTheOtherCapabilities) {
  Rig rig;
  auto client = rig.connect();
  const std::string before = client->ask("a CAPABILITY");
  EXPECT_EQ(before, std::string("* CAPABILITY ") + kBefore + "\r\na OK CAPABILITY completed.\r\n");
  const std::string ok = client->ask("b LOGIN joe secret");
  EXPECT_THAT(ok, StartsWith("b OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ "));
  for (const char* name : {"IDLE",
                           "UIDPLUS",
                           "MOVE",
                           "SPECIAL-USE",
                           "CREATE-SPECIAL-USE",
                           "NAMESPACE",
                           "ID",
                           "ENABLE",
                           "UNSELECT",
                           "CHILDREN",
                           "LIST-EXTENDED",
                           "LIST-STATUS",
                           "STATUS=SIZE",
                           "CONDSTORE",
                           "QRESYNC",
                           "ESEARCH",
                           "SEARCHRES",
                           "UTF8=ACCEPT",
                           "APPENDLIMIT=52428800",
                           "SORT",
                           "SORT=DISPLAY",
                           "ESORT",
                           "THREAD=ORDEREDSUBJECT",
                           "THREAD=REFERENCES",
                           "THREAD=REFS",
                           "PARTIAL",
                           "CONTEXT=SEARCH",
                           "CONTEXT=SORT",
                           "MULTISEARCH",
                           "WITHIN",
                           "SAVEDATE",
                           "OBJECTID",
                           "PREVIEW",
                           "UNAUTHENTICATE",
                           "I18NLEVEL=1",
                           "LANGUAGE",
                           "SEARCH=FUZZY",
                           "INPROGRESS",
                           "NOTIFY"}) {
    EXPECT_THAT(ok, HasSubstr(std::string(" ") + name)) << name;
  }
  EXPECT_THAT(ok, Not(HasSubstr("AUTH=")));
}

TEST(Login, WithLiteralsAndQuotes) {
  Rig rig;
  auto sync = rig.connect();
  EXPECT_THAT(sync->ask("a LOGIN {3}"), StartsWith("+ "));
  EXPECT_THAT(sync->ask("joe {6}"), StartsWith("+ "));
  EXPECT_THAT(sync->ask("secret"), StartsWith("a OK"));
  auto plus = rig.connect();
  EXPECT_THAT(plus->ask("a LOGIN {3+}\r\njoe {6+}\r\nsecret"), StartsWith("a OK"));
  auto quoted = rig.connect();
  EXPECT_THAT(quoted->ask("a LOGIN \"joe\" \"secret\""), StartsWith("a OK"));
}

TEST(Login, ThreeWrongPasswordsEndIt) {
  Rig rig;
  auto client = rig.connect();
  EXPECT_EQ(client->ask("a LOGIN joe wrong"), std::string("a ") + kFailed);
  EXPECT_EQ(client->ask("b LOGIN nobody secret"), std::string("b ") + kFailed);
  EXPECT_EQ(client->ask("c LOGIN joe wrong"),
            std::string("c ") + kFailed + "* BYE Too many failed logins.\r\n");
  EXPECT_TRUE(client->ended());
}

TEST(Login, AChangeWhileThePasswordIsCheckedIsNotSurvived) {
  for (const bool disable : {true, false}) {
    Rig rig;
    auto client = rig.connect();
    // The verdict that joe gets is of the record before this change.
    const auto changed = run_blocking(
        rig.executor, rig.directory->update(AccountId(1), [&](auth::AccountRecord& record) {
          record.disabled = disable;
          if (!disable) record.password_hash = "$6$new$hash";
          return Result<void>{};
        }));
    ASSERT_TRUE(changed.has_value());
    EXPECT_EQ(client->ask("a LOGIN joe secret"),
              std::string("a ") + kFailed + "* BYE The account has changed.\r\n");
    EXPECT_TRUE(client->ended());
    EXPECT_EQ(rig.registry.size_of(AccountId(1)), 0u);
    EXPECT_THAT(rig.login("ann")->ask("b LIST \"\" *"), HasSubstr("b OK"));
  }
}

TEST(Login, BusyIsNotWrong) {
  Rig rig;
  rig.authenticator.busy = true;
  auto client = rig.connect();
  for (int i = 0; i < 5; ++i)
    EXPECT_THAT(client->ask("a LOGIN joe secret"), StartsWith("a NO [UNAVAILABLE]"));
  rig.authenticator.busy = false;
  EXPECT_THAT(client->ask("b LOGIN joe secret"), StartsWith("b OK"));
}

TEST(Authenticate, PlainInAllForms) {
  Rig rig;
  const std::string response = crypto::base64_encode(std::string_view("\0joe\0secret", 11));
  auto ir = rig.connect();
  EXPECT_THAT(ir->ask("a AUTHENTICATE PLAIN " + response), StartsWith("a OK [CAPABILITY"));
  auto plain = rig.connect();
  EXPECT_EQ(plain->ask("a AUTHENTICATE PLAIN"), "+ \r\n");
  EXPECT_THAT(plain->ask(response), StartsWith("a OK"));
  auto pipelined = rig.connect();
  EXPECT_THAT(pipelined->ask("a AUTHENTICATE PLAIN\r\n" + response + "\r\nb NOOP"),
              EndsWith("b OK NOOP completed.\r\n"));
}

TEST(Authenticate, LoginMechanism) {
  Rig rig;
  auto client = rig.connect();
  EXPECT_EQ(client->ask("a AUTHENTICATE LOGIN"), "+ VXNlcm5hbWU6\r\n");
  EXPECT_EQ(client->ask(crypto::base64_encode("joe")), "+ UGFzc3dvcmQ6\r\n");
  EXPECT_THAT(client->ask(crypto::base64_encode("secret")), StartsWith("a OK"));
}

// A6, A7.
TEST(Authenticate, MalformedResponses) {
  Rig rig;
  for (const char* junk : {"!!!!", "=AAA", "AA=A", "AAA\tA", "QQ", "*"}) {
    auto client = rig.connect();
    static_cast<void>(client->ask("a AUTHENTICATE PLAIN"));
    EXPECT_THAT(client->ask(junk), StartsWith("a BAD ")) << junk;
    EXPECT_EQ(client->ask("b NOOP"), "b OK NOOP completed.\r\n") << junk;
  }
  for (const std::string& message :
       {std::string("joe"), std::string("\0joe", 4), std::string("\0joe\0secret\0x", 13),
        std::string("\0\0secret", 8), std::string("\0joe\0\xC3", 6)}) {
    auto client = rig.connect();
    EXPECT_EQ(client->ask("a AUTHENTICATE PLAIN " + crypto::base64_encode(message)),
              std::string("a ") + kFailed);
  }
  auto empty = rig.connect();
  static_cast<void>(empty->ask("a AUTHENTICATE PLAIN"));
  EXPECT_EQ(empty->ask(""), std::string("a ") + kFailed);
  auto initial = rig.connect();
  EXPECT_EQ(initial->ask("a AUTHENTICATE PLAIN ="), std::string("a ") + kFailed);
  EXPECT_THAT(initial->ask("b AUTHENTICATE CRAM-MD5"), StartsWith("b NO "));
  auto literal = rig.connect();
  static_cast<void>(literal->ask("a AUTHENTICATE PLAIN"));
  EXPECT_THAT(literal->ask("{5+}"), StartsWith("a BAD "));
}

// Every command in each state: what the table refuses is BAD, and nothing else happens.
TEST(States, WrongStateIsBad) {
  Rig rig;
  const char* const lines[imap::kCommandCount] = {"CAPABILITY",
                                                  "NOOP",
                                                  "LOGOUT",
                                                  "ID NIL",
                                                  "AUTHENTICATE PLAIN =",
                                                  "LOGIN x y",
                                                  "ENABLE X",
                                                  "SELECT INBOX",
                                                  "EXAMINE INBOX",
                                                  "CREATE x",
                                                  "DELETE x",
                                                  "RENAME x y",
                                                  "SUBSCRIBE INBOX",
                                                  "UNSUBSCRIBE x",
                                                  "LIST \"\" *",
                                                  "LSUB \"\" *",
                                                  "NAMESPACE",
                                                  "STATUS INBOX (MESSAGES)",
                                                  "APPEND INBOX {1+}\r\nx",
                                                  "IDLE\r\nDONE",
                                                  "CHECK",
                                                  "CLOSE",
                                                  "UNSELECT",
                                                  "EXPUNGE",
                                                  "SEARCH ALL",
                                                  "FETCH 1 FLAGS",
                                                  "STORE 1 FLAGS ()",
                                                  "COPY 1 INBOX",
                                                  "MOVE 1 INBOX",
                                                  "UIDBATCHES 500",
                                                  "GETQUOTA joe",
                                                  "GETQUOTAROOT INBOX",
                                                  "SETQUOTA joe ()",
                                                  "GETMETADATA INBOX /private/x",
                                                  "SETMETADATA INBOX (/private/x NIL)",
                                                  "COMPRESS DEFLATE",
                                                  "NOTIFY NONE",
                                                  "SORT (DATE) UTF-8 ALL",
                                                  "THREAD REFS UTF-8 ALL",
                                                  "ESEARCH IN (personal) ALL",
                                                  "CANCELUPDATE \"x\"",
                                                  "UNAUTHENTICATE",
                                                  "LANGUAGE"};
  // What is not switched on is BAD in every state.
  rig.settings->compress = true;
  for (std::size_t i = 0; i < imap::kCommandCount; ++i) {
    const CommandRow& row = command_row(static_cast<imap::CommandId>(i));
    const std::string line = std::string("t ") + lines[i];
    for (const State state : {State::kNotAuthenticated, State::kAuthenticated, State::kSelected}) {
      if (row.id == imap::CommandId::kLogin || row.id == imap::CommandId::kAuthenticate) {
        if (state == State::kNotAuthenticated) continue;
      }
      auto client = state == State::kNotAuthenticated ? rig.connect()
                    : state == State::kAuthenticated  ? rig.login()
                                                      : rig.select();
      const std::string answer = client->ask(line);
      if (row.allowed_in(state)) {
        const bool numbers = row.sequence != SequenceUse::kNone &&
                             row.id != imap::CommandId::kExpunge &&
                             row.id != imap::CommandId::kSearch;
        if (!numbers) {
          EXPECT_THAT(answer, Not(HasSubstr("t BAD"))) << line;
        }
        EXPECT_THAT(answer, HasSubstr("t ")) << line;
      } else {
        EXPECT_THAT(answer, StartsWith("t BAD ")) << line;
        EXPECT_THAT(client->ask("n NOOP"), EndsWith("n OK NOOP completed.\r\n")) << line;
      }
    }
  }
}

TEST(Limits, BadCommandsBeforeLogin) {
  Rig rig;
  auto client = rig.connect();
  EXPECT_THAT(client->ask("a XYZZY"), StartsWith("a BAD"));
  EXPECT_THAT(client->ask("b XYZZY"), StartsWith("b BAD"));
  EXPECT_THAT(client->ask("c XYZZY"), EndsWith("* BYE Too many bad commands.\r\n"));
  EXPECT_TRUE(client->ended());
}

TEST(Limits, TenBadCommandsInARowAfterLogin) {
  Rig rig;
  auto client = rig.login();
  for (int i = 0; i < 9; ++i) EXPECT_THAT(client->ask("a XYZZY"), StartsWith("a BAD"));
  EXPECT_THAT(client->ask("a NOOP"), StartsWith("a OK"));
  for (int i = 0; i < 9; ++i) EXPECT_THAT(client->ask("a XYZZY"), Not(HasSubstr("BYE")));
  EXPECT_THAT(client->ask("a XYZZY"), HasSubstr("* BYE"));
}

TEST(Limits, EmptyLinesAreSkippedNotCounted) {
  Rig rig;
  auto client = rig.connect();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client->ask(""), "");
  EXPECT_EQ(client->ask("\r\na NOOP"), "a OK NOOP completed.\r\n");
}

// A5, A16.
TEST(Limits, TagsAreEchoedOnlyWhenValid) {
  Rig rig;
  auto client = rig.login();
  EXPECT_THAT(client->ask("* NOOP"), StartsWith("* BAD "));
  EXPECT_THAT(client->ask("+ NOOP"), StartsWith("* BAD "));
  EXPECT_THAT(client->ask("<b>x</b>{ NOOP"), StartsWith("* BAD "));
  const std::string long_tag(100, 'a');
  const std::string answer = client->ask(long_tag + " NOOP");
  EXPECT_THAT(answer, StartsWith("* BAD "));
  EXPECT_THAT(answer, Not(HasSubstr(long_tag)));
  EXPECT_THAT(client->ask(std::string(64, 'a') + " NOOP"),
              StartsWith(std::string(64, 'a') + " OK"));
}

TEST(Limits, OtherProtocolsAreClosedWithoutAWord) {
  for (const char* line : {"POST / HTTP/1.1", "EHLO example.org", "SSH-2.0-OpenSSH_9"}) {
    Rig rig;
    auto client = rig.connect();
    EXPECT_EQ(client->ask(std::string(line) + "\r\nHost: x\r\n\r\na LOGIN joe secret"), "") << line;
    EXPECT_TRUE(client->ended()) << line;
  }
}

// A1.
TEST(Limits, ParenthesesBeforeLogin) {
  Rig rig;
  auto client = rig.connect();
  EXPECT_THAT(client->raw("a NOOP ((("), HasSubstr("BYE"));
  EXPECT_TRUE(client->ended());
}

TEST(Deadline, LoginHasSixtySecondsInTotal) {
  Rig rig;
  auto client = rig.connect();
  for (int i = 0; i < 11; ++i) {
    rig.advance(std::chrono::seconds(5));
    EXPECT_EQ(client->raw("a"), "");
  }
  rig.advance(std::chrono::seconds(5));
  EXPECT_EQ(client->read(), "* BYE No login in time.\r\n");
  EXPECT_TRUE(client->ended());
}

TEST(Deadline, AuthenticateIsUnderTheSameSixtySeconds) {
  Rig rig;
  auto client = rig.connect();
  rig.advance(std::chrono::seconds(50));
  EXPECT_EQ(client->ask("a AUTHENTICATE PLAIN"), "+ \r\n");
  rig.advance(std::chrono::seconds(10));
  EXPECT_THAT(client->read(), EndsWith("* BYE No login in time.\r\n"));
}

TEST(Deadline, ThirtyMinutesWithoutIdle) {
  Rig rig;
  auto client = rig.login();
  rig.advance(std::chrono::minutes(29));
  EXPECT_THAT(client->ask("a NOOP"), StartsWith("a OK"));
  rig.advance(std::chrono::minutes(29));
  EXPECT_FALSE(client->ended());
  rig.advance(std::chrono::minutes(1));
  EXPECT_THAT(client->read(), StartsWith("* BYE Idle"));
  EXPECT_TRUE(client->ended());
}

TEST(Deadline, HalfACommandHasFiveMinutes) {
  Rig rig;
  auto client = rig.login();
  static_cast<void>(client->raw("a NO"));
  rig.advance(std::chrono::minutes(5));
  EXPECT_THAT(client->read(), StartsWith("* BYE"));
  EXPECT_TRUE(client->ended());
}

TEST(Deadline, OutputThatNobodyReads) {
  Rig rig;
  auto client = rig.login();
  client->transport().stall(true);
  static_cast<void>(client->ask("a NOOP"));
  rig.advance(std::chrono::minutes(5));
  EXPECT_TRUE(client->ended());
  EXPECT_EQ(client->transport().take_output(), "");
  EXPECT_THAT(rig.log.back(), HasSubstr("output_stalled"));
}

TEST(Registry, KickSaysBye) {
  Rig rig;
  auto client = rig.login();
  EXPECT_EQ(rig.registry.kick(AccountId(1)), 1U);
  EXPECT_EQ(client->read(), "* BYE This session was closed by the operator.\r\n");
  EXPECT_TRUE(client->ended());
}

TEST(Registry, DrainReachesThoseWhoAreNotLoggedIn) {
  Rig rig;
  auto stranger = rig.connect();
  auto idler = rig.login();
  static_cast<void>(idler->ask("i IDLE"));
  rig.registry.close_all(CloseReason::kShutdown);
  EXPECT_THAT(stranger->read(), StartsWith("* BYE The server is shutting down"));
  EXPECT_THAT(idler->read(), HasSubstr("* BYE The server is shutting down"));
  EXPECT_TRUE(idler->ended());
}

TEST(Registry, ARightPasswordIsNeverRefused) {
  Rig rig;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(rig.login());
    rig.clock.advance(std::chrono::seconds(1));
  }
  // The first has spoken last, so the second waits longest.
  EXPECT_THAT(clients[0]->ask("a NOOP"), StartsWith("a OK"));
  auto one_more = rig.connect();
  EXPECT_THAT(one_more->ask("a LOGIN joe secret"), StartsWith("a OK"));
  EXPECT_FALSE(clients[0]->ended());
  EXPECT_TRUE(clients[1]->ended());
  EXPECT_THAT(clients[1]->read(), StartsWith("* BYE Too many sessions"));
  EXPECT_EQ(rig.registry.size_of(AccountId(1)), 100U);
}

TEST(Registry, ListShowsWhoIsThere) {
  Rig rig;
  auto client = rig.login();
  static_cast<void>(client->ask("a ID (\"name\" \"Mail App\" \"version\" \"7\")"));
  static_cast<void>(client->ask("a SELECT INBOX"));
  const auto list = rig.registry.list();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].address, "joe");
  EXPECT_EQ(list[0].client, "Mail App 7");
  EXPECT_EQ(list[0].mailbox, "INBOX");
  EXPECT_TRUE(list[0].waiting);
}

TEST(Session, LogoutSaysByeFirst) {
  Rig rig;
  auto client = rig.login();
  EXPECT_EQ(client->ask("a LOGOUT\r\nb NOOP"), "* BYE Logging out.\r\na OK LOGOUT completed.\r\n");
  EXPECT_TRUE(client->ended());
  EXPECT_TRUE(client->transport().closed());
}

TEST(Session, OneLogLineAtTheEndAndNoPassword) {
  Rig rig;
  auto client = rig.connect();
  static_cast<void>(client->ask("a LOGIN joe hunter2hunter2"));
  static_cast<void>(client->ask("b LOGIN joe secret"));
  static_cast<void>(client->ask("c LOGOUT"));
  ASSERT_FALSE(rig.log.empty());
  EXPECT_THAT(rig.log.back(), HasSubstr("session_end"));
  EXPECT_THAT(rig.log.back(), HasSubstr("logout"));
  for (const std::string& line : rig.log) {
    EXPECT_THAT(line, Not(HasSubstr("hunter2")));
    EXPECT_THAT(line, Not(HasSubstr("\"secret\"")));
  }
}

TEST(Session, IdleHoldsNoBuffers) {
  Rig rig;
  auto client = rig.select();
  EXPECT_EQ(client->session().held(), 0U);
  static_cast<void>(client->ask("i IDLE"));
  EXPECT_EQ(client->session().held(), 0U);
}

TEST(Session, PipelinedCommandsAreAnsweredInOrder) {
  Rig rig;
  auto client = rig.login();
  std::string lines, answers;
  for (int i = 0; i < 2000; ++i) {
    lines += "t" + std::to_string(i) + " NOOP\r\n";
    answers += "t" + std::to_string(i) + " OK NOOP completed.\r\n";
  }
  EXPECT_EQ(client->raw(lines), answers);
}

TEST(Session, EverySplitOfAScript) {
  const std::string script =
      "a LOGIN {3+}\r\njoe secret\r\nb CREATE {4+}\r\nwork\r\nc APPEND work {3+}\r\nabc\r\nd "
      "SELECT work\r\n"
      "e UID FETCH 1 BODY.PEEK[]\r\nf LOGOUT\r\n";
  std::string whole;
  for (std::size_t size :
       {std::size_t{1000}, std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}}) {
    Rig rig;
    auto client = rig.connect();
    client->transport().set_read_size(size);
    std::string answer = client->raw(script);
    EXPECT_THAT(answer, EndsWith("f OK LOGOUT completed.\r\n")) << size << answer;
    // UIDVALIDITY is drawn anew for each store.
    for (std::size_t at; (at = answer.find("APPENDUID ")) != std::string::npos;)
      answer.erase(at, 21);
    for (std::size_t at; (at = answer.find("UIDVALIDITY ")) != std::string::npos;)
      answer.erase(at, 22);
    if (whole.empty()) whole = answer;
    EXPECT_EQ(answer, whole) << size;
  }
}

TEST(Id, AnswersInEveryState) {
  Rig rig;
  auto client = rig.connect();
  EXPECT_EQ(client->ask("a ID NIL"), "* ID (\"name\" \"Postern\")\r\na OK ID completed.\r\n");
  static_cast<void>(client->ask("b LOGIN joe secret"));
  EXPECT_EQ(client->ask("c ID (\"name\" \"x\")"),
            "* ID (\"name\" \"Postern\" \"version\" \"1.0\")\r\nc OK ID completed.\r\n");
}

TEST(Enable, IgnoresUnknownNames) {
  Rig rig;
  auto client = rig.login();
  EXPECT_EQ(client->ask("a ENABLE X-NOBODY"), "* ENABLED\r\na OK ENABLE completed.\r\n");
  EXPECT_EQ(client->ask("b ENABLE CONDSTORE utf8=accept QRESYNC X IMAP4rev2"),
            "* ENABLED CONDSTORE UTF8=ACCEPT QRESYNC IMAP4rev2\r\nb OK ENABLE completed.\r\n");
  EXPECT_THAT(client->ask("c ENABLE"), StartsWith("c BAD"));
}

TEST(Metrics, EveryCommandAndResultHasARow) {
  const std::string text = render_metrics();
  EXPECT_THAT(text, HasSubstr("postern_imap_commands_total{command=\"fetch\",result=\"ok\"}"));
  EXPECT_THAT(text, HasSubstr("postern_imap_commands_total{command=\"unknown\",result=\"bad\"}"));
  EXPECT_THAT(text, HasSubstr("postern_imap_command_seconds"));
}

TEST(Enable, ARepeatedNameIsListedOnce) {
  Rig rig;
  auto client = rig.login();
  EXPECT_EQ(client->ask("a ENABLE qresync CONDSTORE QRESYNC X-NONE IMAP4rev2 imap4REV2 CONDSTORE"),
            "* ENABLED QRESYNC CONDSTORE IMAP4rev2\r\na OK ENABLE completed.\r\n");
}

}  // namespace
}  // namespace postern::session
