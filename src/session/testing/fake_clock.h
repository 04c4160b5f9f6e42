// A clock that moves only when told to.
#pragma once

#include "base/clock.h"

namespace postern::session {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] std::int64_t unix_seconds() const override { return unix_millis() / 1000; }
  [[nodiscard]] std::int64_t unix_millis() const override {
    return 1'700'000'000'000 +
           std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
  }
  void advance(Duration by) { now_ += by; }

 private:
  TimePoint now_{std::chrono::hours(1)};
};

}  // namespace postern::session
