#include "app/recent_errors.h"

#include <unistd.h>

namespace postern::app {

RecentErrors::RecentErrors() {
  set_log_sink([this](LogLevel level, std::string_view line) { take(level, line); });
}

RecentErrors::~RecentErrors() {
  set_log_sink(nullptr);
}

void RecentErrors::take(LogLevel level, std::string_view line) {
  std::string text(line);
  if (level >= LogLevel::kWarn) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(text);
    if (lines_.size() > kKept) lines_.pop_front();
  }
  text += '\n';
  // One write a line; when nobody reads stderr there is nobody to tell.
  (void)!write(STDERR_FILENO, text.data(), text.size());
}

std::vector<std::string> RecentErrors::lines() const {
  const std::lock_guard lock(mutex_);
  return {lines_.begin(), lines_.end()};
}

}  // namespace postern::app
