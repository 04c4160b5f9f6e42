#include "imap/number_set.h"

#include <charconv>

#include "base/ascii.h"

namespace postern::imap {
namespace {

// seq-number = nz-number / "*"; `*` is read as 0, which no nz-number is. False leaves `text`
// anywhere.
bool take_seq_number(std::string_view& text, std::uint32_t& number) {
  if (text.empty()) return false;
  if (text.front() == '*') {
    number = 0;
    text.remove_prefix(1);
    return true;
  }
  if (!ascii_digit(text.front()) || text.front() == '0') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

NumberSet NumberSet::saved_result() {
  NumberSet set;
  set.saved_result_ = true;
  return set;
}

Result<NumberSet> NumberSet::parse(std::string_view text) {
  // RFC 5182 §2.4: "$" stands alone.
  if (text == "$") return saved_result();
  NumberSet set;
  std::vector<UidSet::Interval> fixed;
  for (;;) {
    std::uint32_t first = 0;
    if (!take_seq_number(text, first)) return fail(Errc::kInvalid, "seq-number");
    std::uint32_t last = first;
    if (text.starts_with(':')) {
      text.remove_prefix(1);
      if (!take_seq_number(text, last)) return fail(Errc::kInvalid, "seq-range");
    }
    if (first == 0 || last == 0) {
      const std::uint32_t number = std::max(first, last);
      set.star_ = true;
      if (number != 0) {
        set.star_low_ = std::min(set.star_low_, number);
        set.star_high_ = std::max(set.star_high_, number);
      }
    } else {
      fixed.push_back({std::min(first, last), std::max(first, last)});
    }
    if (text.empty()) break;
    if (text.front() != ',') return fail(Errc::kInvalid, "sequence-set");
    text.remove_prefix(1);
  }
  set.fixed_ = UidSet::from_unsorted(std::move(fixed));
  if (set.fixed_.intervals().size() > kMaxIntervals)
    return fail(Errc::kLimit, "sequence-set intervals");
  return set;
}

std::string NumberSet::to_string() const {
  if (saved_result_) return "$";
  std::string text = fixed_.to_string();
  const auto add = [&text](const std::string& range) {
    if (!text.empty()) text += ',';
    text += range;
  };
  if (star_ && star_high_ == 0) add("*");
  if (star_ && star_high_ != 0) add(std::to_string(star_low_) + ":*");
  // The greatest "n:*" differs from the least only in mailboxes that are shorter than it.
  if (star_ && star_high_ > star_low_) add(std::to_string(star_high_) + ":*");
  return text;
}

}  // namespace postern::imap
