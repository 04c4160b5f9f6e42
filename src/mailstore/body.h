// Body format: a message's bytes as one blob, sealed in chunks so that any range is cheap to read.
//
//   blob  := header(8) chunk+
//   chunk := AES-256-GCM(plain of 65,536 octets; the last one shorter or equal, never absent)
//   tag(16)
//
// The key is derived from the random blob id and seals one body only; the nonce is the chunk's
// index, so no (key, nonce) pair seals twice. The AAD binds account, blob, header, index and "this
// is the last".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/secret.h"
#include "mailstore/vault.h"

namespace postern::mailstore {

inline constexpr std::size_t kBodyChunk = 65'536;

// Seals a stream of plain bytes. Not thread-safe.
class BodySealer {
 public:
  BodySealer(const Vault& vault, const engine::BlobId& blob);
  // What is to be appended to the blob, which may be nothing yet.
  [[nodiscard]] std::string append(std::string_view plain);
  [[nodiscard]] std::string finish();
  [[nodiscard]] std::uint64_t size() const { return size_; }  // plain bytes so far

 private:
  void seal(std::string& out, bool last);
  AccountId account_;
  engine::BlobId blob_;
  crypto::Secret key_;
  std::string pending_;  // less than a chunk, or one whole chunk that may be the last
  std::uint64_t index_ = 0;
  std::uint64_t size_ = 0;
};

// The part of a blob that holds plain bytes [offset, offset + length) of `size`.
struct BodyRange {
  std::uint64_t first_chunk = 0;
  std::uint64_t chunks = 0;
  std::uint64_t blob_offset = 0;
  std::size_t blob_length = 0;
  std::size_t skip = 0;    // plain bytes to leave out at the front
  std::size_t length = 0;  // plain bytes wanted; 0: nothing to read
};
[[nodiscard]] BodyRange body_range(std::uint64_t size, std::uint64_t offset, std::size_t length);

// The wanted plain bytes out of what read_blob() gave for `range`. kCorrupt.
[[nodiscard]] Result<std::string> open_body(const Vault& vault, const BodyLocator& locator,
                                            const BodyRange& range, std::string_view sealed);

}  // namespace postern::mailstore
