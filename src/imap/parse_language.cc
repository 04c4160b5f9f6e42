// LANGUAGE (RFC 5255 §3.2): language ranges in order of preference.
#include "base/ascii.h"
#include "imap/parse_rules.h"

namespace postern::imap {
namespace {

// LIMIT: ranges of one command; a person who speaks more languages gets the default.
constexpr std::size_t kMaxRanges = 64;
constexpr std::size_t kMaxSubtag = 8;  // RFC 4647 §2.1

bool is_alpha(char c) {
  return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

// language-range = (1*8ALPHA *("-" 1*8alphanum)) / "*" (RFC 4647 §2.1); extended ranges may have
// "*" for any subtag (§2.2).
bool is_language_range(std::string_view range) {
  bool first = true;
  while (true) {
    const std::string_view subtag = range.substr(0, range.find('-'));
    if (subtag.empty() || subtag.size() > kMaxSubtag) return false;
    if (subtag != "*") {
      for (const char c : subtag) {
        if (!is_alpha(c) && (first || !ascii_digit(c))) return false;
      }
    }
    if (subtag.size() == range.size()) return true;
    range.remove_prefix(subtag.size() + 1);
    first = false;
  }
}

}  // namespace

LanguageArgs parse_language(Cursor& in) {
  LanguageArgs args;
  while (in.ok() && !in.at_end()) {
    in.space();
    const std::size_t start = in.offset();
    const std::string range = in.astring("a language range");
    if (!is_language_range(range)) in.fail_at(start, Errc::kInvalid, "a language range");
    if (args.ranges.size() == kMaxRanges)
      in.fail_at(start, Errc::kLimit, "too many language ranges");
    args.ranges.push_back(to_lower(range));
  }
  return args;
}

}  // namespace postern::imap
