#include <gtest/gtest.h>

#include "imap/parse_trace.h"

namespace postern::imap {
namespace {

TEST(ParseQuota, Commands) {
  check_parse({
      {"GETQUOTA \"\"", "GETQUOTA ''"},
      {"getquota joe@example.org", "GETQUOTA 'joe@example.org'"},
      {"GETQUOTA {3}\r\nj e", "GETQUOTA 'j e'"},
      {"GETQUOTA {3+}\r\nj(e", "GETQUOTA 'j(e'"},
      {"GETQUOTAROOT inbox", "GETQUOTAROOT 'INBOX'"},
      {"GETQUOTAROOT \"a b\"", "GETQUOTAROOT 'a b'"},
      {"SETQUOTA \"\" ()", "SETQUOTA ''"},
      {"SETQUOTA r (STORAGE 512)", "SETQUOTA 'r' STORAGE=512"},
      {"setquota {1}\r\nr (storage 0 X-NEW 9223372036854775807)",
       "SETQUOTA 'r' storage=0 X-NEW=9223372036854775807"},
  });
}

TEST(ParseQuota, Malformed) {
  check_parse({
      {"GETQUOTA", "bad@10"},
      {"GETQUOTA ", "bad@11"},
      {"GETQUOTA  r", "bad@11"},
      {"GETQUOTA r x", "bad@12"},
      {"GETQUOTA (r)", "bad@11"},
      {"GETQUOTAROOT", "bad@14"},
      {"GETQUOTAROOT INBOX INBOX", "bad@20"},
      {"SETQUOTA", "bad@10"},
      {"SETQUOTA r", "bad@12"},
      {"SETQUOTA r STORAGE 1", "bad@13"},
      {"SETQUOTA r (", "bad@14"},
      {"SETQUOTA r (STORAGE", "bad@21"},
      {"SETQUOTA r (STORAGE )", "bad@22"},
      {"SETQUOTA r (STORAGE -1)", "bad@22"},
      {"SETQUOTA r (STORAGE 9223372036854775808)", "bad@22"},
      {"SETQUOTA r (STORAGE 1 MESSAGE)", "bad@31"},
      {"SETQUOTA r (STORAGE 1) x", "bad@24"},
      {"SETQUOTA r (STORAGE 1,MESSAGE 1)", "bad@23"},
      {"UID GETQUOTA r", "bad@6"},
  });
}

TEST(ParseCompress, Command) {
  check_parse({
      {"COMPRESS DEFLATE", "COMPRESS DEFLATE"},
      {"compress deflate", "COMPRESS DEFLATE"},
      {"COMPRESS LZ4", "COMPRESS LZ4"},
      {"COMPRESS", "bad@10"},
      {"COMPRESS ", "bad@11"},
      {"COMPRESS DEFLATE x", "bad@18"},
      {"COMPRESS \"DEFLATE\"", "bad@11"},
  });
}

TEST(ParseQuota, ManyLimits) {
  std::string line = "SETQUOTA r (A 1";
  for (int i = 0; i < 999; ++i) line += " A 1";
  EXPECT_EQ(parse_text("a " + line + ")", kPlain).substr(0, 12), "SETQUOTA 'r'");
  EXPECT_EQ(parse_text("a " + line + " A 1)", kPlain).substr(0, 5), "limit");
}

}  // namespace
}  // namespace postern::imap
