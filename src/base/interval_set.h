// IntervalSet: a set of uint32 ids kept as sorted, disjoint, non-adjacent closed intervals.
//
// A set costs what its intervals cost and is never expanded. Sets of UIDs and of sequence numbers
// are different types. Not thread-safe; value semantics.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/ids.h"

namespace postern {

template <class Id>
class IntervalSet {
 public:
  struct Interval {
    std::uint32_t first = 0;
    std::uint32_t last = 0;  // inclusive, >= first
    friend bool operator==(const Interval&, const Interval&) = default;
  };

  IntervalSet() = default;

  [[nodiscard]] static IntervalSet of(std::initializer_list<std::uint32_t> ids) {
    IntervalSet set;
    for (std::uint32_t id : ids) set.add(Id(id));
    return set;
  }
  [[nodiscard]] static IntervalSet range(std::uint32_t first, std::uint32_t last) {
    IntervalSet set;
    if (first <= last) set.intervals_.push_back({first, last});
    return set;
  }
  // Sorts and merges in O(n log n).
  [[nodiscard]] static IntervalSet from_unsorted(std::vector<Interval> intervals) {
    std::sort(intervals.begin(), intervals.end(),
              [](const Interval& a, const Interval& b) { return a.first < b.first; });
    IntervalSet set;
    for (const Interval& next : intervals) set.append(next);
    return set;
  }

  // O(1) when ids arrive in ascending order, O(n) otherwise.
  void add(Id id) { add_interval(id.value(), id.value()); }
  void add_interval(std::uint32_t first, std::uint32_t last) {
    if (intervals_.empty() || first >= intervals_.back().first) {
      append({first, last});
      return;
    }
    intervals_.push_back({first, last});
    *this = from_unsorted(std::move(intervals_));
  }

  [[nodiscard]] bool contains(Id id) const {
    auto after = std::upper_bound(
        intervals_.begin(), intervals_.end(), id.value(),
        [](std::uint32_t value, const Interval& interval) { return value < interval.first; });
    return after != intervals_.begin() && std::prev(after)->last >= id.value();
  }
  [[nodiscard]] bool empty() const { return intervals_.empty(); }
  [[nodiscard]] const std::vector<Interval>& intervals() const { return intervals_; }
  [[nodiscard]] std::uint64_t count() const {
    std::uint64_t total = 0;
    for (const Interval& i : intervals_) total += std::uint64_t{i.last} - i.first + 1;
    return total;
  }
  [[nodiscard]] Id min() const { return Id(intervals_.front().first); }  // not empty
  [[nodiscard]] Id max() const { return Id(intervals_.back().last); }    // not empty

  // Calls visit(Id) for each id in ascending order. Only for sets known to be small or dense in
  // use.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Interval& i : intervals_) {
      for (std::uint64_t id = i.first; id <= i.last; ++id)
        visit(Id(static_cast<std::uint32_t>(id)));
    }
  }

  [[nodiscard]] IntervalSet unite(const IntervalSet& other) const {
    std::vector<Interval> all = intervals_;
    all.insert(all.end(), other.intervals_.begin(), other.intervals_.end());
    return from_unsorted(std::move(all));
  }
  [[nodiscard]] IntervalSet intersect(const IntervalSet& other) const {
    IntervalSet result;
    auto a = intervals_.begin();
    auto b = other.intervals_.begin();
    while (a != intervals_.end() && b != other.intervals_.end()) {
      const std::uint32_t first = std::max(a->first, b->first);
      const std::uint32_t last = std::min(a->last, b->last);
      if (first <= last) result.append({first, last});
      if (a->last < b->last) {
        ++a;
      } else {
        ++b;
      }
    }
    return result;
  }
  // Ids of this set that are not in `other`.
  [[nodiscard]] IntervalSet subtract(const IntervalSet& other) const {
    IntervalSet result;
    auto b = other.intervals_.begin();
    for (Interval rest : intervals_) {
      bool gone = false;
      while (b != other.intervals_.end() && b->last < rest.first) ++b;
      for (auto cut = b; cut != other.intervals_.end() && cut->first <= rest.last; ++cut) {
        if (cut->first > rest.first) result.append({rest.first, cut->first - 1});
        if (cut->last >= rest.last) {
          gone = true;
          break;
        }
        rest.first = cut->last + 1;
      }
      if (!gone) result.append(rest);
    }
    return result;
  }

  // The wire form of sequence-set without "*": "1:3,5". Empty set gives "".
  [[nodiscard]] std::string to_string() const {
    std::string text;
    for (const Interval& i : intervals_) {
      if (!text.empty()) text += ',';
      text += std::to_string(i.first);
      if (i.last != i.first) {
        text += ':';
        text += std::to_string(i.last);
      }
    }
    return text;
  }

  friend bool operator==(const IntervalSet&, const IntervalSet&) = default;

 private:
  // Precondition: next.first >= back().first.
  void append(Interval next) {
    if (!intervals_.empty() && next.first <= intervals_.back().last) {
      intervals_.back().last = std::max(intervals_.back().last, next.last);
    } else if (!intervals_.empty() && next.first - 1 == intervals_.back().last) {
      intervals_.back().last = next.last;
    } else {
      intervals_.push_back(next);
    }
  }

  std::vector<Interval> intervals_;
};

using UidSet = IntervalSet<Uid>;
using SeqSet = IntervalSet<SeqNum>;

}  // namespace postern
