#include "auth/address.h"

#include <gtest/gtest.h>

#include <random>

#include "auth/directory.h"

namespace postern::auth {
namespace {

std::string canonical(std::string_view text) { return canonical_address(text).value_or("invalid"); }

TEST(Address, LowersAsciiAndKeepsWhatIsLower) {
  EXPECT_EQ(canonical("Ann@Example.ORG"), "ann@example.org");
  EXPECT_EQ(canonical("a.b+c_d-e/f=g!#$%&'*?^`{|}~@x"), "a.b+c_d-e/f=g!#$%&'*?^`{|}~@x");
}

TEST(Address, FoldsUnicode) {
  EXPECT_EQ(canonical("J\u00d6RG@example.org"), "j\u00f6rg@example.org");
  EXPECT_EQ(canonical("jo\u0308rg@example.org"), "j\u00f6rg@example.org");  // NFC
  EXPECT_EQ(canonical("\u0414\u041e@\u041f\u0420.\u0420\u0424"), "\u0434\u043e@\u043f\u0440.\u0440\u0444");
  EXPECT_EQ(canonical("\u05d0@example.org"), "\u05d0@example.org");  // right to left is a name like any other
}

TEST(Address, RefusesWhatNoNameMayHold) {
  for (const std::string_view bad : {
           "", "@", "a", "a@", "@b", "a b@c", "a@b c", "a\tb@c", "a@b\r\n", "a@@b", "a@b@c", "<a@b>", "\"a b\"@c",
           "a@.b", "a@b.", "a@b..c", "a\x7f@b", "a@b;c",
           "a\xc3@b", "a\xc0\xaf@b", "a\xed\xa0\x80@b", "a\xf4\x90\x80\x80@b", "a\x80@b",  // not UTF-8
           "a\u00a0b@c", "a\u200b@b", "a\u202e@b", "a\ufffd@b", "a\ue000@b", "a\u0085@b", "\u037ea@b"}) {
    EXPECT_EQ(canonical(bad), "invalid") << bad;
  }
  EXPECT_EQ(canonical(std::string_view("a\0@b", 4)), "invalid");
}

TEST(Address, LengthLimit) {
  const std::string domain = "@" + std::string(255, 'd');
  EXPECT_NE(canonical(std::string(63, 'l') + domain), "invalid");
  EXPECT_NE(canonical(std::string(64, 'l') + domain), "invalid");
  EXPECT_EQ(canonical(std::string(65, 'l') + domain), "invalid");
  EXPECT_EQ(canonical(std::string(65, 'l') + "@d"), "invalid");
  EXPECT_EQ(canonical("l" + domain + "d"), "invalid");
}

TEST(Address, CanonicalIsAFixpoint) {
  std::mt19937 random(20240611);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int i = 0; i < 4; ++i) {
      // Two-byte letters: Latin, combining marks, Greek with its final sigma, Cyrillic, Hebrew.
      const unsigned code = 0x80 + random() % 0x780;
      text += static_cast<char>(0xc0 | code >> 6);
      text += static_cast<char>(0x80 | (code & 0x3f));
    }
    const auto once = canonical_address(text + "@example.org");
    if (!once.has_value()) continue;
    EXPECT_EQ(canonical(*once), *once) << text;
  }
}

TEST(Address, DetailIsCutAtTheFirstPlus) {
  const auto split = split_detail("ann+Lists+C@example.org");
  ASSERT_TRUE(split.has_value());
  EXPECT_EQ(split->base, "ann@example.org");
  EXPECT_EQ(split->detail, "Lists+C");
  EXPECT_FALSE(split_detail("ann@example.org").has_value());
  EXPECT_FALSE(split_detail("ann@a+b").has_value());
  EXPECT_FALSE(split_detail("ann").has_value());
}

TEST(Utf8, EveryPrefixOfAMultibyteTextIsWholeOrInvalid) {
  const std::string text = "a\u00e9\u20ac\U0001f600";
  const std::vector<std::size_t> whole = {0, 1, 3, 6, 10};
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const bool expected = std::find(whole.begin(), whole.end(), n) != whole.end();
    EXPECT_EQ(is_utf8(std::string_view(text).substr(0, n)), expected) << n;
  }
}

}  // namespace
}  // namespace postern::auth
