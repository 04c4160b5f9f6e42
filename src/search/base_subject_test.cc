#include "search/base_subject.h"

#include <gtest/gtest.h>

#include <ctime>

namespace postern::search {
namespace {

struct Case {
  const char* subject;
  const char* base;
  bool reply;
};

TEST(BaseSubject, Extraction) {
  const Case cases[] = {
      {"", "", false},
      {"Hello", "Hello", false},
      {"  two \t\t words  ", "two words", false},
      {"Re: Hello", "Hello", true},
      {"RE:Hello", "Hello", true},
      {"re \t : Hello", "Hello", true},
      {"fw: Hello", "Hello", true},
      {"FWD: Hello", "Hello", true},
      {"Re: fwd: RE: Hello", "Hello", true},
      {"Re[2]: Hello", "Hello", true},
      {"Re [list] : Hello", "Hello", true},
      {"Re [a][b]: Hello", "Re [a][b]: Hello", false},
      {"[list] Hello", "Hello", false},
      {"[list] [other] Re: Hello", "Hello", true},
      {"[list] Re: [other] Hello", "Hello", true},
      {"Re: [a] [b] Re: [c] Hello", "Hello", true},
      {"[list]", "[list]", false},
      {"[a] [b]", "[b]", false},
      {"[a] [b] ", "[b]", false},
      {"Re: [list]", "[list]", true},
      {"[a] re:", "", true},
      {"Re:", "", true},
      {"Hello (fwd)", "Hello", true},
      {"Hello (FWD) (fwd) ", "Hello", true},
      {"(fwd)", "", true},
      {"Re: (fwd)", "", true},
      {"Hello (forward)", "Hello (forward)", false},
      {"[fwd: Hello]", "Hello", true},
      {"[Fwd: Re: [fwd: Hello (fwd)]]", "Hello", true},
      {"Re: [fwd: Hello] (fwd)", "Hello", true},
      {"[fwd: Hello", "[fwd: Hello", false},
      {"[fwd: Hello] more", "more", false},
      {"[fwd:]", "", true},
      {"[fwd:", "[fwd:", false},
      {"[fwd: [list] Hello]", "Hello", true},
      {"[un[closed] Hello", "[un[closed] Hello", false},
      {"[unclosed Hello", "[unclosed Hello", false},
      {"[] Hello", "Hello", false},
      {"Really: not", "Really: not", false},
      {"Reply", "Reply", false},
      {"re", "re", false},
      {"fwdx: y", "fwdx: y", false},
      {"Aw: Hallo", "Aw: Hallo", false},
      {"Re: \xC3\x84nderung", "\xC3\x84nderung", true},
      {"a [b] c", "a [b] c", false},
  };
  for (const Case& c : cases) {
    const BaseSubject got = base_subject(c.subject);
    EXPECT_EQ(got.text, c.base) << c.subject;
    EXPECT_EQ(got.reply_or_forward, c.reply) << c.subject;
  }
}

// The base subject of a base subject is itself: nothing that could be removed stays.
TEST(BaseSubject, IsStable) {
  const char* pieces[] = {"re:", "fwd ", "[x]", "[fwd:", "]", "(fwd)", " ", "word", "["};
  for (int seed = 0; seed < 9 * 9 * 9 * 9; ++seed) {
    std::string subject;
    for (int n = seed, i = 0; i < 4; ++i, n /= 9) subject += pieces[n % 9];
    const std::string once = base_subject(subject).text;
    EXPECT_EQ(base_subject(once).text, once) << subject;
  }
}

std::string repeat(std::string_view text, std::size_t n) {
  std::string out;
  while (out.size() < n) out += text;
  return out;
}

TEST(BaseSubject, IsLinear) {
  const auto cost = [](const std::string& subject) {
    double best = 1e9;
    for (int run = 0; run < 3; ++run) {
      timespec before{}, after{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
      EXPECT_LE(base_subject(subject).text.size(), subject.size());
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
      best = std::min(best, static_cast<double>(after.tv_sec - before.tv_sec) +
                                static_cast<double>(after.tv_nsec - before.tv_nsec) * 1e-9);
    }
    return best;
  };
  for (const char* piece : {"[a]", "[a]b", "re:", "[", "[fwd:", "re[", "(fwd)", " ]",
                            "[a] re: ", "[fwd:[a]", "re[a", "[fwd:re[a"}) {
    const auto hostile = [&](std::size_t n) { return repeat(piece, n) + repeat("]", n); };
    EXPECT_LT(cost(hostile(400'000)), 0.02 + cost(hostile(50'000)) * 8 * 2.5) << piece;
    EXPECT_LT(cost(repeat(piece, 400'000)), 0.02 + cost(repeat(piece, 50'000)) * 8 * 2.5) << piece;
  }
}

}  // namespace
}  // namespace postern::search
