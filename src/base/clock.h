// Clock: the seam for time. Machines and handlers get time handed in; nobody reads a clock on the
// side.
#pragma once

#include <chrono>
#include <cstdint>

namespace postern {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  // For deadlines and durations; never goes back.
  [[nodiscard]] virtual TimePoint now() const = 0;
  // Seconds since 1970-01-01 UTC, for INTERNALDATE, Received and logs; may jump.
  [[nodiscard]] virtual std::int64_t unix_seconds() const = 0;
  [[nodiscard]] virtual std::int64_t unix_millis() const = 0;
};

// The machine's clock.
[[nodiscard]] Clock& system_clock();

}  // namespace postern
