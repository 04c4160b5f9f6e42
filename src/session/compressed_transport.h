// CompressedTransport: the layer that COMPRESS=DEFLATE (RFC 4978) puts over a session's transport.
//
// SECURITY (bombs): what comes out is handed on in pieces of at most kPlain octets and meets the
// same limits as if it had come uncompressed; octets that give nothing cost what was sent. While it
// waits with nothing to read it holds the client's window and no buffer.
#pragma once

#include <optional>
#include <string>

#include "base/transport.h"
#include "session/deflate.h"

namespace postern::session {

class CompressedTransport final : public Transport {
 public:
  // `inner` outlives this.
  explicit CompressedTransport(Transport& inner) : inner_(inner) {}

  // Readable means octets of commands, or the end: the compressed stream may bring none for a
  // while, and meanwhile signals must get through.
  task<Result<Wake>> wait(Signal* signal, TimePoint deadline) override;
  // A stream that is broken, or a bomb: kClosed.
  task<Result<std::size_t>> read(std::span<char> into, TimePoint deadline) override;
  task<Result<void>> write(std::string_view bytes, TimePoint deadline) override;
  task<void> shutdown() override { return inner_.shutdown(); }
  void abort() override { inner_.abort(); }
  [[nodiscard]] const PeerInfo& peer() const override { return inner_.peer(); }

  // Ends both directions where they stand; from here on octets pass as they are, also those that
  // the client sent behind the end of its stream (RFC 8437 §4.1).
  void end();
  [[nodiscard]] bool active() const { return !passing_; }

  // Octets of buffers held now, zlib's window for the client not counted (tests: none when idle).
  [[nodiscard]] std::size_t held() const;

 private:
  static constexpr std::size_t kPacked = 4 * 1024;
  static constexpr std::size_t kPlain = 16 * 1024;

  // Uncompresses what is here, up to one buffer. False when that gave nothing.
  bool fill();
  // One read of the inner transport. The end, or an error other than kTimeout, is noted for good.
  task<Result<void>> take(TimePoint deadline);
  void release_memory();

  Transport& inner_;
  Deflater deflater_;
  Inflater inflater_;
  std::string packed_buffer_, plain_buffer_;
  std::string_view packed_, plain_;  // what is left of them
  bool full_ = false;                // the last fill() ended for want of room: there may be more
  bool ended_ = false;               // orderly: no more comes
  bool inner_ended_ = false;         // because the inner transport ended
  bool passing_ = false;             // after end()
  std::optional<Error> over_;
};

}  // namespace postern::session
