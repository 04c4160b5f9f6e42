#include "base/interval_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace postern {
namespace {

std::set<std::uint32_t> expand(const UidSet& set) {
  std::set<std::uint32_t> all;
  set.for_each([&](Uid uid) { all.insert(uid.value()); });
  return all;
}

TEST(IntervalSet, MergesOverlappingAndAdjacent) {
  UidSet set = UidSet::from_unsorted({{5, 7}, {1, 2}, {3, 3}, {6, 9}});
  EXPECT_EQ(set.to_string(), "1:3,5:9");
  EXPECT_EQ(set.count(), 8u);
  set.add(Uid(4));
  EXPECT_EQ(set.to_string(), "1:9");
}

TEST(IntervalSet, HoldsTheWholeRangeWithoutExpanding) {
  const UidSet all = UidSet::range(1, UINT32_MAX);
  EXPECT_EQ(all.count(), 4294967295u);
  EXPECT_TRUE(all.contains(Uid(UINT32_MAX)));
  EXPECT_EQ(all.subtract(UidSet::of({UINT32_MAX})).to_string(), "1:4294967294");
  EXPECT_TRUE(all.subtract(all).empty());
}

TEST(IntervalSet, AddIntervalInsideAnExistingOneKeepsTheLargerEnd) {
  UidSet set = UidSet::range(1, 100);
  set.add_interval(5, 10);
  EXPECT_EQ(set.to_string(), "1:100");
}

TEST(IntervalSet, AgreesWithStdSetOnRandomOperations) {
  std::mt19937 rng(20261120);
  for (int round = 0; round < 400; ++round) {
    UidSet a, b;
    std::set<std::uint32_t> model_a, model_b;
    for (int i = 0; i < 30; ++i) {
      const std::uint32_t first = 1 + rng() % 60;
      const std::uint32_t last = first + rng() % 6;
      const bool to_a = rng() % 2 == 0;
      (to_a ? a : b).add_interval(first, last);
      for (std::uint32_t v = first; v <= last; ++v) (to_a ? model_a : model_b).insert(v);
    }
    ASSERT_EQ(expand(a), model_a);
    std::set<std::uint32_t> united = model_a, common, rest;
    united.insert(model_b.begin(), model_b.end());
    for (const std::uint32_t v : model_a) (model_b.contains(v) ? common : rest).insert(v);
    ASSERT_EQ(expand(a.unite(b)), united);
    ASSERT_EQ(expand(a.intersect(b)), common);
    ASSERT_EQ(expand(a.subtract(b)), rest);
    for (std::uint32_t v = 1; v < 70; ++v) ASSERT_EQ(a.contains(Uid(v)), model_a.contains(v)) << v;
  }
}

}  // namespace
}  // namespace postern
