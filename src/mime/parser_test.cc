#include "mime/parser.h"

#include <gtest/gtest.h>

#include "mime/test_parse.h"

namespace postern::mime {
namespace {

using test::crlf;
using test::parse_checked;

std::string body_of(std::string_view message, const PartInfo& part) {
  return std::string(message.substr(part.body_begin, part.body_end - part.body_begin));
}

TEST(Parser, PlainMessage) {
  const std::string message = crlf(
      "From: Ann <ann@a.example>\nTo: bob@b.example\nSubject: Hello\nDate: Fri, 21 Nov 1997 "
      "09:55:06 -0600\n"
      "Message-ID: <1@a.example>\n\nHow are you?\nAnn\n");
  const MessageInfo info = parse_checked(message);
  EXPECT_EQ(info.envelope,
            "(\"Fri, 21 Nov 1997 09:55:06 -0600\" \"Hello\" ((\"Ann\" NIL \"ann\" \"a.example\")) "
            "((\"Ann\" NIL \"ann\" \"a.example\")) ((\"Ann\" NIL \"ann\" \"a.example\")) "
            "((NIL NIL \"bob\" \"b.example\")) NIL NIL NIL \"<1@a.example>\")");
  EXPECT_EQ(info.body, "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 19 2)");
  EXPECT_EQ(
      info.body_structure,
      "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 19 2 NIL NIL NIL NIL)");
  EXPECT_EQ(info.preview, "How are you? Ann");
  EXPECT_EQ(info.sent_unix, 880127706);
  EXPECT_EQ(info.sent_day, 10186);
  EXPECT_EQ(info.hot_header, message.substr(0, info.parts[0].body_begin - 2));
  EXPECT_TRUE(info.hot_header_complete);
}

TEST(Parser, Multipart) {
  const std::string message = crlf(
      "From: a@b.example\nContent-Type: multipart/mixed; boundary=\"x y\"\n\npreamble\n--x y\n"
      "Content-Type: text/html; charset=UTF-8\nContent-Transfer-Encoding: "
      "quoted-printable\n\n<p>a=20b</p>\n\n"
      "--x y  \nContent-Type: image/png; name=\"a.png\"\nContent-Transfer-Encoding: base64\n"
      "Content-Disposition: attachment; filename=\"a.png\"\nContent-ID: <i@d>\n\nAAAA\n--x "
      "y--\nepilogue\n");
  const MessageInfo info = parse_checked(message);
  ASSERT_EQ(info.parts.size(), 3u);
  EXPECT_EQ(body_of(message, info.parts[1]), "<p>a=20b</p>\r\n");
  EXPECT_EQ(body_of(message, info.parts[2]), "AAAA");
  EXPECT_EQ(info.body_structure,
            "((\"text\" \"html\" (\"charset\" \"UTF-8\") NIL NIL \"QUOTED-PRINTABLE\" 14 1 NIL NIL "
            "NIL NIL)"
            "(\"image\" \"png\" (\"name\" \"a.png\") \"<i@d>\" NIL \"BASE64\" 4 NIL "
            "(\"attachment\" (\"filename\" \"a.png\")) NIL NIL) \"mixed\" (\"boundary\" \"x y\") "
            "NIL NIL NIL)");
  EXPECT_EQ(info.body,
            "((\"text\" \"html\" (\"charset\" \"UTF-8\") NIL NIL \"QUOTED-PRINTABLE\" 14 1)"
            "(\"image\" \"png\" (\"name\" \"a.png\") \"<i@d>\" NIL \"BASE64\" 4) \"mixed\")");
  EXPECT_EQ(info.preview, "a b");
  EXPECT_EQ(info.parts[1].charset, "utf-8");
}

TEST(Parser, EmbeddedMessageAndPartNumbers) {
  const std::string message = crlf(
      "Subject: outer\nContent-Type: multipart/mixed; "
      "boundary=o\n\n--o\n\ntext\n--o\nContent-Type: message/rfc822\n\n"
      "Subject: inner\nContent-Type: multipart/alternative; "
      "boundary=i\n\n--i\n\none\n--i\nContent-Type: text/html\n\n"
      "two\n--i--\n--o\nContent-Type: message/rfc822\n\nSubject: plain\n\nlast\n--o--\n");
  const MessageInfo info = parse_checked(message);
  ASSERT_EQ(info.parts.size(), 8u);
  const auto body_at = [&](std::vector<std::uint32_t> path) {
    const auto index = find_part(info, path);
    return index ? body_of(message, info.parts[*index]) : std::string("-");
  };
  EXPECT_EQ(body_at({1}), "text");
  EXPECT_EQ(body_at({2, 1}), "one");
  EXPECT_EQ(body_at({2, 2}), "two");
  EXPECT_EQ(body_at({3, 1}), "last");
  EXPECT_EQ(body_at({3}), crlf("Subject: plain\n\nlast"));
  EXPECT_EQ(body_at({1, 1}), "-");
  EXPECT_EQ(body_at({2, 3}), "-");
  EXPECT_EQ(body_at({3, 2}), "-");
  EXPECT_EQ(body_at({3, 1, 1}), "-");
  EXPECT_EQ(body_at({4}), "-");
  EXPECT_EQ(body_at({0}), "-");
  EXPECT_EQ(find_part(info, {}), 0u);
  EXPECT_NE(info.body.find("\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 22 (NIL \"plain\" NIL"),
            std::string::npos)
      << info.body;
  const MessageInfo single = parse_checked("Subject: x\r\n\r\nbody");
  EXPECT_EQ(find_part(single, {1}), 0u);
  EXPECT_EQ(find_part(single, {1, 1}), std::nullopt);
  EXPECT_EQ(find_part(single, {2}), std::nullopt);
}

TEST(Parser, DigestPartsAreMessagesUnlessTheySayOtherwise) {
  const MessageInfo info =
      parse_checked(crlf("Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: "
                         "1\n\na\n--d\nContent-Type: text/plain\n\nb\n--d--\n"));
  ASSERT_EQ(info.parts.size(), 4u);
  EXPECT_TRUE(info.parts[1].message);
  EXPECT_EQ(info.parts[3].type, "text");
}

struct Shape {
  const char* name;
  std::string message;
  const char* body;
};
class ParserShapes : public testing::TestWithParam<Shape> {};
TEST_P(ParserShapes, BodyText) {
  EXPECT_EQ(parse_checked(GetParam().message).body, GetParam().body);
}

const char* const kEmptyPlain =
    "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 0 0)";
INSTANTIATE_TEST_SUITE_P(
    Broken, ParserShapes,
    testing::Values(
        Shape{"Empty", "", kEmptyPlain}, Shape{"OnlyEmptyLine", "\r\n", kEmptyPlain},
        Shape{"NoSeparator", "Subject: x\r\nno body", kEmptyPlain},
        Shape{"NoHeader", "\r\nbody",
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 4 0)"},
        Shape{"LineFeedsOnly", "Subject: x\n\nbody\n",
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 5 1)"},
        Shape{"CarriageReturnsAreData", "Subject: x\r\rbody\r", kEmptyPlain},
        Shape{"MultipartWithoutBoundary", "Content-Type: multipart/mixed\r\n\r\n--x\r\n",
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 5 1)"},
        Shape{"EmptyBoundary", "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n--\r\n",
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 8 2)"},
        Shape{"BoundaryNeverSeen", "Content-Type: multipart/mixed; boundary=b\r\n\r\ntext\r\n",
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 6 1)"},
        Shape{"OnlyCloseDelimiter", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n",
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 7 1)"},
        Shape{"DelimiterAtTheEnd", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b",
              "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 0 0) \"mixed\")"},
        Shape{"PartHeaderCutByDelimiter",
              "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
              "text/css\r\n--b\r\n\r\n--b--",
              "((\"text\" \"css\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 0 0)"
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 0 0) \"mixed\")"},
        Shape{"OuterDelimiterEndsInner",
              "Content-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\nContent-Type: "
              "multipart/related; "
              "boundary=in\r\n\r\n--in\r\n\r\nx\r\n--out\r\n\r\ny\r\n--out--",
              "(((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 1 0) \"related\")"
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 1 0) \"mixed\")"},
        Shape{"InnerBoundaryExtendsOuter",
              "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
              "multipart/related; "
              "boundary=bb\r\n\r\n--bb\r\n\r\nx\r\n--bb--\r\n--b--",
              "(((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 1 0) \"related\") "
              "\"mixed\")"},
        Shape{"EncodedMessageStaysClosed",
              "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: "
              "base64\r\n\r\nU3ViamVjdDogeA==",
              "(\"message\" \"rfc822\" NIL NIL NIL \"BASE64\" 16 (NIL NIL NIL NIL NIL NIL NIL NIL "
              "NIL NIL) "
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 0 0) 0)"},
        Shape{"BadType", "Content-Type: ;;;\r\n\r\n", kEmptyPlain},
        Shape{"TypeWithoutSubtype", "Content-Type: text\r\n\r\n", kEmptyPlain},
        Shape{"FirstTypeCounts",
              "Content-Type: text/csv; charset=x\r\nContent-Type: text/html\r\n\r\n",
              "(\"text\" \"csv\" (\"charset\" \"x\") NIL NIL \"7BIT\" 0 0)"},
        Shape{"MultipartHeaderOnly", "Content-Type: multipart/mixed; boundary=b", kEmptyPlain},
        Shape{"MessageHeaderOnly", "Content-Type: message/rfc822",
              "(\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 0 (NIL NIL NIL NIL NIL NIL NIL NIL NIL "
              "NIL) "
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 0 0) 0)"}),
    [](const auto& info) { return info.param.name; });

