#include "engine/engine.h"

#include <gtest/gtest.h>

namespace postern::engine {
namespace {

TEST(PrefixEnd, IsTheSmallestKeyAboveThePrefix) {
  EXPECT_EQ(prefix_end("abc"), "abd");
  EXPECT_EQ(prefix_end(std::string("a\xff", 2)), "b");
  EXPECT_EQ(prefix_end(std::string("\x7f", 1)), std::string("\x80", 1));
  EXPECT_LT(std::string("abc\xff\xff"), prefix_end("abc"));
}

TEST(PrefixEnd, IsOpenWhereNothingIsGreater) {
  EXPECT_EQ(prefix_end(""), "");
  EXPECT_EQ(prefix_end("\xff\xff"), "");
}

TEST(ByteSize, CountsEverythingABatchCarries) {
  Batch batch;
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(byte_size(batch), 0u);
  batch.puts.emplace_back("key", "value");
  batch.deletes.emplace_back("ab");
  batch.delete_ranges.emplace_back("a", "bc");
  batch.drops.emplace_back();
  EXPECT_EQ(byte_size(batch), 8u + 2u + 3u + 16u);
  EXPECT_FALSE(batch.empty());
}

}  // namespace
}  // namespace postern::engine
