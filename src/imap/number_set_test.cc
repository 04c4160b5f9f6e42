#include "imap/number_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace postern::imap {
namespace {

std::string resolved(std::string_view text, std::uint32_t max) {
  const Result<NumberSet> set = NumberSet::parse(text);
  return set.has_value() ? set->resolve<Uid>(max).to_string() : "error";
}

TEST(NumberSet, ParsesAndResolves) {
  EXPECT_EQ(resolved("1", 9), "1");
  EXPECT_EQ(resolved("1:3,2:5,7", 9), "1:5,7");
  EXPECT_EQ(resolved("5:3", 9), "3:5");
  EXPECT_EQ(resolved("*", 9), "9");
  EXPECT_EQ(resolved("5:*", 9), "5:9");
  EXPECT_EQ(resolved("*:5", 9), "5:9");
  EXPECT_EQ(resolved("5:*", 3), "3:5");
  EXPECT_EQ(resolved("*:*", 3), "3");
  EXPECT_EQ(resolved("1:*,8:*", 3), "1:8");
  EXPECT_EQ(resolved("2:*,*,4", 3), "2:4");
  EXPECT_EQ(resolved("1,3:*", 0), "1");
  EXPECT_EQ(resolved("*", 0), "");
  EXPECT_EQ(resolved("1:4294967295", 9), "1:4294967295");
  EXPECT_EQ(resolved("4294967295:*", 4294967295), "4294967295");
  EXPECT_TRUE(NumberSet::parse("$")->is_saved_result());
}

// B8
TEST(NumberSet, RefusesWhatTheGrammarRefuses) {
  for (const char* text : {"",     "0",   "01",  "4294967296", "18446744073709551617",
                           "1:0",  "0:1", ",1",  "1,",         "1,,2",
                           "1::2", "1:",  ":1",  "1 2",        "1:2:3",
                           "**",   "*1",  "1*",  "-1",         "+1",
                           "a",    "$,1", "1,$", "$$",         "1:$",
                           "0:*"}) {
    const Result<NumberSet> set = NumberSet::parse(text);
    ASSERT_FALSE(set.has_value()) << text;
    EXPECT_EQ(set.error().code, Errc::kInvalid);
  }
}

TEST(NumberSet, IntervalsAreBounded) {
  std::string text = "1";
  for (std::size_t i = 1; i < NumberSet::kMaxIntervals; ++i)
    text += "," + std::to_string(2 * i + 1);
  EXPECT_TRUE(NumberSet::parse(text).has_value());
  const Result<NumberSet> more = NumberSet::parse(text + ",4000000000");
  ASSERT_FALSE(more.has_value());
  EXPECT_EQ(more.error().code, Errc::kLimit);
  // What merges does not count.
  EXPECT_TRUE(NumberSet::parse(text + ",1:4000000000").has_value());
  std::string stars = "1:*";
  for (int i = 0; i < 8'000; ++i) stars += ",1:*";
  EXPECT_EQ(resolved(stars, 5), "1:5");
}

// Against a plain set of numbers, over random texts.
TEST(NumberSet, EqualsTheSetItDescribes) {
  std::mt19937 random(20240501);
  const auto pick = [&random](std::uint32_t max) {
    return std::uniform_int_distribution<std::uint32_t>(1, max)(random);
  };
  for (int round = 0; round < 3'000; ++round) {
    const std::uint32_t max = pick(12);
    std::set<std::uint32_t> model;
    std::string text;
    const std::uint32_t items = pick(6);
    for (std::uint32_t i = 0; i < items; ++i) {
      const auto end = [&](std::uint32_t& value) -> std::string {
        if (pick(5) == 1) {
          value = max;
          return "*";
        }
        value = pick(15);
        return std::to_string(value);
      };
      if (!text.empty()) text += ',';
      std::uint32_t a = 0;
      text += end(a);
      std::uint32_t b = a;
      if (pick(2) == 1) text += ":" + end(b);
      for (std::uint32_t n = std::min(a, b); n <= std::max(a, b); ++n) model.insert(n);
    }
    UidSet expected;
    for (const std::uint32_t n : model) expected.add(Uid(n));
    const Result<NumberSet> set = NumberSet::parse(text);
    ASSERT_TRUE(set.has_value()) << text;
    EXPECT_EQ(set->resolve<Uid>(max), expected) << text << " max " << max;
    // The normalized form means the same.
    const Result<NumberSet> again = NumberSet::parse(set->to_string());
    ASSERT_TRUE(again.has_value()) << set->to_string();
    EXPECT_EQ(*again, *set) << text << " as " << set->to_string();
  }
}

}  // namespace
}  // namespace postern::imap