// RFC 2046 §5.1.1 body-part: without a body there is no line end of its own either.
TEST(Parser, EmptyLineBeforeDelimiterBelongsToIt) {
  const std::string message = crlf(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--b\nContent-Type: text/css\n\n"
      "--b\nContent-Type: message/rfc822\n\n--b\nContent-Type: multipart/mixed; boundary=c\n\n"
      "--c\n--b\n\n\n--b\n--b--\n");
  const MessageInfo info = parse_checked(message);
  const auto header_of = [&](std::vector<std::uint32_t> path) {
    const PartInfo& part = info.parts[find_part(info, path).value()];
    EXPECT_EQ(part.body_end, part.body_begin);
    return message.substr(part.header_begin, part.body_begin - part.header_begin);
  };
  EXPECT_EQ(header_of({1}), "");
  EXPECT_EQ(header_of({2}), "Content-Type: text/css\r\n");
  EXPECT_EQ(header_of({3}), "Content-Type: message/rfc822\r\n");
  EXPECT_EQ(header_of({4, 1}), "");
  EXPECT_EQ(header_of({5}), "\r\n");
  EXPECT_EQ(header_of({6}), "");
}

TEST(Parser, FoldsOfSubjectsAndNamesAreOneSpace) {
  const MessageInfo info =
      parse_checked(crlf("Subject: one  two\n\tthree \n \t four\nTo: \"Ann\n\t Lee  X\" <a@b>\n"
                         "In-Reply-To: <a\n b>\n\n"));
  EXPECT_EQ(info.envelope,
            "(NIL \"one  two three four\" NIL NIL NIL ((\"Ann Lee  X\" NIL \"a\" \"b\")) NIL NIL "
            "\"<a b>\" NIL)");
}

