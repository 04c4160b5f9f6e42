// Input: the client's bytes from the transport through the framer, one event at a time.
//
// Before it waits it flushes the output, and while it waits between commands the session holds no
// buffers. It reads no further than one buffer ahead: what a client pipelines beyond it stays in
// the kernel until the commands before it are done.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "base/transport.h"
#include "imap/framer.h"
#include "session/output.h"
#include "session/registry.h"

namespace postern::session {

class Input {
 public:
  enum class Event : std::uint8_t {
    kCommand,
    kLine,
    kLiteral,
    kStreamBytes,
    kStreamEnd,
    kSkipped,
    kBad,       // as of imap::Framer
    kSignal,    // SessionEntry::wake was raised (and is taken)
    kDeadline,  // nothing came in time
    kClosed,    // the peer is gone, or reads no more
  };
  struct Patience {
    TimePoint idle_until;  // between commands
    TimePoint total;       // whatever happens
  };

  Input(Transport& transport, Clock& clock, Output& out, SessionEntry& entry, Duration stall);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  task<Event> next(Patience patience);

  // From here on the bytes come from `transport`, which outlives the input. What was read ahead
  // stays.
  void set_transport(Transport& transport) { transport_ = &transport; }

  [[nodiscard]] imap::Framer& framer() { return framer_; }
  // Bytes that were read and not yet framed: what the client pipelined, as far as it is here.
  [[nodiscard]] std::string_view ahead() const { return pending_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // Bytes held now (tests: an idle session holds none).
  [[nodiscard]] std::size_t held() const { return buffer_.capacity() > 64 ? buffer_.size() : 0; }

  // SECURITY: what is in the buffer now may be a password; it is wiped before the memory is reused.
  void wipe_later() { secret_ = true; }

 private:
  static constexpr std::size_t kBuffer = 16 * 1024;
  [[nodiscard]] static Event to_event(imap::Framer::Action action);
  void give_back();

  Transport* transport_;
  Clock& clock_;
  Output& out_;
  SessionEntry& entry_;
  const Duration stall_;
  imap::Framer framer_;
  std::string buffer_;
  std::string_view pending_;  // into buffer_
  std::uint64_t bytes_ = 0;
  bool secret_ = false;
};

}  // namespace postern::session
