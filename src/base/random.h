// Random: the seam for randomness that must be unpredictable in production and repeatable in tests.
#pragma once

#include <cstdint>
#include <span>

namespace postern {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  [[nodiscard]] std::uint64_t next_u64() {
    std::uint8_t bytes[8];
    fill(bytes);
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8 | byte;
    return value;
  }
};

}  // namespace postern
