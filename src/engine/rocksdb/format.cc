#include "engine/rocksdb/format.h"

#include <limits>

#include "base/codec.h"
#include "engine/rocksdb/crc32c.h"

namespace postern::engine {
namespace {

constexpr std::string_view kSegmentMagic = "PostSegm";
constexpr std::string_view kFrameMagic = "PoFr";
constexpr std::uint16_t kSegmentVersion = 1;
constexpr std::uint16_t kFrameVersion = 1;

std::string sealed(ByteWriter& writer) {
  writer.u32(crc32c(writer.str()));
  return writer.take();
}

// The CRC-32C in the last four bytes covers everything before it.
bool seal_holds(std::string_view bytes) {
  ByteReader crc(bytes.substr(bytes.size() - 4));
  return crc.u32() == crc32c(bytes.substr(0, bytes.size() - 4));
}

BlobId to_blob_id(std::string_view bytes) {
  BlobId id{};
  for (std::size_t i = 0; i < id.size() && i < bytes.size(); ++i)
    id[i] = static_cast<std::uint8_t>(bytes[i]);
  return id;
}

std::string_view view(const BlobId& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

}  // namespace

std::string encode(const SegmentHeader& header) {
  ByteWriter out;
  out.bytes(kSegmentMagic);
  out.u16(kSegmentVersion);
  out.u8(static_cast<std::uint8_t>(header.kind));
  out.u8(0);
  out.u64(header.number);
  out.u64(0);
  return sealed(out);
}

std::string encode(const FrameHeader& header) {
  ByteWriter out;
  out.bytes(kFrameMagic);
  out.u16(kFrameVersion);
  out.u16(0);
  out.u64(header.account.value());
  out.bytes(view(header.id));
  out.u64(header.length);
  out.u32(header.payload_crc);
  return sealed(out);
}

std::string encode(const Locator& locator) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(locator.kind));
  out.u64(locator.segment);
  out.u64(locator.offset);
  out.u64(locator.length);
  out.u32(locator.payload_crc);
  return out.take();
}

std::string encode(const SegmentUse& use) {
  ByteWriter out;
  out.u64(use.frames);
  out.u64(use.bytes);
  return out.take();
}

Result<SegmentHeader> parse_segment_header(std::string_view bytes) {
  if (bytes.size() != kSegmentHeaderSize || !bytes.starts_with(kSegmentMagic) ||
      !seal_holds(bytes)) {
    return fail(Errc::kCorrupt, "segment header");
  }
  ByteReader in(bytes.substr(kSegmentMagic.size()));
  if (in.u16() != kSegmentVersion) return fail(Errc::kInvalid, "segment of a newer version");
  SegmentHeader header;
  header.kind = SegmentKind{in.u8()};
  in.u8();
  header.number = in.u64();
  if (header.kind != SegmentKind::kShared && header.kind != SegmentKind::kExclusive) {
    return fail(Errc::kInvalid, "segment of an unknown kind");
  }
  return header;
}

Result<FrameHeader> parse_frame_header(std::string_view bytes) {
  if (bytes.size() != kFrameHeaderSize || !bytes.starts_with(kFrameMagic) || !seal_holds(bytes)) {
    return fail(Errc::kCorrupt, "frame header");
  }
  ByteReader in(bytes.substr(kFrameMagic.size()));
  if (in.u16() != kFrameVersion) return fail(Errc::kInvalid, "frame of a newer version");
  in.u16();
  FrameHeader header;
  header.account = AccountId{in.u64()};
  header.id = to_blob_id(in.bytes(sizeof(BlobId)));
  header.length = in.u64();
  header.payload_crc = in.u32();
  if (header.length > kMaxBlobSize) return fail(Errc::kCorrupt, "frame length");
  return header;
}

Result<Locator> parse_locator(std::string_view bytes) {
  ByteReader in(bytes);
  Locator locator;
  locator.kind = SegmentKind{in.u8()};
  locator.segment = in.u64();
  locator.offset = in.u64();
  locator.length = in.u64();
  locator.payload_crc = in.u32();
  const bool known =
      locator.kind == SegmentKind::kShared || locator.kind == SegmentKind::kExclusive;
  if (!in.ok() || !in.at_end() || !known || locator.length > kMaxBlobSize ||
      locator.offset < kSegmentHeaderSize || locator.offset % kFrameAlignment != 0 ||
      locator.offset > std::numeric_limits<std::uint64_t>::max() / 4) {
    return fail(Errc::kCorrupt, "locator");
  }
  return locator;
}

Result<SegmentUse> parse_segment_use(std::string_view bytes) {
  ByteReader in(bytes);
  SegmentUse use;
  use.frames = in.u64();
  use.bytes = in.u64();
  if (!in.ok() || !in.at_end()) return fail(Errc::kCorrupt, "segment use record");
  return use;
}

std::string segment_file_name(std::uint64_t number) {
  std::string name(16, '0');
  for (std::size_t i = 16; i-- > 0; number >>= 4) name[i] = "0123456789abcdef"[number & 15];
  return name + ".seg";
}

std::optional<std::uint64_t> parse_segment_file_name(std::string_view name) {
  if (name.size() != 20 || !name.ends_with(".seg")) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : name.substr(0, 16)) {
    const auto digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    number = number << 4 | digit;
  }
  return number;
}

std::string account_key(AccountId account, std::string_view tail) {
  ByteWriter out;
  out.u64(account.value());
  out.bytes(tail);
  return out.take();
}

std::string blob_key(AccountId account, const BlobId& id) {
  return account_key(account, view(id));
}

std::optional<AccountId> account_of_key(std::string_view key) {
  ByteReader in(key);
  const AccountId account{in.u64()};
  if (!in.ok()) return std::nullopt;
  return account;
}

std::string account_end(AccountId account) {
  if (account.value() == AccountId::kMaxValue) return {};
  return account_key(AccountId{account.value() + 1});
}

namespace {
std::string numbered(char kind, std::uint64_t number) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(kind));
  out.u64(number);
  return out.take();
}
}  // namespace

std::string use_key(std::uint64_t segment) {
  return numbered('s', segment);
}
std::string unlink_key(std::uint64_t segment) {
  return numbered('x', segment);
}

}  // namespace postern::engine
