#include "base/codec.h"

#include <gtest/gtest.h>

#include <limits>

namespace postern {
namespace {

TEST(Codec, RoundTripsEdges) {
  ByteWriter out;
  out.u8(255);
  out.u16(0x1234);
  out.u32(UINT32_MAX);
  out.u64(1);
  out.varint(UINT64_MAX);
  out.varint(0);
  out.svarint(std::numeric_limits<std::int64_t>::min());
  out.svarint(-1);
  out.string(std::string_view("a\0b", 3));
  ByteReader in(out.str());
  EXPECT_EQ(in.u8(), 255);
  EXPECT_EQ(in.u16(), 0x1234);
  EXPECT_EQ(in.u32(), UINT32_MAX);
  EXPECT_EQ(in.u64(), 1u);
  EXPECT_EQ(in.varint(), UINT64_MAX);
  EXPECT_EQ(in.varint(), 0u);
  EXPECT_EQ(in.svarint(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(in.svarint(), -1);
  EXPECT_EQ(in.string(), std::string_view("a\0b", 3));
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.at_end());
}

TEST(Codec, EveryTruncationFailsAndStaysFailed) {
  ByteWriter out;
  out.u32(7);
  out.varint(300);
  out.string("hello");
  for (std::size_t cut = 0; cut < out.str().size(); ++cut) {
    ByteReader in(std::string_view(out.str()).substr(0, cut));
    in.u32();
    in.varint();
    in.string();
    EXPECT_FALSE(in.ok()) << cut;
    EXPECT_EQ(in.u64(), 0u);
  }
}

TEST(Codec, RefusesVarintsPast64BitsAndHugeLengths) {
  ByteReader eleven(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10));
  eleven.varint();
  EXPECT_FALSE(eleven.ok());
  ByteReader huge(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x", 11));
  EXPECT_TRUE(huge.string().empty());
  EXPECT_FALSE(huge.ok());
}

TEST(Codec, BigEndianKeysSortAsNumbers) {
  ByteWriter small, large;
  small.u64(255);
  large.u64(256);
  EXPECT_LT(small.str(), large.str());
}

}  // namespace
}  // namespace postern
