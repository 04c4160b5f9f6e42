// Pace: counts the work of a search, so that it gives way to others and ends at its limit. Units
// are about a nanosecond's work: an octet compared with one text, a node evaluated for a row.
#pragma once

#include <cstdint>

namespace postern::search {

class Pace {
 public:
  explicit Pace(std::uint64_t limit) : limit_(limit) {}

  // True when it is time to yield.
  [[nodiscard]] bool charge(std::uint64_t units) {
    total_ += units;
    since_yield_ += units;
    if (since_yield_ < kQuantum) return false;
    since_yield_ = 0;
    return true;
  }
  [[nodiscard]] bool exhausted() const { return total_ > limit_; }

 private:
  static constexpr std::uint64_t kQuantum = 256 << 10;
  std::uint64_t limit_;
  std::uint64_t total_ = 0;
  std::uint64_t since_yield_ = 0;
};

}  // namespace postern::search
