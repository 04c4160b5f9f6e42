#include <gtest/gtest.h>

#include "imap/parse_trace.h"

namespace postern::imap {
namespace {

TEST(ParseMetadata, Get) {
  check_parse({
      {"GETMETADATA \"\" /shared/comment", "GETMETADATA '' /shared/comment"},
      {"GETMETADATA \"INBOX\" /private/comment", "GETMETADATA 'INBOX' /private/comment"},
      {"getmetadata inbox (/shared/comment /private/comment)",
       "GETMETADATA 'INBOX' /shared/comment /private/comment"},
      {"GETMETADATA INBOX /private/comment /shared/comment",
       "GETMETADATA 'INBOX' /private/comment /shared/comment"},
      {"GETMETADATA (MAXSIZE 1024) INBOX (/shared/comment)",
       "GETMETADATA 'INBOX' max:1024 /shared/comment"},
      {"GETMETADATA \"INBOX\" (MAXSIZE 1024) (/shared/comment /private/comment)",
       "GETMETADATA 'INBOX' max:1024 /shared/comment /private/comment"},
      {"GETMETADATA \"INBOX\" (DEPTH 1) (/private/filters/values)",
       "GETMETADATA 'INBOX' depth:1 /private/filters/values"},
      {"GETMETADATA (depth Infinity maxsize 0) a /PRIVATE",
       "GETMETADATA 'a' max:0 depth:2 /PRIVATE"},
      {"GETMETADATA (DEPTH 0) a /shared/vendor/x", "GETMETADATA 'a' /shared/vendor/x"},
      {"GETMETADATA a (\"/shared/a b\" {9}\r\n/shared/c)", "GETMETADATA 'a' /shared/a b /shared/c"},
      {"GETMETADATA {5+}\r\nINBOX ({9+}\r\n/shared/c /SHARED/C)", "GETMETADATA 'INBOX' /shared/c"},
  });
}

TEST(ParseMetadata, GetMalformed) {
  check_parse({
      {"GETMETADATA", "bad@13"},
      {"GETMETADATA ", "bad@14"},
      {"GETMETADATA a", "bad@15"},
      {"GETMETADATA a ", "bad@16"},
      {"GETMETADATA a ()", "bad@17"},
      {"GETMETADATA a (/shared/x", "bad@26"},
      {"GETMETADATA a /shared/x)", "bad@25"},
      {"GETMETADATA a (/shared/x) x", "bad@27"},
      {"GETMETADATA () a /shared/x", "bad@15"},
      {"GETMETADATA (MAXSIZE) a /shared/x", "bad@22"},
      {"GETMETADATA (MAXSIZE -1) a /shared/x", "bad@23"},
      {"GETMETADATA (MAXSIZE 9223372036854775808) a /shared/x", "bad@23"},
      {"GETMETADATA (MAXSIZE 1 MAXSIZE 1) a /shared/x", "bad@25"},
      {"GETMETADATA (DEPTH 2) a /shared/x", "bad@21"},
      {"GETMETADATA (DEPTH 10) a /shared/x", "bad@21"},
      {"GETMETADATA (DEPTH) a /shared/x", "bad@20"},
      {"GETMETADATA (WIDTH 1) a /shared/x", "bad@15"},
      {"GETMETADATA (DEPTH 0) a (MAXSIZE 1) /shared/x", "bad@27"},
  });
}

TEST(ParseMetadata, EntryNames) {
  check_parse({
      {"GETMETADATA a /comment", "bad@16"},
      {"GETMETADATA a comment", "bad@16"},
      {"GETMETADATA a \"\"", "bad@16"},
      {"GETMETADATA a /", "bad@16"},
      {"GETMETADATA a /shared/", "bad@16"},
      {"GETMETADATA a /shared//x", "bad@16"},
      {"GETMETADATA a //shared", "bad@16"},
      {"GETMETADATA a /sharedx/y", "bad@16"},
      {"GETMETADATA a \"/shared/*\"", "bad@16"},
      {"GETMETADATA a \"/shared/%\"", "bad@16"},
      {"GETMETADATA a \"/shared/\t\"", "bad@16"},
      {"GETMETADATA a {10}\r\n/shared/\xC3\xA9", "bad@16"},
      {"GETMETADATA a /shared/" + std::string(247, 'x'),
       "GETMETADATA 'a' /shared/" + std::string(247, 'x')},
      {"GETMETADATA a /shared/" + std::string(248, 'x'), "limit@16"},
      {"SETMETADATA a (/shared x)", "bad@17"},
      {"SETMETADATA a (/shared/vendor/x/y \"1\")", "SETMETADATA 'a' /shared/vendor/x/y=1"},
      {"SETMETADATA a (/shared/vendor/x \"1\")", "bad@17"},
      {"SETMETADATA a (/private/Vendor NIL)", "bad@17"},
      {"SETMETADATA a (/private/vendors NIL)", "SETMETADATA 'a' /private/vendors NIL"},
  });
}

TEST(ParseMetadata, Set) {
  check_parse({
      {"SETMETADATA INBOX (/private/comment {33}\r\nMy new comment across\r\ntwo lines.)",
       "SETMETADATA 'INBOX' /private/comment=My new comment across\r\ntwo lines."},
      {"SETMETADATA INBOX (/private/comment NIL)", "SETMETADATA 'INBOX' /private/comment NIL"},
      {"SETMETADATA \"\" (/private/a \"NIL\" /shared/b \"\")",
       "SETMETADATA '' /private/a=NIL /shared/b="},
      {"SETMETADATA a (/private/a ~{3}\r\n" + std::string("x\0y", 3) + ")",
       "SETMETADATA 'a' /private/a=" + std::string("x\0y", 3)},
      {"setmetadata a (/private/a ~{0+}\r\n /private/b nil)",
       "SETMETADATA 'a' /private/a= /private/b NIL"},
  });
}

TEST(ParseMetadata, SetMalformed) {
  check_parse({
      {"SETMETADATA", "bad@13"},
      {"SETMETADATA a", "bad@15"},
      {"SETMETADATA a ()", "bad@17"},
      {"SETMETADATA a /shared/x \"1\"", "bad@16"},
      {"SETMETADATA a (/shared/x)", "bad@26"},
      {"SETMETADATA a (/shared/x 1)", "bad@27"},
      {"SETMETADATA a (/shared/x NILS)", "bad@27"},
      {"SETMETADATA a (/shared/x \"1\"", "bad@30"},
      {"SETMETADATA a (/shared/x \"1\" /shared/y)", "bad@40"},
      {"SETMETADATA a (/shared/x \"1\") x", "bad@31"},
      {"SETMETADATA a (/shared/x ~\"1\")", "bad@27"},
      {"SETMETADATA a (~{9}\r\n/shared/x \"1\")", "bad@17"},
      {"SETMETADATA ~{1}\r\na (/shared/x \"1\")", "bad@15"},
  });
}

TEST(ParseMetadata, ManyEntries) {
  std::string get = "GETMETADATA a (/shared/0", set = "SETMETADATA a (/shared/0 NIL";
  for (int i = 1; i < 256; ++i) {
    get += " /shared/" + std::to_string(i);
    set += " /shared/" + std::to_string(i) + " NIL";
  }
  EXPECT_EQ(parse_text("a " + get + ")", kPlain).substr(0, 11), "GETMETADATA");
  EXPECT_EQ(parse_text("a " + get + " /shared/x)", kPlain).substr(0, 5), "limit");
  EXPECT_EQ(parse_text("a " + set + ")", kPlain).substr(0, 11), "SETMETADATA");
  EXPECT_EQ(parse_text("a " + set + " /shared/x NIL)", kPlain).substr(0, 5), "limit");
}

TEST(ParseMetadata, ListReturnsIt) {
  check_parse({
      {"LIST \"\" % RETURN (METADATA (/shared/vendor/cmu/cyrus-imapd/color))",
       "LIST '' '%' extended r:metadata /shared/vendor/cmu/cyrus-imapd/color"},
      {"LIST \"\" % RETURN (CHILDREN metadata (/shared/a /private/b) STATUS (SIZE))",
       "LIST '' '%' extended r:children r:status SIZE r:metadata /shared/a /private/b"},
      {"LIST \"\" % RETURN (METADATA)", "bad@28"},
      {"LIST \"\" % RETURN (METADATA ())", "bad@30"},
      {"LIST \"\" % RETURN (METADATA /shared/a)", "bad@29"},
      {"LIST \"\" % RETURN (METADATA (/a))", "bad@30"},
  });
}

}  // namespace
}  // namespace postern::imap
