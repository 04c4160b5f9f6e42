#include "engine/rocksdb/format.h"

#include <gtest/gtest.h>

#include "engine/rocksdb/crc32c.h"

namespace postern::engine {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

BlobId counting_id() {
  BlobId id{};
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::uint8_t>(i);
  return id;
}

TEST(Crc32c, HasTheKnownValues) {
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);  // RFC 3720 B.4
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
}

TEST(Crc32c, ExtendsAtEverySplit) {
  const std::string text = "The quick brown fox jumps over the lazy dog";
  for (std::size_t i = 0; i <= text.size(); ++i) {
    EXPECT_EQ(crc32c(text.substr(i), crc32c(text.substr(0, i))), crc32c(text)) << i;
  }
}

// The worked example of docs/formats/engine.md.
TEST(Format, TheWorkedExample) {
  EXPECT_EQ(hex(encode(SegmentHeader{.kind = SegmentKind::kShared, .number = 1})),
            "506f73745365676d"
            "0001"
            "01"
            "00"
            "0000000000000001"
            "0000000000000000"
            "2d41e8eb");
  EXPECT_EQ(hex(encode(FrameHeader{.account = AccountId{7},
                                   .id = counting_id(),
                                   .length = 5,
                                   .payload_crc = crc32c("hello")})),
            "506f4672"
            "0001"
            "0000"
            "0000000000000007"
            "000102030405060708090a0b0c0d0e0f"
            "0000000000000005"
            "9a71bb4c"
            "95766771");
  EXPECT_EQ(hex(blob_key(AccountId{7}, counting_id())),
            "0000000000000007"
            "000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(
      hex(encode(Locator{.segment = 1, .offset = 32, .length = 5, .payload_crc = crc32c("hello")})),
      "01"
      "0000000000000001"
      "0000000000000020"
      "0000000000000005"
      "9a71bb4c");
  EXPECT_EQ(hex(encode(SegmentUse{.frames = 1, .bytes = 64})),
            "0000000000000001"
            "0000000000000040");
  EXPECT_EQ(hex(use_key(1)),
            "73"
            "0000000000000001");
  EXPECT_EQ(hex(unlink_key(2)),
            "78"
            "0000000000000002");
}

TEST(Format, RoundTrips) {
  const auto segment =
      parse_segment_header(encode(SegmentHeader{.kind = SegmentKind::kExclusive, .number = 42}));
  ASSERT_TRUE(segment.has_value());
  EXPECT_EQ(segment->kind, SegmentKind::kExclusive);
  EXPECT_EQ(segment->number, 42u);
  const FrameHeader frame{.account = AccountId{UINT64_MAX},
                          .id = counting_id(),
                          .length = kMaxBlobSize,
                          .payload_crc = 9};
  const auto parsed = parse_frame_header(encode(frame));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->account, frame.account);
  EXPECT_EQ(parsed->id, frame.id);
  EXPECT_EQ(parsed->length, frame.length);
  EXPECT_EQ(parsed->payload_crc, 9u);
  const auto locator = parse_locator(encode(Locator{
      .kind = SegmentKind::kExclusive, .segment = 3, .offset = 48, .length = 5, .payload_crc = 6}));
  ASSERT_TRUE(locator.has_value());
  EXPECT_EQ(locator->kind, SegmentKind::kExclusive);
  EXPECT_EQ(locator->segment, 3u);
  EXPECT_EQ(locator->offset, 48u);
  EXPECT_EQ(locator->length, 5u);
}

TEST(Format, EveryFlippedBitAndEveryOtherLengthIsRefused) {
  const std::string frame = encode(
      FrameHeader{.account = AccountId{7}, .id = counting_id(), .length = 5, .payload_crc = 1});
  const std::string segment = encode(SegmentHeader{.kind = SegmentKind::kShared, .number = 1});
  ASSERT_EQ(frame.size(), kFrameHeaderSize);
  ASSERT_EQ(segment.size(), kSegmentHeaderSize);
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    std::string bad = frame;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(parse_frame_header(bad).has_value()) << bit;
    if (bit / 8 >= segment.size()) continue;
    bad = segment;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(parse_segment_header(bad).has_value()) << bit;
  }
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_FALSE(parse_frame_header(frame.substr(0, size)).has_value());
    EXPECT_EQ(parse_segment_header(segment.substr(0, size)).has_value(), size >= segment.size());
  }
  EXPECT_FALSE(parse_frame_header(frame + '\0').has_value());
  EXPECT_FALSE(parse_frame_header(std::string(kFrameHeaderSize, '\0')).has_value());
}

TEST(Format, LocatorsOutOfRangeAreRefused) {
  const auto refused = [](Locator locator) { return !parse_locator(encode(locator)).has_value(); };
  EXPECT_FALSE(refused({.segment = 1, .offset = 32, .length = 0}));
  EXPECT_TRUE(refused({.segment = 1, .offset = 16, .length = 1}));
  EXPECT_TRUE(refused({.segment = 1, .offset = 33, .length = 1}));
  EXPECT_TRUE(refused({.segment = 1, .offset = UINT64_MAX - 15, .length = 1}));
  EXPECT_TRUE(refused({.segment = 1, .offset = 32, .length = kMaxBlobSize + 1}));
  EXPECT_TRUE(refused({.kind = SegmentKind{3}, .segment = 1, .offset = 32, .length = 1}));
  EXPECT_FALSE(parse_locator("").has_value());
  EXPECT_FALSE(parse_locator(encode(Locator{.segment = 1, .offset = 32}) + "x").has_value());
}

TEST(Format, FileNames) {
  EXPECT_EQ(segment_file_name(0x2a), "000000000000002a.seg");
  EXPECT_EQ(parse_segment_file_name("000000000000002a.seg"), 0x2au);
  EXPECT_EQ(parse_segment_file_name(segment_file_name(UINT64_MAX)), UINT64_MAX);
  for (const char* other : {"", "2a.seg", "000000000000002A.seg", "000000000000002a.seg~",
                            "x00000000000002a.seg", "000000000000002a.tmp"}) {
    EXPECT_EQ(parse_segment_file_name(other), std::nullopt) << other;
  }
}

TEST(Format, ExtentsAreAligned) {
  EXPECT_EQ(frame_extent(0), 48u);
  EXPECT_EQ(frame_extent(1), 64u);
  EXPECT_EQ(frame_extent(16), 64u);
  EXPECT_EQ(frame_extent(17), 80u);
}

}  // namespace
}  // namespace postern::engine
