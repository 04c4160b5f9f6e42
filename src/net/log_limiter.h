// LogLimiter: at most so many lines a period, and a count of those left out. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace postern::net {

class LogLimiter {
 public:
  LogLimiter(std::uint64_t lines, Duration period) : lines_(lines), period_(period) {}

  // A value: log the line, with the number of lines left out before it. nullopt: leave it out.
  [[nodiscard]] std::optional<std::uint64_t> allow(TimePoint now) {
    const std::lock_guard lock(mutex_);
    if (used_ == 0 || now - begin_ >= period_) {
      begin_ = now;
      used_ = 0;
    }
    if (used_ >= lines_) {
      ++left_out_;
      return std::nullopt;
    }
    ++used_;
    return std::exchange(left_out_, 0);
  }

 private:
  const std::uint64_t lines_;
  const Duration period_;
  std::mutex mutex_;
  TimePoint begin_{};
  std::uint64_t used_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace postern::net
