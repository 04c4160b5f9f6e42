#include "session/output.h"

#include <algorithm>

namespace postern::session {

Output::Output(Transport& transport, Clock& clock, SessionEntry& entry, Duration stall)
    : transport_(&transport), clock_(clock), entry_(entry), stall_(stall) {}

task<bool> Output::flush() {
  high_water_ = std::max(high_water_, buffer_.size());
  if (buffer_.empty()) co_return !failed_;
  const bool sent = co_await send(buffer_);
  buffer_.clear();
  co_return sent;
}

task<bool> Output::write(std::string_view piece) {
  if (buffer_.size() + piece.size() <= kFlushAt) {
    buffer_ += piece;
    co_return !failed_;
  }
  if (!co_await flush()) co_return false;
  co_return co_await send(piece);
}

task<bool> Output::send(std::string_view bytes) {
  // A slice a deadline: a peer that reads slowly but steadily is served for as long as it takes.
  while (!bytes.empty() && !failed_) {
    const std::string_view slice = bytes.substr(0, 2 * kFlushAt);
    const TimePoint now = clock_.now();
    entry_.set_writing(true, now);
    const Result<void> sent = co_await transport_->write(slice, now + stall_);
    entry_.set_writing(false, now);
    if (!sent) {
      failed_ = true;
      timed_out_ = sent.error().code == Errc::kTimeout;
      break;
    }
    bytes_ += slice.size();
    bytes.remove_prefix(slice.size());
  }
  co_return !failed_;
}

void Output::release_memory() {
  if (buffer_.empty()) std::string().swap(buffer_);
}

void Output::fail() {
  failed_ = true;
  buffer_.clear();
}

}  // namespace postern::session
