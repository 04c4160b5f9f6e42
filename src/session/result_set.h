// Results of a search by position (RFC 9394 §3.1), and in an order that is not the mailbox's
// (RFC 5267 §3.2).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/interval_set.h"
#include "imap/search_options.h"

namespace postern::session {

// Positions [from, to) among results, from 0.
struct Positions {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  friend bool operator==(const Positions&, const Positions&) = default;
};
// What `range` names of `count` results; from == to when it lies beyond them.
[[nodiscard]] Positions positions_of(const imap::PartialRange& range, std::uint64_t count);
// "1:100" or "-1:-100", as the client sent it.
void append_partial_range(std::string& out, const imap::PartialRange& range);

// The members of `set` at these positions, counted in ascending order. O(intervals).
template <class Id>
[[nodiscard]] IntervalSet<Id> slice(const IntervalSet<Id>& set, const Positions& positions) {
  IntervalSet<Id> result;
  std::uint64_t at = 0;  // position of the interval's first member
  for (const auto& interval : set.intervals()) {
    const std::uint64_t size = std::uint64_t{interval.last} - interval.first + 1;
    const std::uint64_t from = std::max(positions.from, at);
    const std::uint64_t to = std::min(positions.to, at + size);
    if (from < to) {
      result.add_interval(static_cast<std::uint32_t>(interval.first + (from - at)),
                          static_cast<std::uint32_t>(interval.first + (to - at) - 1));
    }
    at += size;
    if (at >= positions.to) break;
  }
  return result;
}

// The sequence-set that lists `numbers` in their order, with ranges where they count upwards
// without a gap. Never a descending range (RFC 5267 §3.2).
[[nodiscard]] std::string ordered_set(std::span<const std::uint32_t> numbers);

}  // namespace postern::session
