// The bytes of body segments and of the engine's own keys, without I/O. docs/formats/engine.md is
// the grammar; a change here changes kFormatVersion or a record's version there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "engine/engine.h"

namespace postern::engine {

// Of the data directory as a whole, in the VERSION file.
inline constexpr unsigned kFormatVersion = 1;

inline constexpr std::size_t kSegmentHeaderSize = 32;
inline constexpr std::size_t kFrameHeaderSize = 48;
inline constexpr std::uint64_t kFrameAlignment = 16;

// LIMIT: the payload of one blob; far above any message, far below what overflows an offset.
inline constexpr std::uint64_t kMaxBlobSize = std::uint64_t{1} << 40;

enum class SegmentKind : std::uint8_t {
  kShared = 1,     // many frames, appended by the committer
  kExclusive = 2,  // one frame: a large blob; the file goes with the blob
};

struct SegmentHeader {
  SegmentKind kind = SegmentKind::kShared;
  std::uint64_t number = 0;
};

struct FrameHeader {
  AccountId account;
  BlobId id{};
  std::uint64_t length = 0;       // payload bytes
  std::uint32_t payload_crc = 0;  // CRC-32C of the payload
};

// Where a blob lies: the value of the "blob" column family.
struct Locator {
  SegmentKind kind = SegmentKind::kShared;
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;  // of the frame header
  std::uint64_t length = 0;  // payload bytes
  std::uint32_t payload_crc = 0;
};

// Live frames and their bytes (headers and padding included) of one shared segment.
struct SegmentUse {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
};

[[nodiscard]] std::string encode(const SegmentHeader& header);
[[nodiscard]] std::string encode(const FrameHeader& header);
[[nodiscard]] std::string encode(const Locator& locator);
[[nodiscard]] std::string encode(const SegmentUse& use);
// kCorrupt on a wrong size, magic, check sum or range; kInvalid on a version this program does not
// know.
[[nodiscard]] Result<SegmentHeader> parse_segment_header(std::string_view bytes);
[[nodiscard]] Result<FrameHeader> parse_frame_header(std::string_view bytes);
[[nodiscard]] Result<Locator> parse_locator(std::string_view bytes);
[[nodiscard]] Result<SegmentUse> parse_segment_use(std::string_view bytes);

// Header, payload and padding up to where the next frame may begin.
[[nodiscard]] constexpr std::uint64_t frame_extent(std::uint64_t payload) {
  return (kFrameHeaderSize + payload + kFrameAlignment - 1) / kFrameAlignment * kFrameAlignment;
}

// "000000000000002a.seg" and back.
[[nodiscard]] std::string segment_file_name(std::uint64_t number);
[[nodiscard]] std::optional<std::uint64_t> parse_segment_file_name(std::string_view name);

// Keys. Column family "meta": account u64 + the caller's key; "blob": account u64 + blob id.
[[nodiscard]] std::string account_key(AccountId account, std::string_view tail = {});
[[nodiscard]] std::string blob_key(AccountId account, const BlobId& id);
[[nodiscard]] std::optional<AccountId> account_of_key(std::string_view key);
// The first key after all of the account; "" for the last account: nothing can follow it.
[[nodiscard]] std::string account_end(AccountId account);

// Column family "default", the engine's own records.
inline constexpr std::string_view kOpensKey = "opens";  // u64: how often the store was opened
inline constexpr std::string_view kCheckedKey =
    "checked";  // u64: segments below were examined at a start
[[nodiscard]] std::string use_key(std::uint64_t segment);     // "s" u64 -> SegmentUse
[[nodiscard]] std::string unlink_key(std::uint64_t segment);  // "x" u64 -> "": file to be unlinked

}  // namespace postern::engine