TEST(Parser, MboxLineIsNoField) {
  const MessageInfo info =
      parse_checked("From a@b.example Mon Jan 01 00:00:00 2001\r\nSubject: s\r\n\r\n");
  EXPECT_EQ(info.envelope, "(NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL)");
}

TEST(Parser, EightBitAndNulBecomeLiterals) {
  const MessageInfo info =
      parse_checked(std::string_view("Subject: a\0b\r\nTo: \xE9 <x@y>\r\n\r\n", 29));
  EXPECT_EQ(info.envelope,
            "(NIL {5}\r\na\xEF\xBF\xBD"
            "b NIL NIL NIL (({1}\r\n\xE9 NIL \"x\" \"y\")) NIL NIL NIL NIL)");
}

TEST(Parser, HeaderInjectionStaysInsideItsString) {
  const MessageInfo info =
      parse_checked("Message-ID: <x>\"\\)\r\r\n * BYE\r\nSubject: )\\\"(\r\n\r\n");
  EXPECT_EQ(info.envelope,
            "(NIL \")\\\\\\\"(\" NIL NIL NIL NIL NIL NIL NIL \"<x>\\\"\\\\)  * BYE\")");
}

TEST(Parser, PreviewSkipsAttachmentsAndPrefersPlain) {
  const MessageInfo info = parse_checked(crlf(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment\n\nno\n"
      "--b\nContent-Type: text/html\n\n<style>x{}</style><b>html</b> &amp; more\n"
      "--b\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: "
      "base64\n\nY2Fm6SAg\nY3JlbWU=\n--b--\n"));
  EXPECT_EQ(info.preview, "caf\xC3\xA9 creme");
  const MessageInfo html = parse_checked(crlf(
      "Content-Type: text/html\n\n<html><head><title>t</title><script>if (a<b) x();</script></head>"
      "<body>Dear&nbsp;<!-- > -->J&#233;r<i>\xC3\xB4</i>me<br>2 &lt; 3</body>"));
  EXPECT_EQ(html.preview, "Dear J\xC3\xA9r\xC3\xB4me 2 < 3");
}

TEST(Parser, PreviewIsAtMost200Characters) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "\xC3\xA9";
  const MessageInfo info = parse_checked("Content-Type: text/plain; charset=utf-8\r\n\r\n" + text);
  EXPECT_EQ(info.preview, text.substr(0, 400));
}

}  // namespace
}  // namespace postern::mime
