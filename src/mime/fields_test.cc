#include "mime/fields.h"

#include <gtest/gtest.h>

#include "mime/boundary.h"
#include "mime/message.h"

namespace postern::mime {
namespace {

TEST(Fields, Reader) {
  const std::string header =
      "From x Mon Jan 1 00:00:00\r\nSubject : a\r\n\tb\r\nX\x01Y: no\r\nTo:\n c\n "
      "d\nlast:\r\n\r\nbody: no\r\n";
  FieldReader reader(header);
  std::string seen;
  while (const auto field = reader.next())
    seen += "[" + std::string(field->name) + "|" + unfold(field->value) + "]";
  EXPECT_EQ(seen, "[|From x Mon Jan 1 00:00:00][Subject|a\tb][|X\x01Y: no][To|c d][last|]");
}

TEST(Fields, Unfold) {
  EXPECT_EQ(unfold(" a\r\n  b \r\n"), "a  b");
  EXPECT_EQ(unfold("a\rb\r\n"), "a b");
  EXPECT_EQ(unfold(std::string_view("\0", 1)), "\xEF\xBF\xBD");
  EXPECT_EQ(unfold("\r\n \r\n\t\r\n"), "");
}

TEST(Fields, UnfoldTextMakesFoldsOneSpace) {
  EXPECT_EQ(unfold_text(" a  b \t\r\n \t c\r\n\td\te\r\n"), "a  b c d\te");
  EXPECT_EQ(unfold_text("a\n b\n"), "a b");
  EXPECT_EQ(unfold_text("a\rb\r\n \rc\r"), "a b c");
  EXPECT_EQ(unfold_text("\r\n a\r\n \r\n\t\r\n b"), "a b");
  EXPECT_EQ(unfold_text(std::string_view("a\r\n \0", 5)), "a \xEF\xBF\xBD");
  EXPECT_EQ(unfold_text("\r\n \r\n"), "");
}

TEST(Fields, Select) {
  const std::string header = "From: a\r\nTo: b\r\n c\r\nJUNK\r\nfrom: d\r\n\r\n";
  EXPECT_EQ(select_fields(header, {"FROM"}, false), "From: a\r\nfrom: d\r\n\r\n");
  EXPECT_EQ(select_fields(header, {"to", "x"}, false), "To: b\r\n c\r\n\r\n");
  EXPECT_EQ(select_fields(header, {"From"}, true), "To: b\r\n c\r\nJUNK\r\n\r\n");
  EXPECT_EQ(select_fields(header, {}, false), "\r\n");
  EXPECT_EQ(select_fields("Subject: x", {"subject"}, false), "Subject: x\r\n\r\n");
  EXPECT_EQ(select_fields("", {"subject"}, true), "\r\n");
}

std::string found(const BoundarySet& set, std::string_view line) {
  const auto match = set.find(line);
  return match ? std::to_string(match->level) + ":" + std::to_string(match->length) : "-";
}

TEST(Boundaries, LongestThenInnermost) {
  BoundarySet set;
  EXPECT_EQ(found(set, "a"), "-");
  set.open("a", 0);
  set.open("aaa", 1);
  set.open("b\xFF", 2);
  set.open("a", 3);
  EXPECT_EQ(set.longest(), 3u);
  EXPECT_EQ(found(set, ""), "-");
  EXPECT_EQ(found(set, "a"), "3:1");
  EXPECT_EQ(found(set, "aa\r\n"), "3:1");
  EXPECT_EQ(found(set, "aaaa--"), "1:3");
  EXPECT_EQ(found(set, "b\xFF\r\n"), "2:2");
  EXPECT_EQ(found(set, "b"), "-");
  EXPECT_EQ(found(set, "c"), "-");
  set.close_from(3);
  EXPECT_EQ(found(set, "ab"), "0:1");
  set.close_from(1);
  EXPECT_EQ(set.longest(), 1u);
  EXPECT_EQ(found(set, "aaa"), "0:1");
  set.close_from(0);
  EXPECT_TRUE(set.empty());
}

}  // namespace
}  // namespace postern::mime
