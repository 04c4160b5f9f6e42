// The two directions of COMPRESS=DEFLATE (RFC 4978, RFC 1951) as machines without I/O, over zlib.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "session/response_scan.h"

struct z_stream_s;

namespace postern::session {

// Ends and frees a zlib stream of its direction.
struct EndDeflate {
  void operator()(z_stream_s* stream) const;
};
struct EndInflate {
  void operator()(z_stream_s* stream) const;
};

// Compresses responses. LIMIT: about 100 KiB while it works, nothing after release_memory().
class Deflater {
 public:
  // Appends `plain` to `packed`, whole: the peer can read all of it. Responses with strings do not
  // share a dictionary with any other (ResponseScan).
  void compress(std::string_view plain, std::string& packed);
  // What follows refers to nothing before it.
  void release_memory() { stream_.reset(); }
  [[nodiscard]] bool holds_memory() const { return stream_ != nullptr; }

 private:
  void run(std::string_view plain, int flush, std::string& packed);

  ResponseScan scan_;
  std::unique_ptr<z_stream_s, EndDeflate> stream_;  // null: begins afresh
};

// Uncompresses commands. LIMIT: 40 KiB for as long as it lives: the client may refer to its last
// 32 KiB at any time.
class Inflater {
 public:
  Inflater();

  // Takes octets from the front of `packed` and fills `into` from its front; returns how much.
  // Fewer than into.size(): `packed` is used up, or the stream has ended. kInvalid for what is no
  // DEFLATE; kLimit for a bomb.
  [[nodiscard]] Result<std::size_t> inflate(std::string_view& packed, std::span<char> into);
  // The client has ended the compressed stream.
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  // LIMIT: octets out of the stream: so many at first, and so many for each octet in. DEFLATE gives
  // at most 1,032 for one; a mail of equal lines comes near, commands stay far below.
  static constexpr std::uint64_t kAllowance = 64u << 20;
  static constexpr std::uint64_t kRatio = 100;

  std::unique_ptr<z_stream_s, EndInflate> stream_;
  std::uint64_t in_ = 0, out_ = 0;
  bool ended_ = false;
};

}  // namespace postern::session
