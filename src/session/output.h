// Output: the session's bounded output queue in front of the transport.
//
// Handlers append responses to buffer() and call flush() whenever full() says so; the await is the
// back-pressure. One owner, one coroutine. The first failed write latches failed(); from then on
// everything is dropped, so handlers need to look at the result only to stop early.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "base/transport.h"
#include "session/registry.h"

namespace postern::session {

class Output {
 public:
  static constexpr std::size_t kFlushAt = 32 * 1024;
  // LIMIT: nothing larger than this ever waits in memory; single responses are smaller, and the
  // bytes of messages go through write() in pieces.
  static constexpr std::size_t kCap = 256 * 1024;

  // All outlive the output. `stall`: the longest time without progress.
  Output(Transport& transport, Clock& clock, SessionEntry& entry, Duration stall);

  [[nodiscard]] std::string& buffer() { return buffer_; }
  void append(std::string_view text) { buffer_ += text; }
  [[nodiscard]] bool full() const { return buffer_.size() >= kFlushAt; }

  // Hands everything to the transport. False when the peer is gone.
  task<bool> flush();
  // Appends `piece` (alive until the await ends); what does not fit is written without copying it.
  task<bool> write(std::string_view piece);

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool timed_out() const { return timed_out_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t high_water() const { return high_water_; }

  // From here on the bytes go to `transport`, which outlives the output. Precondition: flushed.
  void set_transport(Transport& transport) { transport_ = &transport; }

  // Gives the buffer back; only when it is empty.
  void release_memory();
  // Drops what waits: the stream cannot be completed any more.
  void fail();

 private:
  task<bool> send(std::string_view bytes);

  Transport* transport_;
  Clock& clock_;
  SessionEntry& entry_;
  const Duration stall_;
  std::string buffer_;
  std::uint64_t bytes_ = 0;
  std::size_t high_water_ = 0;
  bool failed_ = false;
  bool timed_out_ = false;
};

}  // namespace postern::session
