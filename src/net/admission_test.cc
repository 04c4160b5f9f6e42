#include "net/admission.h"

#include <gtest/gtest.h>

#include <vector>

namespace postern::net {
namespace {

AddressKey address(std::uint8_t n) {
  AddressKey key{};
  key[15] = n;
  return key;
}

class AdmissionTest : public ::testing::Test {
 protected:
  AdmissionTable::Id admit(std::uint8_t from, int name) {
    return table_.admit(address(from), [this, name] { closed_.push_back(name); });
  }
  AdmissionTable table_{{.total = 4, .per_address = 2}};
  std::vector<int> closed_;
};

TEST_F(AdmissionTest, TheOldestOfAnAddressMakesRoom) {
  (void)admit(1, 1);
  (void)admit(2, 2);
  (void)admit(1, 3);
  EXPECT_TRUE(closed_.empty()) << "at the limit";
  (void)admit(1, 4);
  EXPECT_EQ(closed_, std::vector<int>{1});
  (void)admit(1, 5);
  EXPECT_EQ(closed_, (std::vector<int>{1, 3}));
  EXPECT_EQ(table_.size(), 3u);
}

TEST_F(AdmissionTest, TheOldestOfAllMakesRoom) {
  for (std::uint8_t i = 1; i <= 4; ++i) (void)admit(i, i);
  EXPECT_TRUE(closed_.empty());
  (void)admit(5, 5);
  EXPECT_EQ(closed_, std::vector<int>{1});
  EXPECT_EQ(table_.size(), 4u);
}

TEST_F(AdmissionTest, WhoSignedInIsNotCounted) {
  const auto first = admit(1, 1);
  (void)admit(1, 2);
  table_.leave(first);
  table_.leave(first);
  table_.leave(999);
  (void)admit(1, 3);
  EXPECT_TRUE(closed_.empty());
  (void)admit(1, 4);
  EXPECT_EQ(closed_, std::vector<int>{2});
}

}  // namespace
}  // namespace postern::net
