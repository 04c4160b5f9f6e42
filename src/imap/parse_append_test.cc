#include <gtest/gtest.h>

#include <string>

#include "imap/append_parser.h"
#include "imap/parse_trace.h"

namespace postern::imap {
namespace {

using At = AppendParser::At;
using Next = AppendParser::Next;

TEST(ParseAppend, OneMessage) {
  check_parse({{"APPEND x {5+}\r\nhello", "APPEND 'x' 5"},
               {"APPEND x {5}\r\nhello", "APPEND 'x' 5"},
               {"APPEND {1+}\r\nx (\\Seen $Forwarded) \" 1-Jan-1970 00:00:01 +0000\" {2+}\r\nhi",
                "APPEND 'x' \\Seen $Forwarded @1 2"},
               {"APPEND x () {0+}\r\n", "APPEND 'x' 0"},
               {"APPEND x \"17-Jul-1996 02:44:25 -0700\" {1+}\r\nx", "APPEND 'x' @837596665 1"},
               {"APPEND x \"bad-date\" {2+}\r\nhi", "bad@11"},
               {"APPEND x (\\Seen {2+}\r\nhi)", "bad@18"},
               {"APPEND x (\\Seen) (\\Seen) {2+}\r\nhi", "bad@19"},
               {"APPEND x \"hello\"", "bad@11"},
               {"APPEND x {2+}\r\nhi)", "bad@17"},
               {"APPEND x {2+}\r\nhi ", "bad@18"},
               {"APPEND x", "bad@10"},
               {"APPEND", "bad@8"},
               {"APPEND {1+}\r\nx", "bad@16"}});
}

// RFC 3516 §4.4, RFC 4466 literal8, RFC 6855 §4.
TEST(ParseAppend, Literal8) {
  check_parse({{"APPEND x ~{3+}\r\na\1b", "APPEND 'x' 3"},
               {"APPEND x ~{3}\r\na\1b", "APPEND 'x' 3"},
               {"APPEND x ~ {3+}\r\nabc", "bad@12"},
               {"APPEND x ~~{3+}\r\nabc", "bad@12"},
               {"APPEND ~{1+}\r\nx {3+}\r\nabc", "bad@10"},
               {"APPEND x (\\Seen) UTF8 (~{2+}\r\nhi)", "APPEND 'x' \\Seen 2 utf8"},
               {"APPEND x utf8 (~{2}\r\nhi)", "APPEND 'x' 2 utf8"},
               {"APPEND x UTF8 (~{2+}\r\nhi", "bad@24"},
               {"APPEND x UTF8 ({2+}\r\nhi)", "bad@17"},
               {"APPEND x UTF8 ~{2+}\r\nhi", "bad@16"}});
}

// RFC 3502 append-message.
TEST(ParseAppend, SeveralMessages) {
  check_parse({{"APPEND x {2+}\r\nhi {3+}\r\nyou", "APPEND 'x' 2 + 3"},
               {"APPEND x (\\Seen) {2+}\r\nhi \"17-Jul-1996 02:44:25 -0700\" ~{3+}\r\nyou UTF8 "
                "(~{1+}\r\n!) ($a) CATENATE (TEXT {1+}\r\n?)",
                "APPEND 'x' \\Seen 2 + @837596665 3 + 1 utf8 + $a catenate 1"},
               {"APPEND x {2+}\r\nhi{3+}\r\nyou", "bad@17"},
               {"APPEND x {2+}\r\nhi  {3+}\r\nyou", "bad@18"},
               {"APPEND x {2+}\r\nhi (\\Seen)", "bad@25"},
               {"APPEND x {2+}\r\nhi y {2+}\r\nhi", "bad@18"}});
}

TEST(ParseAppend, Catenate) {
  check_parse(
      {{"APPEND x CATENATE (URL \"/x/;UID=1\")", "APPEND 'x' catenate </x/;UID=1>"},
       {"APPEND x (\\Seen) catenate (url /x/;UID=1 text {2+}\r\nhi URL {2+}\r\n/y TEXT ~{0+}\r\n)",
        "APPEND 'x' \\Seen catenate </x/;UID=1> 2 </y> 0"},
       {"APPEND x CATENATE (UTF8 (~{2+}\r\nhi) URL a)", "APPEND 'x' catenate 2 utf8 <a>"},
       {"APPEND x CATENATE (URL {2+}\r\nab) {1+}\r\nx", "APPEND 'x' catenate <ab> + 1"},
       {"APPEND {1}\r\nx CATENATE (URL {0+}\r\n)", "APPEND 'x' catenate <>"},
       {"APPEND x CATENATE ()", "bad@21"},
       {"APPEND x CATENATE URL a", "bad@20"},
       {"APPEND x CATENATE (URL a", "bad@26"},
       {"APPEND x CATENATE (URL a) ", "bad@28"},
       {"APPEND x CATENATE (URL a URL)", "bad@30"},
       {"APPEND x CATENATE (URL a  URL b)", "bad@27"},
       {"APPEND x CATENATE (TEXT a)", "bad@26"},
       {"APPEND x CATENATE ({2+}\r\nhi)", "bad@21"},
       {"APPEND x CATENATE (URL ~{2+}\r\nhi)", "bad@26"},
       {"APPEND x CATENATE (TEXT {2+}\r\nhi", "bad@32"},
       {"APPEND x CATENATE (TEXT {2+}\r\nhi))", "bad@33"},
       {"APPEND x CATENATES (URL a)", "bad@11"}});
}

// RFC 8508 §5.
TEST(ParseReplace, Forms) {
  check_parse({{"REPLACE 4 x (\\Seen) {2+}\r\nhi", "REPLACE 4 'x' \\Seen 2"},
               {"uid replace 4294967295 {1+}\r\nx {2}\r\nhi", "REPLACE uid 4294967295 'x' 2"},
               {"REPLACE * x ~{2+}\r\nhi", "REPLACE * 'x' 2"},
               {"UID REPLACE 3002 Drafts CATENATE (TEXT {2+}\r\nhi URL \"/Drafts/;UID=3002\")",
                "REPLACE uid 3002 'Drafts' catenate 2 </Drafts/;UID=3002>"},
               {"REPLACE 4 x UTF8 (~{2+}\r\nhi)", "REPLACE 4 'x' 2 utf8"},
               {"REPLACE 4 x {2+}\r\nhi {2+}\r\nhi", "bad@20"},
               {"REPLACE 4 x CATENATE (URL a) {1+}\r\nx", "bad@30"},
               {"REPLACE 1:2 x {2+}\r\nhi", "bad@11"},
               {"REPLACE 1,2 x {2+}\r\nhi", "bad@11"},
               {"REPLACE $ x {2+}\r\nhi", "bad@10"},
               {"REPLACE 0 x {2+}\r\nhi", "bad@10"},
               {"REPLACE 4294967296 x {2+}\r\nhi", "bad@10"},
               {"REPLACE x {2+}\r\nhi", "bad@10"},
               {"REPLACE", "bad@9"},
               {"UID REPLACE 4", "bad@15"},
               {"REPLACE 4 x", "bad@13"},
               {"UID APPEND x {2+}\r\nhi", "bad@6"}});
}

TEST(ParseAppend, LiteralsOfNamesAndUrlsAreCollected) {
  const auto next = [](std::string_view command) {
    const Parsed<CommandHead> head = parse_head(command);
    EXPECT_TRUE(head.has_value());
    const auto parsed = AppendParser(*head, kPlain).advance(command, At::kLiteral);
    if (!parsed) return std::string("bad");
    return std::string(*parsed == Next::kCollect ? "collect" : "stream");
  };
  EXPECT_EQ(next("a APPEND {5}\r\n"), "collect");
  EXPECT_EQ(next("a APPEND x {5}\r\n"), "stream");
  EXPECT_EQ(next("a APPEND {1}\r\nx {5}\r\n"), "stream");
  EXPECT_EQ(next("a APPEND {0}\r\n {5}\r\n"), "stream");
  EXPECT_EQ(next("a APPEND x CATENATE (URL {5}\r\n"), "collect");
  EXPECT_EQ(next("a APPEND x CATENATE (URL {1}\r\n\n URL {5}\r\n"), "collect");
  EXPECT_EQ(next("a APPEND x CATENATE (TEXT {5}\r\n"), "stream");
  EXPECT_EQ(next("a UID REPLACE 1 {5}\r\n"), "collect");
  EXPECT_EQ(next("a REPLACE {5}\r\n"), "bad");
  EXPECT_EQ(next("a APPEND x ({5}\r\n"), "bad");
  EXPECT_EQ(next("a APPEND x \"bad\" {5}\r\n"), "bad");
}

// What was read is kept, and nothing is read twice.
TEST(ParseAppend, GoesOnWhereItStopped) {
  const Parsed<CommandHead> head = parse_head("a7 APPEND x (\\Seen) {5}\r\n");
  AppendParser parser(*head, kPlain);
  std::string command = "a7 APPEND x (\\Seen) {5}\r\n";
  ASSERT_EQ(parser.advance(command, At::kLiteral).value(), Next::kStream);
  ASSERT_EQ(parser.args().messages.size(), 1U);
  EXPECT_EQ(parser.args().messages[0].parts[0].size, 5U);
  EXPECT_FALSE(parser.args().messages[0].complete);
  command += " CATENATE (URL a URL {1}\r\n";
  ASSERT_EQ(parser.advance(command, At::kLiteral).value(), Next::kCollect);
  EXPECT_TRUE(parser.args().messages[0].complete);
  EXPECT_EQ(parser.args().messages[1].parts.size(), 1U);
  command += "b";
  AppendParser broken = parser;
  ASSERT_EQ(parser.advance(command + ")", At::kEnd).value(), Next::kDone);
  EXPECT_TRUE(parser.args().messages[1].complete);
  EXPECT_EQ(parser.args().messages[1].parts[1].url, "b");

  const auto failed = broken.advance(command + "!", At::kEnd);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().tag, "a7");
  EXPECT_EQ(failed.error().offset, command.size());
}

TEST(ParseAppend, Limits) {
  const auto repeated = [](std::string start, const std::string& piece, std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) start += piece;
    return start;
  };
  const auto code = [](const std::string& command) {
    return parse_text(command, kPlain).substr(0, 5);
  };
  const std::size_t messages = AppendParser::kMaxMessages;
  EXPECT_EQ(code(repeated("a APPEND x", " {1+}\r\n", messages)), "APPEN");
  EXPECT_EQ(code(repeated("a APPEND x", " {1+}\r\n", messages + 1)), "limit");
  const std::size_t parts = AppendParser::kMaxParts;
  EXPECT_EQ(code(repeated("a APPEND x CATENATE (URL a", " URL a", parts - 1) + ")"), "APPEN");
  EXPECT_EQ(code(repeated("a APPEND x CATENATE (URL a", " URL a", parts) + ")"), "limit");
}

}  // namespace
}  // namespace postern::imap
