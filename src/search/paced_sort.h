// paced_sort(): O(n log n) like std::sort, and gives way to others every few thousand steps. For
// lists whose length a client decides.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "search/pace.h"

namespace postern::search {

// `less` is a strict weak ordering; equal items may come in any order. All references outlive the
// await.
template <class T, class Less>
task<void> paced_sort(std::vector<T>& items, Less less, Pace& pace) {
  constexpr std::size_t kRun = 1024;
  constexpr std::uint64_t kUnits = 64;  // what a step costs, in the pace's measure
  const auto at = [](std::vector<T>& list, std::size_t i) {
    return list.begin() + static_cast<std::ptrdiff_t>(i);
  };
  for (std::size_t from = 0; from < items.size(); from += kRun) {
    const std::size_t to = std::min(from + kRun, items.size());
    std::sort(at(items, from), at(items, to), less);
    if (pace.charge((to - from) * 10 * kUnits)) co_await Yield{};
  }
  std::vector<T> merged;
  for (std::size_t width = kRun; width < items.size(); width *= 2) {
    merged.clear();
    merged.reserve(items.size());
    for (std::size_t from = 0; from < items.size(); from += 2 * width) {
      std::size_t left = from;
      const std::size_t middle = std::min(from + width, items.size());
      std::size_t right = middle;
      const std::size_t end = std::min(from + 2 * width, items.size());
      while (left < middle || right < end) {
        const bool take_right = left == middle || (right < end && less(items[right], items[left]));
        merged.push_back(std::move(items[take_right ? right++ : left++]));
        if (pace.charge(kUnits)) co_await Yield{};
      }
    }
    items.swap(merged);
  }
}

}  // namespace postern::search
