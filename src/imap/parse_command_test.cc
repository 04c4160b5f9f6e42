#include <gtest/gtest.h>

#include "base/ascii.h"
#include "imap/parse_trace.h"

namespace postern::imap {
namespace {

TEST(ParseCommand, WithoutArguments) {
  for (const char* name : {"CAPABILITY", "NOOP", "LOGOUT", "NAMESPACE", "IDLE", "CHECK", "CLOSE",
                           "UNSELECT", "EXPUNGE"}) {
    check_parse({{name, name}, {to_lower(name), name}});
    const std::string end = std::to_string(2 + std::string(name).size());
    check_parse(
        {{std::string(name) + " ", "bad@" + end}, {std::string(name) + " x", "bad@" + end}});
  }
}

TEST(ParseCommand, NamesTheTokenAndItsPlace) {
  const auto message = [](std::string_view command) {
    const Parsed<Command> parsed = parse_command(command, kPlain);
    return parsed.has_value() ? "" : parsed.error().tag + "|" + parsed.error().message;
  };
  EXPECT_EQ(message("a1 STATUS INBOX  (MESSAGES)"),
            "a1|STATUS: expected status items in parentheses at offset 16");
  EXPECT_EQ(message("a1 FETCH 0 FLAGS"),
            "a1|FETCH: expected a sequence set at offset 9, found \"0\"");
  EXPECT_EQ(message("a1 XYZZY"),
            "a1|expected a command that this server knows at offset 3, found \"XYZZY\"");
  EXPECT_EQ(message("* NOOP"), "|expected a tag of at most 64 characters at offset 0");
  EXPECT_EQ(message("<b>hi</b>\" NOOP"), "|expected a tag of at most 64 characters at offset 0");
  EXPECT_EQ(message("a1 SEARCH " + std::string(64, '(') + "ALL"),
            "a1|SEARCH: expected one space at offset 77");
  EXPECT_EQ(message("a1 SEARCH RETURN (MIN FOO) ALL"),
            "a1|SEARCH: expected MIN, MAX, ALL, COUNT, SAVE, PARTIAL, CONTEXT, UPDATE or RELEVANCY "
            "at offset 22, found \"FOO\"");
  EXPECT_EQ(message("a1 FETCH 1 (FLAGS <script>)"), "a1|FETCH: expected a fetch item at offset 18");
  EXPECT_EQ(message("a1 " + std::string(500, 'x')),
            "a1|expected a command that this server knows at offset 3, found \"" +
                std::string(24, 'x') + "\"");
  EXPECT_EQ(message("a1 SEARCH " + std::string(65, '(') + "ALL"),
            "a1|SEARCH: search too deeply nested at offset 75");
}

// SECURITY: a password is not repeated, wherever the mistake is.
TEST(ParseCommand, ErrorsKeepPasswordsToThemselves) {
  for (const char* command :
       {"a LOGIN joe pass word", "a LOGIN joe  secret", "a LOGIN secret", "a LOGIN",
        "a AUTHENTICATE PLAIN secret secret", "a AUTHENTICATE PLAIN  secret",
        "a AUTHENTICATE secretsecretsecretsecret secret"}) {
    const Parsed<Command> parsed = parse_command(command, kPlain);
    ASSERT_FALSE(parsed.has_value()) << command;
    EXPECT_EQ(parsed.error().message.find("secret"), std::string::npos) << parsed.error().message;
    EXPECT_EQ(parsed.error().message.find("word\""), std::string::npos) << parsed.error().message;
  }
}

// A5
TEST(ParseCommand, Tags) {
  const auto tag = [](const std::string& text) {
    const Parsed<CommandHead> head = parse_head(text + " NOOP");
    return head.has_value() ? head->tag : "refused";
  };
  const std::string full(64, 't');
  for (const std::string& good : std::vector<std::string>{"a", "A001", "a.b]c[", "}", "~", full})
    EXPECT_EQ(tag(good), good);
  for (const std::string& bad :
       std::vector<std::string>{"", "*", "+", "a+", "{1}", "(", ")", "%", "\"a\"", "\\", "a\x01",
                                "\xC3\xA4", full + "t"}) {
    EXPECT_EQ(tag(bad), "refused") << bad;
  }
}

TEST(ParseCommand, Heads) {
  const Parsed<CommandHead> uid = parse_head("x uid fetch {5}\r\n");
  ASSERT_TRUE(uid.has_value());
  EXPECT_EQ(uid->id, CommandId::kFetch);
  EXPECT_EQ(uid->by, Addressing::kUid);
  check_parse({{"", "bad@2"},
               {" NOOP", "bad@2"},
               {"UID", "bad@5"},
               {"UID NOOP", "bad@6"},
               {"UID UID FETCH 1 UID", "bad@6"},
               {"STARTTLS", "bad@2"},
               {"XYZZY", "bad@2"},
               {"NOOP\t", "bad@6"},
               {"{4+}\r\nNOOP", "bad@2"},
               {"NO\xC3\xB6P", "bad@2"}});
  EXPECT_EQ(parse_head("a").error().code, Errc::kInvalid);
  EXPECT_EQ(parse_head("").error().code, Errc::kInvalid);
  for (std::size_t i = 0; i < kCommandCount; ++i) {
    const auto id = static_cast<CommandId>(i);
    EXPECT_EQ(parse_head("a " + std::string(to_string(id)) + " ")->id, id);
  }
}

TEST(ParseAuth, Id) {
  check_parse({{"ID NIL", "ID"},
               {"ID nil", "ID"},
               {"ID ()", "ID"},
               {"ID (\"name\" \"x\" \"os\" NIL)", "ID name=x os=NIL"},
               {"ID (\"name\" {1+}\r\nx)", "ID name=x"},
               {"ID", "bad@4"},
               {"ID (\"name\")", "bad@12"},
               {"ID (name \"x\")", "bad@6"},
               {"ID (\"a\" \"b\" )", "bad@14"},
               {"ID (\"" + std::string(31, 'n') + "\" NIL)", "bad@6"}});
  std::string pairs;
  for (int i = 0; i < 30; ++i) pairs += "\"k\" \"v\" ";
  EXPECT_EQ(frame_and_parse({"a ID (" + pairs.substr(0, pairs.size() - 1) + ")\r\n"}, kPlain)
                .substr(0, 6),
            "ID k=v");
  EXPECT_EQ(frame_and_parse({"a ID (" + pairs + "\"k\" NIL)\r\n"}, kPlain).substr(0, 3), "bad");
}

TEST(ParseAuth, Authenticate) {
  check_parse({{"AUTHENTICATE PLAIN", "AUTHENTICATE PLAIN"},
               {"authenticate xoauth2 dXNlcg==", "AUTHENTICATE XOAUTH2 ir:dXNlcg=="},
               {"AUTHENTICATE EXTERNAL =", "AUTHENTICATE EXTERNAL ir:="},
               {"AUTHENTICATE", "bad@14"},
               {"AUTHENTICATE PLAIN ", "bad@21"},
               {"AUTHENTICATE PLAIN !!!!", "bad@21"},
               {"AUTHENTICATE PLAIN AA AA", "bad@23"},
               {"AUTHENTICATE \"PLAIN\"", "bad@15"},
               {"AUTHENTICATE " + std::string(21, 'P'), "bad@15"}});
}

TEST(ParseAuth, Login) {
  check_parse({{"LOGIN bob secret", "LOGIN <bob> <secret>"},
               {"LOGIN \"bob@example.org\" \"a \\\"b\\\\c\"", "LOGIN <bob@example.org> <a \"b\\c>"},
               {"LOGIN {3+}\r\nbob {4+}\r\n{5+}", "LOGIN <bob> <{5+}>"},
               {"LOGIN bob \"\"", "LOGIN <bob> <>"},
               {"LOGIN bob ]x", "LOGIN <bob> <]x>"},
               {"LOGIN bob \"gr\xC3\xBC\xC3\x9F\"", "LOGIN <bob> <gr\xC3\xBC\xC3\x9F>"},
               {"LOGIN bob \"\xC3\x28\"", "bad@12"},
               {"LOGIN bob gr\xC3\xBC", "bad@14"},
               {"LOGIN bob", "bad@11"},
               {"LOGIN bob secret extra", "bad@18"},
               {"LOGIN  bob secret", "bad@8"},
               {"LOGIN \"bob secret", "bad@8"},
               {"LOGIN bob \"x\\n\"", "bad@15"},
               {"LOGIN bob 50%", "bad@14"}});
}

TEST(ParseAuth, Enable) {
  check_parse({{"ENABLE CONDSTORE UTF8=ACCEPT QRESYNC imap4rev2 X-UNKNOWN",
                "ENABLE CONDSTORE UTF8=ACCEPT QRESYNC IMAP4REV2 X-UNKNOWN"},
               {"ENABLE", "bad@8"},
               {"ENABLE ", "bad@9"},
               {"ENABLE A  B", "bad@11"},
               {"ENABLE \"A\"", "bad@9"}});
}

TEST(ParseSelect, Parameters) {
  check_parse(
      {{"SELECT inBOX", "SELECT 'INBOX'"},
       {"EXAMINE \"a b\"", "EXAMINE 'a b'"},
       {"SELECT {5+}\r\ninbox", "SELECT 'INBOX'"},
       {"SELECT x (CONDSTORE)", "SELECT 'x' CONDSTORE"},
       {"SELECT x (qresync (7 99))", "SELECT 'x' QRESYNC 7 99"},
       {"SELECT x (QRESYNC (7 99 1:5,9))", "SELECT 'x' QRESYNC 7 99 uids:1:5,9"},
       {"SELECT x (QRESYNC (7 99 1:5 (1,3 2,9)) CONDSTORE)",
        "SELECT 'x' CONDSTORE QRESYNC 7 99 uids:1:5 seqs:1,3 match:2,9"},
       {"SELECT x (QRESYNC (7 99 (1 2)))", "SELECT 'x' QRESYNC 7 99 seqs:1 match:2"},
       {"SELECT x (QRESYNC (7 9223372036854775807))", "SELECT 'x' QRESYNC 7 9223372036854775807"},
       {"SELECT x (QRESYNC (7 9223372036854775808))", "bad@23"},
       {"SELECT x (QRESYNC (0 99))", "bad@21"},
       {"SELECT x (QRESYNC (4294967296 99))", "bad@21"},
       {"SELECT x (QRESYNC (7 0))", "bad@23"},
       {"SELECT x (QRESYNC (7 99 1:*))", "bad@26"},
       {"SELECT x (QRESYNC (7 99 $))", "bad@26"},
       {"SELECT x (QRESYNC (7 99 1 (1 2) 3))", "bad@33"},
       {"SELECT x (QRESYNC)", "bad@19"},
       {"SELECT x (CONDSTORE CONDSTORE)", "bad@22"},
       {"SELECT x ()", "bad@12"},
       {"SELECT x (FOO)", "bad@12"},
       {"SELECT x ", "bad@11"},
       {"SELECT", "bad@8"}});
}

TEST(ParseFolder, Names) {
  check_parse(
      {{"CREATE Entw&APw-rfe", "CREATE 'Entw\xC3\xBCrfe'"},
       {"CREATE a/", "CREATE 'a/'"},
       {"CREATE \"Sent Items\" (USE (\\Sent \\Archive))", "CREATE 'Sent Items' \\Sent \\Archive"},
       {"CREATE x (USE ())", "CREATE 'x'"},
       {"CREATE x (USE (Sent))", "bad@16"},
       {"CREATE x (FOO 1)", "bad@12"},
       {"CREATE x (USE (\\Sent)", "bad@23"},
       {"DELETE x", "DELETE 'x'"},
       {"SUBSCRIBE \"&U,BTFw-\"", "SUBSCRIBE '\xE5\x8F\xB0\xE5\x8C\x97'"},
       {"UNSUBSCRIBE inbox", "UNSUBSCRIBE 'INBOX'"},
       {"RENAME a b", "RENAME 'a' 'b'"},
       {"RENAME a", "bad@10"},
       {"DELETE a%b", "bad@10"},
       {"DELETE \"\xC3\xA4\"", "bad@9"},
       {"DELETE {2+}\r\n\xC3\xA4", "bad@9"},
       // B14
       {"CREATE &AC4ALgAv-x", "bad@9"},
       {"CREATE &AGE-", "bad@9"},
       {"CREATE &2AA-", "bad@9"},
       {"CREATE x&", "bad@9"},
       {"CREATE x&AA", "bad@9"},
       {"CREATE &ACYAJg-", "bad@9"},
       {"CREATE ../../x", "CREATE '../../x'"}});
  check_parse({{"CREATE \"\xC3\xA4&\"", "CREATE '\xC3\xA4&'"},
               {"CREATE {2+}\r\n\xC3\xA4", "CREATE '\xC3\xA4'"},
               {"CREATE \"&APw-\"", "CREATE '&APw-'"},
               {"CREATE \xC3\xA4", "bad@9"},
               {"CREATE \"\xC0\xAF\"", "bad@9"},
               {"CREATE {2+}\r\n\xC0\xAF", "bad@9"},
               {"CREATE \"\xED\xA0\x80\"", "bad@9"}},
              kUtf8);
}

TEST(ParseFolder, Status) {
  check_parse({{"STATUS inbox (MESSAGES recent UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE "
                "HIGHESTMODSEQ APPENDLIMIT)",
                "STATUS 'INBOX' MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE "
                "HIGHESTMODSEQ APPENDLIMIT"},
               {"STATUS x (UNSEEN UNSEEN)", "STATUS 'x' UNSEEN"},
               {"STATUS x ()", "bad@12"},
               {"STATUS x (FOO)", "bad@12"},
               {"STATUS x (UNSEEN )", "bad@19"},
               {"STATUS x ( UNSEEN)", "bad@12"},
               {"STATUS x (UNSEEN  SIZE)", "bad@19"},
               {"STATUS  x (UNSEEN)", "bad@9"},
               {"STATUS x UNSEEN", "bad@11"},
               {"STATUS x", "bad@10"}});
}

TEST(ParseList, Basic) {
  check_parse(
      {{"LIST \"\" *", "LIST '' '*'"},
       {"LIST \"\" \"\"", "LIST '' ''"},
       {"LIST \"\" %", "LIST '' '%'"},
       {"LIST a/ b%c]", "LIST 'a/' 'b%c]'"},
       {"LIST \"\" {3+}\r\n*a*", "LIST '' '*a*'"},
       {"LIST \"\" Entw&APw-*", "LIST '' 'Entw\xC3\xBC*'"},
       {"LSUB \"\" \"*\"", "LSUB '' '*'"},
       {"LSUB \"\" (a b)", "bad@10"},
       {"LSUB \"\" * RETURN ()", "bad@11"},
       {"LIST \"\"", "bad@9"},
       {"LIST \"\"  *", "bad@10"},
       {"LIST * \"\"", "bad@7"},
       {"LIST \"\" * ", "bad@12"},
       {"LIST \"\" &Jjo!", "bad@10"},
       {"LIST \"\" " + std::string(1'024, 'p'), "LIST '' '" + std::string(1'024, 'p') + "'"},
       {"LIST \"\" " + std::string(1'025, 'p'), "bad@10"}});
}

TEST(ParseList, Extended) {
  check_parse(
      {{"LIST () \"\" *", "LIST '' '*' extended"},
       {"LIST (SUBSCRIBED) \"\" *", "LIST '' '*' extended s:subscribed"},
       {"LIST (subscribed REMOTE recursivematch SPECIAL-USE SUBSCRIBED) \"\" %",
        "LIST '' '%' extended s:subscribed s:remote s:recursive s:special"},
       {"LIST (RECURSIVEMATCH) \"\" %", "bad@7"},
       {"LIST (REMOTE RECURSIVEMATCH) \"\" %", "bad@7"},
       {"LIST (FOO) \"\" %", "bad@8"},
       {"LIST \"\" (INBOX Drafts \"Sent/%\")", "LIST '' 'INBOX' 'Drafts' 'Sent/%' extended"},
       {"LIST \"\" ()", "bad@11"},
       {"LIST \"\" (a  b)", "bad@13"},
       {"LIST \"\" * RETURN (SPECIAL-USE)", "LIST '' '*' extended r:special"},
       {"LIST \"\" * RETURN ()", "LIST '' '*' extended"},
       {"LIST \"\" % RETURN (STATUS (MESSAGES UNSEEN) CHILDREN SUBSCRIBED)",
        "LIST '' '%' extended r:subscribed r:children r:status MESSAGES UNSEEN"},
       {"LIST \"\" % RETURN (STATUS)", "bad@26"},
       {"LIST \"\" % RETURN (STATUS ())", "bad@28"},
       {"LIST \"\" % RETURN (FOO)", "bad@20"},
       {"LIST \"\" % RETURN CHILDREN", "bad@19"},
       {"LIST \"\" % RETURN", "bad@18"},
       {"LIST \"\" % CHILDREN", "bad@12"}});
  std::string patterns = "p";
  for (int i = 1; i < 64; ++i) patterns += " p";
  EXPECT_EQ(frame_and_parse({"a LIST \"\" (" + patterns + ")\r\n"}, kPlain).substr(0, 4), "LIST");
  EXPECT_EQ(frame_and_parse({"a LIST \"\" (" + patterns + " p)\r\n"}, kPlain).substr(0, 3), "bad");
}

TEST(ParseAppend, Forms) {
  check_parse({{"APPEND x {5+}\r\nhello", "APPEND 'x' 5"},
               {"APPEND x {5}\r\nhello", "APPEND 'x' 5"},
               {"APPEND {1+}\r\nx (\\Seen $Forwarded) \" 1-Jan-1970 00:00:01 +0000\" {2+}\r\nhi",
                "APPEND 'x' \\Seen $Forwarded @1 2"},
               {"APPEND x () {0+}\r\n", "APPEND 'x' 0"},
               {"APPEND x \"17-Jul-1996 02:44:25 -0700\" {1+}\r\nx", "APPEND 'x' @837596665 1"},
               {"APPEND x (\\Seen) UTF8 (~{2+}\r\nhi)", "APPEND 'x' \\Seen 2 utf8"},
               {"APPEND x UTF8 (~{2+}\r\nhi", "bad@24"},
               {"APPEND x UTF8 ({2+}\r\nhi)", "bad@17"},
               {"APPEND x UTF8 ~{2+}\r\nhi", "bad@16"},
               {"APPEND x ~{2+}\r\nhi", "bad@11"},
               {"APPEND x {2+}\r\nhi)", "bad@17"},
               {"APPEND x {2+}\r\nhi {2+}\r\nho", "bad@17"},
               {"APPEND x \"bad-date\" {2+}\r\nhi", "bad@11"},
               {"APPEND x (\\Seen {2+}\r\nhi)", "bad@18"},
               {"APPEND x (\\Seen) (\\Seen) {2+}\r\nhi", "bad@19"},
               {"APPEND x \"hello\"", "bad@11"},
               {"APPEND x", "bad@10"},
               {"APPEND {1+}\r\nx", "bad@16"}});
}

TEST(ParseAppend, Prefix) {
  EXPECT_FALSE(announces_message("a APPEND {5}\r\n"));
  EXPECT_FALSE(announces_message("a APPEND"));
  EXPECT_TRUE(announces_message("a APPEND x {5}\r\n"));
  EXPECT_TRUE(announces_message("a APPEND {1}\r\nx {5}\r\n"));
  EXPECT_TRUE(announces_message("a APPEND {0}\r\n {5}\r\n"));

  const Parsed<Command> prefix = parse_append_prefix("a APPEND x (\\Seen) {5}\r\n", kPlain);
  ASSERT_TRUE(prefix.has_value());
  EXPECT_EQ(CommandText::of(*prefix), "APPEND 'x' \\Seen 5");
  EXPECT_FALSE(parse_append_prefix("a APPEND x {5}\r\nhello", kPlain).has_value());
  EXPECT_FALSE(parse_append_prefix("a NOOP", kPlain).has_value());
  EXPECT_EQ(parse_append_prefix("a1 APPEND x \"bad\" {5}\r\n", kPlain).error().tag, "a1");
  EXPECT_TRUE(valid_append_suffix("", false));
  EXPECT_TRUE(valid_append_suffix(")", true));
  EXPECT_FALSE(valid_append_suffix("", true));
  EXPECT_FALSE(valid_append_suffix(" {5+}\r\n", false));
}

TEST(ParseStore, Forms) {
  check_parse({{"STORE 1 FLAGS (\\Seen \\Deleted)", "STORE 1 = \\Seen \\Deleted"},
               {"STORE 1:* +flags.silent $Junk work", "STORE 1:* + silent $Junk work"},
               {"UID STORE $ -FLAGS ()", "STORE uid $ -"},
               {"STORE 1 (UNCHANGEDSINCE 0) FLAGS.SILENT (x)", "STORE 1 unless:0 = silent x"},
               {"STORE 1 (UNCHANGEDSINCE 9223372036854775808) FLAGS x", "bad@26"},
               {"STORE 1 (FOO 1) FLAGS x", "bad@11"},
               {"STORE 1 *FLAGS x", "bad@10"},
               {"STORE 1 + FLAGS x", "bad@11"},
               {"STORE 1 FLAGS", "bad@15"},
               {"STORE 1 FLAGS x ", "bad@18"},
               {"STORE 1 FLAGS (x) y", "bad@19"},
               {"STORE 1 FLAGS (\\*)", "bad@17"},
               {"STORE 1 FLAGS \"x\"", "bad@16"},
               {"STORE 0 FLAGS x", "bad@8"},
               {"COPY 1,5:3 Archive", "COPY 1,3:5 'Archive'"},
               {"UID MOVE 1:4294967295 inbox", "MOVE uid 1:4294967295 'INBOX'"},
               {"UIDBATCHES 500", "UIDBATCHES 500 1:4294967295"},
               {"uidbatches 2000 10:20", "UIDBATCHES 2000 10:20"},
               {"COPY 1", "bad@8"},
               {"UID EXPUNGE 1,2", "EXPUNGE 1:2"},
               {"UID EXPUNGE", "bad@13"}});
}

// Lines of a megabyte are parsed in linear time: anything worse would not end within the test's
// time.
TEST(ParseLimits, LongCommandsAreLinear) {
  const auto fill = [](std::string text, std::string_view word) {
    while (text.size() < 1'000'000) text += word;
    return text;
  };
  EXPECT_EQ(parse_text(fill("a UID FETCH 1", ",2:*") + " UID", kPlain), "FETCH uid 1,2:* UID");
  EXPECT_EQ(parse_text(fill("a UID FETCH 1", ",1") + " UID", kPlain), "FETCH uid 1 UID");
  EXPECT_EQ(parse_text(fill("a SEARCH TEXT \"", "\\\\") + "\"", kPlain).size(), 500'000U + 5);
  EXPECT_EQ(parse_text(fill("a CREATE ", "&AOk-x"), kPlain).substr(0, 8), "CREATE '");
  EXPECT_EQ(parse_text(fill("a CREATE ", "&"), kPlain), "bad@9");
  EXPECT_EQ(parse_text(fill("a STATUS x (UNSEEN", " UNSEEN") + ")", kPlain), "STATUS 'x' UNSEEN");
  EXPECT_EQ(parse_text(fill("a LIST \"\" * RETURN (CHILDREN", " CHILDREN") + ")", kPlain),
            "LIST '' '*' extended r:children");
  EXPECT_EQ(parse_text(fill("a FETCH 1 BODY[1", ".1") + "]", kPlain).substr(0, 5), "limit");
}

// A line of a megabyte becomes no forest of objects.
TEST(ParseLimits, ItemsOfOneCommand) {
  const auto repeat = [](const std::string& word, int n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += (i == 0 ? "" : " ") + word;
    return text;
  };
  EXPECT_EQ(parse_text("a STORE 1 FLAGS (" + repeat("x", 1'000) + ")", kPlain).substr(0, 5),
            "STORE");
  EXPECT_EQ(parse_text("a STORE 1 FLAGS (" + repeat("x", 1'001) + ")", kPlain).substr(0, 5),
            "limit");
  EXPECT_EQ(parse_text("a STORE 1 FLAGS " + repeat("x", 1'001), kPlain).substr(0, 5), "limit");
  EXPECT_EQ(
      parse_text("a FETCH 1 BODY[HEADER.FIELDS (" + repeat("x", 1'001) + ")]", kPlain).substr(0, 5),
      "limit");
  EXPECT_EQ(parse_text("a FETCH 1 (" + repeat("BODY[]", 256) + ")", kPlain).substr(0, 5), "FETCH");
  EXPECT_EQ(parse_text("a FETCH 1 (" + repeat("BODY[]", 257) + ")", kPlain).substr(0, 5), "limit");
  EXPECT_EQ(parse_text("a FETCH 1 (" + repeat("UID", 100'000) + ")", kPlain), "FETCH 1 UID");
  EXPECT_EQ(parse_text("a ENABLE " + repeat("X", 1'001), kPlain).substr(0, 5), "limit");
  EXPECT_EQ(parse_text("a FETCH 1 BODY[" + std::string(500, '1') + "]", kPlain).substr(0, 3),
            "bad");
}

}  // namespace
}  // namespace postern::imap
