#include <gtest/gtest.h>

#include "auth/authenticator.h"

namespace postern::auth {
namespace {

using namespace std::string_view_literals;

TEST(Plain, TakesTheThreeParts) {
  const auto plain = parse_plain("\0ann@example.org\0pass word"sv);
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->authzid, "");
  EXPECT_EQ(plain->authcid, "ann@example.org");
  EXPECT_EQ(plain->password.view(), "pass word");

  const auto other = parse_plain("bob\0ann\0\xc3\xa9"sv);
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->authzid, "bob");
  EXPECT_EQ(other->authcid, "ann");
  EXPECT_EQ(other->password.view(), "\xc3\xa9");
}

TEST(Plain, RefusesEverythingElse) {
  for (const std::string_view bad :
       {""sv, "\0"sv, "\0\0"sv, "\0\0\0"sv, "ann"sv, "ann\0secret"sv, "\0ann"sv, "\0ann\0pass\0"sv,
        "\0ann\0pa\0ss"sv,                           // a third NUL
        "\0\0pass"sv, "zid\0\0pass"sv, "\0ann\0"sv,  // empty parts: 1*SAFE
        "\0ann\0\xc3"sv, "\0\xc0\xaf\0pass"sv, "\xff\0ann\0pass"sv, "\0ann\0\xed\xa0\x80"sv}) {
    EXPECT_FALSE(parse_plain(bad).has_value()) << testing::PrintToString(std::string(bad));
  }
}

TEST(Plain, LongPasswordsArePasswords) {
  const std::string message = std::string("\0ann\0"sv) + std::string(65'536, 'x');
  const auto plain = parse_plain(message);
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->password.size(), 65'536u);
}

TEST(Plain, EveryPrefixOfAGoodMessageIsRefusedUntilThePasswordBegins) {
  const std::string_view message = "z\0ann\0pw"sv;
  for (std::size_t n = 0; n <= message.size(); ++n) {
    EXPECT_EQ(parse_plain(message.substr(0, n)).has_value(), n > 6) << n;
  }
}

}  // namespace
}  // namespace postern::auth
