// Keeps the latest warnings and errors of the log for `status`, and passes every line on to stderr.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"

namespace postern::app {

class RecentErrors {
 public:
  static constexpr std::size_t kKept = 10;

  RecentErrors();   // becomes the sink of the log
  ~RecentErrors();  // stderr again
  RecentErrors(const RecentErrors&) = delete;
  RecentErrors& operator=(const RecentErrors&) = delete;

  [[nodiscard]] std::vector<std::string> lines() const;  // oldest first

 private:
  void take(LogLevel level, std::string_view line);

  mutable std::mutex mutex_;
  std::deque<std::string> lines_;  // guarded by mutex_
};

}  // namespace postern::app
