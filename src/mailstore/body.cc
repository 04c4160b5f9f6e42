#include "mailstore/body.h"

#include <algorithm>

#include "base/codec.h"
#include "crypto/crypto.h"

namespace postern::mailstore {
namespace {

// Magic, version 1, no compression, chunks of 2^16, reserved.
constexpr std::string_view kHeader("PMB\x01\x00\x10\x00\x00", 8);
constexpr std::size_t kSealedChunk = kBodyChunk + crypto::kTagSize;

crypto::Nonce nonce_of(std::uint64_t index) {
  crypto::Nonce nonce{};
  for (int i = 0; i < 8; ++i) {
    nonce[static_cast<std::size_t>(11 - i)] = static_cast<std::uint8_t>(index >> (8 * i));
  }
  return nonce;
}

std::string aad_of(AccountId account, const engine::BlobId& blob, std::uint64_t index, bool last) {
  ByteWriter out;
  out.u64(account.value());
  out.bytes({reinterpret_cast<const char*>(blob.data()), blob.size()});
  out.bytes(kHeader);
  out.u64(index);
  out.u8(last ? 1 : 0);
  return out.take();
}

std::uint64_t chunk_count(std::uint64_t size) {
  return size == 0 ? 1 : (size + kBodyChunk - 1) / kBodyChunk;
}

}  // namespace

BodySealer::BodySealer(const Vault& vault, const engine::BlobId& blob)
    : account_(vault.account()), blob_(blob), key_(vault.blob_key(blob)) {}

void BodySealer::seal(std::string& out, bool last) {
  if (index_ == 0) out += kHeader;
  crypto::seal(key_, nonce_of(index_), aad_of(account_, blob_, index_, last), pending_, out);
  ++index_;
  pending_.clear();
}

std::string BodySealer::append(std::string_view plain) {
  std::string out;
  size_ += plain.size();
  while (!plain.empty()) {
    // A full chunk waits here until more bytes show that it is not the last.
    if (pending_.size() == kBodyChunk) seal(out, false);
    const std::size_t take = std::min(plain.size(), kBodyChunk - pending_.size());
    pending_ += plain.substr(0, take);
    plain.remove_prefix(take);
  }
  return out;
}

std::string BodySealer::finish() {
  std::string out;
  seal(out, true);
  return out;
}

BodyRange body_range(std::uint64_t size, std::uint64_t offset, std::size_t length) {
  BodyRange range;
  if (offset >= size || length == 0) return range;
  length = static_cast<std::size_t>(std::min<std::uint64_t>(length, size - offset));
  const std::uint64_t last_chunk = (offset + length - 1) / kBodyChunk;
  range.first_chunk = offset / kBodyChunk;
  range.chunks = last_chunk - range.first_chunk + 1;
  range.skip = static_cast<std::size_t>(offset % kBodyChunk);
  range.length = length;
  range.blob_offset = kHeader.size() + range.first_chunk * kSealedChunk;
  const std::uint64_t plain_end = std::min<std::uint64_t>(size, (last_chunk + 1) * kBodyChunk);
  range.blob_length = static_cast<std::size_t>(plain_end - range.first_chunk * kBodyChunk +
                                               range.chunks * crypto::kTagSize);
  return range;
}

Result<std::string> open_body(const Vault& vault, const BodyLocator& locator,
                              const BodyRange& range, std::string_view sealed) {
  std::string plain;
  if (range.length == 0) return plain;
  if (sealed.size() != range.blob_length) return fail(Errc::kCorrupt, "body: cut short");
  const crypto::Secret key = vault.blob_key(locator.blob);
  const std::uint64_t last = chunk_count(locator.size) - 1;
  plain.reserve(range.blob_length);
  for (std::uint64_t i = 0; i < range.chunks; ++i) {
    const std::uint64_t index = range.first_chunk + i;
    const std::string_view piece = sealed.substr(0, kSealedChunk);
    sealed.remove_prefix(piece.size());
    const auto opened =
        crypto::open(key, nonce_of(index),
                     aad_of(vault.account(), locator.blob, index, index == last), piece, plain);
    if (!opened)
      return fail(Errc::kCorrupt, "body: chunk " + std::to_string(index) + " does not open");
  }
  plain.resize(range.skip + range.length);
  plain.erase(0, range.skip);
  return plain;
}

}  // namespace postern::mailstore
