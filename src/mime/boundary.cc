#include "mime/boundary.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace postern::mime {

void BoundarySet::open(std::string boundary, std::size_t level) {
  longest_ = std::max(longest_, boundary.size());
  Entry entry{std::move(boundary), level};
  const auto at =
      std::upper_bound(entries_.begin(), entries_.end(), entry, [](const Entry& a, const Entry& b) {
        return std::tie(a.boundary, a.level) < std::tie(b.boundary, b.level);
      });
  entries_.insert(at, std::move(entry));
}

void BoundarySet::close_from(std::size_t level) {
  std::erase_if(entries_, [level](const Entry& entry) { return entry.level >= level; });
  longest_ = 0;
  for (const Entry& entry : entries_) longest_ = std::max(longest_, entry.boundary.size());
}

std::optional<BoundarySet::Match> BoundarySet::find(std::string_view text) const {
  std::optional<Match> best;
  // [low, high) are the boundaries that begin with the octets seen so far.
  auto low = entries_.begin();
  auto high = entries_.end();
  for (std::size_t i = 0;; ++i) {
    while (low != high && low->boundary.size() == i) {
      best = Match{.level = low->level, .length = i};
      ++low;
    }
    if (low == high || i == text.size()) return best;
    const char c = text[i];
    low = std::partition_point(low, high, [&](const Entry& entry) {
      return static_cast<unsigned char>(entry.boundary[i]) < static_cast<unsigned char>(c);
    });
    high =
        std::partition_point(low, high, [&](const Entry& entry) { return entry.boundary[i] == c; });
  }
}

}  // namespace postern::mime
