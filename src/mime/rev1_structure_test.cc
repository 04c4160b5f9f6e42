#include "mime/rev1_structure.h"

#include <gtest/gtest.h>

#include "mime/test_parse.h"

namespace postern::mime {
namespace {

using test::crlf;
using test::parse_checked;
using test::valid_body_text;

TEST(Rev1Structure, MostTextServesBoth) {
  const MessageInfo info = parse_checked(
      crlf("Content-Type: message/rfc822\n\nSubject: \"message\" \"global\" \n\nx\n"));
  EXPECT_FALSE(rev1_structure(info.body));
  EXPECT_FALSE(rev1_structure(info.body_structure));
}

TEST(Rev1Structure, AtTheTop) {
  const MessageInfo info = parse_checked(
      crlf("Content-Type: message/global; a=b\n\nSubject: gr\xc3\xbc\xc3\x9f\n\nx\n"));
  ASSERT_TRUE(info.parts[0].message);
  EXPECT_EQ(rev1_structure(info.body), R"(("message" "global" ("a" "b") NIL NIL "7BIT" 22))");
  EXPECT_EQ(rev1_structure(info.body_structure),
            R"(("message" "global" ("a" "b") NIL NIL "7BIT" 22 NIL NIL NIL NIL))");
}

TEST(Rev1Structure, InsideOfOthers) {
  const MessageInfo info = parse_checked(crlf(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n"
      "Content-Type: message/global\n\nContent-Type: message/global\n\nSubject: in\n\nx\n--b\n"
      "Content-Type: message/rfc822\n\nContent-Type: message/global\n\nSubject: (\n\ny\n--b\n\n"
      "last\n--b--\n"));
  for (const bool extended : {false, true}) {
    const auto shown = rev1_structure(extended ? info.body_structure : info.body);
    ASSERT_TRUE(shown);
    EXPECT_TRUE(valid_body_text(*shown, extended)) << *shown;
    EXPECT_FALSE(rev1_structure(*shown));
    EXPECT_EQ(shown->find("\"in\""), std::string::npos);
    EXPECT_NE(shown->find("\"rfc822\""), std::string::npos);
  }
  EXPECT_EQ(
      rev1_structure(info.body),
      R"((("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 3 0))"
      R"(("message" "global" NIL NIL NIL "7BIT" 48))"
      R"(("message" "rfc822" NIL NIL NIL "7BIT" 47 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) )"
      R"(("message" "global" NIL NIL NIL "7BIT" 15) 4))"
      R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 4 0) "mixed"))");
}

TEST(Rev1Structure, WordsThatOnlyLookLikeIt) {
  // A parameter list, an encoded part that is basic already, a quoted string, a literal.
  for (const char* text :
       {R"(("a" "b" ("message" "global" "x" "y") NIL NIL "7BIT" 1))",
        R"(("message" "global" NIL NIL NIL "BASE64" 1 NIL NIL NIL NIL))",
        R"(("a" "b" NIL NIL "(\"message\" \"global\" NIL NIL NIL NIL 1 (" "7BIT" 1))",
        "(\"a\" \"b\" NIL NIL {50}\r\n(\"message\" \"global\" NIL NIL NIL \"7BIT\" 1 (1) (2) 3 "
        "\"7BIT\" 1)"}) {
    EXPECT_FALSE(rev1_structure(text)) << text;
  }
  // Cut off anywhere, it is only read to its end.
  const std::string whole = R"(("message" "global" ("a" {1})"
                            "\r\nb) NIL NIL \"7BIT\" 22 (NIL) (\"x\") 3 NIL NIL NIL NIL)";
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    static_cast<void>(rev1_structure(std::string_view(whole).substr(0, n)));
  }
}

}  // namespace
}  // namespace postern::mime
