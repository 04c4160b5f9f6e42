#include "mime/date.h"

#include <gtest/gtest.h>

namespace postern::mime {
namespace {

struct Case {
  const char* text;
  std::int64_t unix_seconds;
  std::int32_t day;
  std::int32_t zone;
};
class Dates : public testing::TestWithParam<Case> {};
TEST_P(Dates, Parse) {
  const auto date = parse_date(GetParam().text);
  ASSERT_TRUE(date.has_value()) << GetParam().text;
  EXPECT_EQ(*date, (MailDate{GetParam().unix_seconds, GetParam().day, GetParam().zone}))
      << GetParam().text;
}
INSTANTIATE_TEST_SUITE_P(
    All, Dates,
    testing::Values(Case{"Fri, 21 Nov 1997 09:55:06 -0600", 880127706, 10186, -360},
                    Case{"21 Nov 1997 09:55 +0530 (IST)", 880086300, 10186, 330},
                    Case{"1 jan 70 0:0:0 GMT", 0, 0, 0},
                    Case{"1 Jan 49 00:00:00 Z", 2493072000, 28855, 0},
                    Case{"1 Jan 103 00:00:00 +0000", 1041379200, 12053, 0},
                    Case{"Fri, 21 Nov (comment (nested) 3) 97 09:55:06 EST", 880124106, 10186,
                         -300},
                    Case{"21 Nov 1997 23:59:60 PST", 880185600, 10186, -480},
                    Case{"Mon Jan  2 15:04:05 2006", 1136214245, 13150, 0},
                    Case{"Mon Jan  2 15:04:05 PST 2006", 1136243045, 13150, -480},
                    Case{"2-Feb-2004 10:00:00 -0000", 1075716000, 12450, 0},
                    Case{"29 February 2000 10:00:00.123 +0000", 951818400, 11016, 0},
                    Case{"21 Nov 1997", 880070400, 10186, 0},
                    Case{"21 Nov 1997 25:00:00 -0600", 880092000, 10186, -360},
                    Case{"21 Nov 1997 00:00:00 +9959", 879710460, 10186, 5999},
                    Case{"21 Nov 1997 00:00:00 +12", 880070400, 10186, 0},
                    Case{"1 Jan 9999 00:00:00 +0000", 253370764800, 2932532, 0}));

class NoDates : public testing::TestWithParam<const char*> {};
TEST_P(NoDates, Refused) {
  EXPECT_FALSE(parse_date(GetParam()).has_value()) << GetParam();
}
INSTANTIATE_TEST_SUITE_P(All, NoDates,
                         testing::Values("", "yesterday", "Nov 1997", "31 Nov 1997", "0 Jan 1997",
                                         "29 Feb 1900", "1 Foo 1997", "1 Jan",
                                         "99999999999 Jan 1997", "1 Jan 0000", "10:00:00",
                                         "1 Jan 99999", "(((((", "1 ("));

}  // namespace
}  // namespace postern::mime
