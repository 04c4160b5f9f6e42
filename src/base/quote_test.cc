#include "base/quote.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

std::string nstring(std::optional<std::string_view> text) {
  std::string out;
  append_nstring(out, text);
  return out;
}

TEST(Quote, PicksTheFormThatCarriesTheText) {
  EXPECT_EQ(nstring(std::nullopt), "NIL");
  EXPECT_EQ(nstring(""), "\"\"");
  EXPECT_EQ(nstring("NIL"), "\"NIL\"");
  EXPECT_EQ(nstring("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(nstring("gr\xc3\xbc\xc3\x9f"), "{6}\r\ngr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(nstring("a\r\nb"), "{4}\r\na\r\nb");
  EXPECT_EQ(nstring(std::string(1024, 'x')).front(), '"');
  EXPECT_EQ(nstring(std::string(1025, 'x')).substr(0, 8), "{1025}\r\n");
}

}  // namespace
}  // namespace postern
