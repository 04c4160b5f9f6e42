#include "session/list_match.h"

#include <gtest/gtest.h>

namespace postern::session {
namespace {

struct Case {
  const char* reference;
  const char* pattern;
  const char* name;
  bool matches;
};

class ListMatch : public testing::TestWithParam<Case> {};

TEST_P(ListMatch, Table) {
  const Case& c = GetParam();
  std::uint64_t steps = 0;
  ListPattern pattern(c.reference, c.pattern);
  EXPECT_EQ(pattern.matches(c.name, steps), c.matches)
      << c.reference << c.pattern << " / " << c.name;
  // A second use of the same pattern gives the same answer.
  EXPECT_EQ(pattern.matches(c.name, steps), c.matches);
}

INSTANTIATE_TEST_SUITE_P(
    All, ListMatch,
    testing::Values(
        Case{"", "*", "a/b/c", true}, Case{"", "%", "a", true}, Case{"", "%", "a/b", false},
        Case{"", "a", "a", true}, Case{"", "a", "ab", false}, Case{"", "a", "b", false},
        Case{"", "ab", "a", false}, Case{"", "a*", "a", true}, Case{"", "a*", "ab/c", true},
        Case{"", "*b", "aab", true}, Case{"", "*b", "aabc", false}, Case{"", "a%c", "abc", true},
        Case{"", "a%c", "a/c", false}, Case{"", "a*c", "a/c", true}, Case{"", "%/%", "a/b", true},
        Case{"", "%/%", "a/b/c", false}, Case{"", "%/%", "ab", false}, Case{"", "a/%", "a/b", true},
        Case{"", "a/%", "a", false}, Case{"a/", "%", "a/b", true}, Case{"a/", "%", "c/b", false},
        Case{"", "inbox", "INBOX", true}, Case{"", "InBo*", "INBOX", true},
        Case{"", "inbox/%", "INBOX/x", true}, Case{"", "inbox/X", "INBOX/x", false},
        Case{"", "inbox", "INBOXES", false}, Case{"", "inboxes", "INBOXES", false},
        Case{"", "a", "A", false}, Case{"", "%%*%", "a/b", true}, Case{"", "%*", "a/b", true},
        Case{"", "*%b", "a/xb", true}, Case{"", "a%b*c%d", "axbyyczd", true},
        Case{"", "a%b*c%d", "axb/y/cz/d", false}, Case{"", "", "a", false},
        Case{"a", "", "a", true}, Case{"", "*/*", "a", false},
        Case{"", "e\xcc\x81*", "\xc3\xa9t\xc3\xa9", true}));  // NFD pattern, NFC name

TEST(ListMatchCost, HostilePatternsAreLinear) {
  std::string name(40, 'a');
  std::string pattern;
  for (int i = 0; i < 20; ++i) pattern += "%a";
  pattern += "b";
  std::uint64_t steps = 0;
  ListPattern hostile("", pattern);
  EXPECT_FALSE(hostile.matches(name, steps));
  EXPECT_LE(steps, (name.size() + 1) * (pattern.size() + 1));

  std::string wild;
  for (int i = 0; i < 500; ++i) wild += "*%";
  steps = 0;
  ListPattern collapsed("", wild + "x");
  EXPECT_FALSE(collapsed.matches(std::string(1000, 'a'), steps));
  EXPECT_LE(steps, 5'000U);
}

}  // namespace
}  // namespace postern::session
