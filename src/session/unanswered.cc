#include "session/unanswered.h"

#include <algorithm>
#include <utility>

namespace postern::session {
namespace {

bool same_words(const UnansweredAppend& a, const UnansweredAppend& b) {
  const auto moment = [](const UnansweredAppend& append) {
    return append.date ? std::pair(append.date->unix_seconds, append.date->zone_minutes)
                       : std::pair<std::int64_t, std::int16_t>();
  };
  return a.account == b.account && a.mailbox == b.mailbox && a.size == b.size &&
         a.flags == b.flags && a.date.has_value() == b.date.has_value() && moment(a) == moment(b);
}

}  // namespace

void UnansweredAppends::add(UnansweredAppend append) {
  const std::scoped_lock lock(mutex_);
  const auto of_account = [&](const Kept& kept) { return kept.append.account == append.account; };
  if (static_cast<std::size_t>(std::count_if(kept_.begin(), kept_.end(), of_account)) >=
      kMostOfAccount) {
    kept_.erase(std::find_if(kept_.begin(), kept_.end(), of_account));
  }
  if (kept_.size() >= kMost) kept_.pop_front();
  kept_.push_back({std::move(append), clock_.now() + kPatience});
}

std::optional<UnansweredAppend> UnansweredAppends::claim(const UnansweredAppend& repeat) {
  const std::scoped_lock lock(mutex_);
  while (!kept_.empty() && kept_.front().until <= clock_.now()) kept_.pop_front();
  const auto at = std::find_if(kept_.begin(), kept_.end(),
                               [&](const Kept& kept) { return same_words(kept.append, repeat); });
  if (at == kept_.end()) return std::nullopt;
  UnansweredAppend found = std::move(at->append);
  kept_.erase(at);
  return found;
}

std::size_t UnansweredAppends::size() const {
  const std::scoped_lock lock(mutex_);
  return kept_.size();
}

}  // namespace postern::session
