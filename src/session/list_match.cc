#include "session/list_match.h"

#include <algorithm>

#include "base/ascii.h"
#include "mailstore/folders.h"
#include "mime/decode.h"

namespace postern::session {
namespace {

constexpr std::string_view kInbox = "INBOX";

bool wildcard(char c) {
  return c == '*' || c == '%';
}

// How many leading octets of `name` compare without case.
std::size_t caseless_prefix(std::string_view name) {
  const bool inbox = name.starts_with(kInbox) &&
                     (name.size() == kInbox.size() || name[kInbox.size()] == mailstore::kDelimiter);
  return inbox ? kInbox.size() : 0;
}

}  // namespace

ListPattern::ListPattern(std::string_view reference, std::string_view pattern) {
  std::string joined(reference);
  joined += pattern;
  joined = mime::to_nfc(joined);
  for (const char c : joined) {
    if (wildcard(c) && !pattern_.empty() && wildcard(pattern_.back())) {
      if (c == '*') pattern_.back() = '*';
      continue;
    }
    pattern_ += c;
  }
  literal_ = static_cast<std::size_t>(std::find_if(pattern_.begin(), pattern_.end(), wildcard) -
                                      pattern_.begin());
}

void ListPattern::close_over_wildcards(std::vector<std::uint8_t>& set) const {
  // A wildcard may match nothing; two never stand side by side, so one pass does.
  for (std::size_t j = 0; j < pattern_.size(); ++j) {
    if (set[j] != 0 && wildcard(pattern_[j])) set[j + 1] = 1;
  }
}

bool ListPattern::matches(std::string_view name, std::uint64_t& steps) {
  const std::size_t caseless = caseless_prefix(name);
  const auto same = [&](std::size_t at, char pattern) {
    return at < caseless ? ascii_upper(pattern) == name[at] : pattern == name[at];
  };
  // Most names fail in the literal part.
  steps += 1;
  if (literal_ > name.size()) return false;
  for (std::size_t i = 0; i < literal_; ++i) {
    if (!same(i, pattern_[i])) return false;
  }
  steps += literal_;
  if (literal_ == pattern_.size()) return name.size() == literal_;
  if (pattern_.size() == literal_ + 1 && pattern_[literal_] == '*') return true;

  now_.assign(pattern_.size() + 1, 0);
  now_[literal_] = 1;
  close_over_wildcards(now_);
  for (std::size_t i = literal_; i < name.size(); ++i) {
    steps += pattern_.size() - literal_;
    next_.assign(pattern_.size() + 1, 0);
    bool alive = false;
    for (std::size_t j = literal_; j < pattern_.size(); ++j) {
      if (now_[j] == 0) continue;
      const char c = pattern_[j];
      if (c == '*' || (c == '%' && name[i] != mailstore::kDelimiter)) {
        next_[j] = 1;
        alive = true;
      } else if (c != '%' && same(i, c)) {
        next_[j + 1] = 1;
        alive = true;
      }
    }
    if (!alive) return false;
    close_over_wildcards(next_);
    now_.swap(next_);
  }
  return now_[pattern_.size()] != 0;
}

}  // namespace postern::session
