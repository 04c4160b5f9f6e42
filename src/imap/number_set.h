// sequence-set as a client wrote it (RFC 9051 §9): numbers and ranges with "*", or "$" (RFC 5182).
//
// Never expanded. `*` stays symbolic until resolve(), because only the view knows the largest
// number.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/interval_set.h"
#include "base/result.h"

namespace postern::imap {

class NumberSet {
 public:
  // Largest number of intervals after merging (limits: 131,072).
  static constexpr std::size_t kMaxIntervals = 131'072;

  [[nodiscard]] static NumberSet saved_result();  // "$"

  // Parses all of `text`. kInvalid for bad syntax, 0 or a number over 2^32-1; kLimit past
  // kMaxIntervals.
  [[nodiscard]] static Result<NumberSet> parse(std::string_view text);

  // The wire form, normalized: ascending, merged, "n:*" last. parse() of it gives an equal set.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] bool is_saved_result() const { return saved_result_; }
  [[nodiscard]] bool uses_star() const { return star_; }

  // The set with "*" replaced by `max` (precondition: not is_saved_result(); 0 = empty mailbox: "*"
  // names nothing). "5:*" with max 3 is 3:5 (RFC 9051 §9 seq-range: order does not matter). Not
  // clipped: the caller intersects with its view.
  template <class Id>
  [[nodiscard]] IntervalSet<Id> resolve(std::uint32_t max) const {
    auto all = [&] {
      std::vector<typename IntervalSet<Id>::Interval> list;
      for (const auto& i : fixed_.intervals()) list.push_back({i.first, i.last});
      return list;
    }();
    if (star_ && max != 0) {
      // Every "n:*" covers the span between n and max; together they span the least n to the
      // greatest.
      all.push_back({std::min(star_low_, max), max});
      if (star_high_ > max) all.push_back({max, star_high_});
    }
    return IntervalSet<Id>::from_unsorted(std::move(all));
  }

  friend bool operator==(const NumberSet&, const NumberSet&) = default;

 private:
  bool saved_result_ = false;
  bool star_ = false;                    // some range ends in "*"
  std::uint32_t star_low_ = UINT32_MAX;  // least n over all "n:*"; UINT32_MAX for a lone "*"
  std::uint32_t star_high_ = 0;          // greatest n over all "n:*"
  IntervalSet<Uid> fixed_;               // everything without "*"; the tag is of no meaning here
};

}  // namespace postern::imap
