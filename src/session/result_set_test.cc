#include "session/result_set.h"

#include <gtest/gtest.h>

#include <vector>

namespace postern::session {
namespace {

using imap::PartialRange;

TEST(ResultSet, Positions) {
  EXPECT_EQ(positions_of({false, 1, 5}, 10), (Positions{0, 5}));
  EXPECT_EQ(positions_of({false, 5, 1}, 10), (Positions{0, 5}));
  EXPECT_EQ(positions_of({false, 8, 12}, 10), (Positions{7, 10}));
  EXPECT_EQ(positions_of({false, 11, 12}, 10), Positions{});
  EXPECT_EQ(positions_of({false, 10, 10}, 10), (Positions{9, 10}));
  EXPECT_EQ(positions_of({true, 1, 3}, 10), (Positions{7, 10}));
  EXPECT_EQ(positions_of({true, 3, 1}, 10), (Positions{7, 10}));
  EXPECT_EQ(positions_of({true, 8, 12}, 10), (Positions{0, 3}));
  EXPECT_EQ(positions_of({true, 11, 12}, 10), Positions{});
  EXPECT_EQ(positions_of({false, 1, UINT32_MAX}, 10), (Positions{0, 10}));
  EXPECT_EQ(positions_of({true, UINT32_MAX, 1}, 10), (Positions{0, 10}));
  EXPECT_EQ(positions_of({true, UINT32_MAX, UINT32_MAX}, UINT32_MAX), (Positions{0, 1}));
  EXPECT_EQ(positions_of({false, UINT32_MAX, UINT32_MAX}, 0), Positions{});
}

TEST(ResultSet, Slice) {
  const UidSet set = UidSet::of({2, 3, 4, 9, 11, 12});
  EXPECT_EQ(slice(set, {0, 6}), set);
  EXPECT_EQ(slice(set, {1, 4}).to_string(), "3:4,9");
  EXPECT_EQ(slice(set, {4, 5}).to_string(), "11");
  EXPECT_EQ(slice(set, {0, 0}).to_string(), "");
  EXPECT_EQ(slice(UidSet(), {0, 5}).to_string(), "");
  EXPECT_EQ(slice(UidSet::range(1, UINT32_MAX), {UINT32_MAX - 1, UINT32_MAX}).to_string(),
            "4294967295");
}

TEST(ResultSet, OrderedSet) {
  const auto text = [](std::vector<std::uint32_t> numbers) { return ordered_set(numbers); };
  EXPECT_EQ(text({}), "");
  EXPECT_EQ(text({5}), "5");
  EXPECT_EQ(text({23765, 23764, 23763, 23761}), "23765,23764,23763,23761");
  EXPECT_EQ(text({5, 6, 7, 3, 4, 9}), "5:7,3:4,9");
  EXPECT_EQ(text({UINT32_MAX, 1}), "4294967295,1");
}

}  // namespace
}  // namespace postern::session
