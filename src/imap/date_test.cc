#include "imap/date.h"

#include <gtest/gtest.h>

#include "imap/parser.h"

namespace postern::imap {
namespace {

TEST(DateTime, KnownMoments) {
  const Result<DateTime> when = parse_date_time("17-Jul-1996 02:44:25 -0700");
  ASSERT_TRUE(when.has_value());
  EXPECT_EQ(when->unix_seconds, 837596665);
  EXPECT_EQ(when->zone_minutes, -420);
  EXPECT_EQ(parse_date_time(" 1-jan-1970 00:00:00 +0000")->unix_seconds, 0);
  EXPECT_EQ(parse_date_time("19-Jan-2038 03:14:08 +0000")->unix_seconds, 2147483648);
  EXPECT_EQ(parse_date_time("31-Dec-9999 23:59:59 +0000")->unix_seconds, 253402300799);
  EXPECT_EQ(parse_date_time("29-Feb-2000 12:00:00 +0545")->zone_minutes, 345);
  EXPECT_EQ(parse_date_time("31-Dec-2016 23:59:60 +0000")->unix_seconds, 1483228800);
}

TEST(DateTime, RoundTrip) {
  for (const char* text :
       {"17-Jul-1996 02:44:25 -0700", " 1-Jan-1970 00:00:00 +0000", " 9-Feb-1900 23:59:59 +1345",
        "31-Dec-9999 23:59:59 +0000", " 1-Jan-0000 00:00:00 +0000", "29-Feb-2024 00:00:00 -0030",
        "01-Mar-2024 00:00:00 +2359"}) {
    const Result<DateTime> when = parse_date_time(text);
    ASSERT_TRUE(when.has_value()) << text;
    const std::string again = encode_date_time(*when);
    EXPECT_EQ(parse_date_time(again)->unix_seconds, when->unix_seconds) << again;
    if (text[0] != '0') EXPECT_EQ(again, text);
  }
  for (std::int64_t t = -5'000'000'000; t < 5'000'000'000; t += 12'345'677) {
    const std::string text = encode_date_time({.unix_seconds = t, .zone_minutes = -90});
    const Result<DateTime> again = parse_date_time(text);
    ASSERT_TRUE(again.has_value()) << text;
    EXPECT_EQ(again->unix_seconds, t);
    EXPECT_EQ(again->zone_minutes, -90);
  }
}

TEST(DateTime, StaysInFourDigitYears) {
  EXPECT_EQ(encode_date_time({.unix_seconds = INT64_MAX}), "31-Dec-9999 23:59:59 +0000");
  EXPECT_EQ(encode_date_time({.unix_seconds = INT64_MIN, .zone_minutes = -60}),
            " 1-Jan-0000 00:00:00 -0100");
}

TEST(DateTime, Refuses) {
  for (const char* text : {"",
                           "bad-date",
                           "1-Jan-1970 00:00:00 +0000",
                           "00-Jan-1970 00:00:00 +0000",
                           "32-Jan-1970 00:00:00 +0000",
                           "30-Feb-2024 00:00:00 +0000",
                           "29-Feb-2023 00:00:00 +0000",
                           "17-Jux-1996 02:44:25 -0700",
                           "17-Jul-1996 24:00:00 -0700",
                           "17-Jul-1996 02:60:25 -0700",
                           "17-Jul-1996 02:44:61 -0700",
                           "17-Jul-1996 02:44:25 -0760",
                           "17-Jul-1996 02:44:25 -2400",
                           "17-Jul-1996 02:44:25  0700",
                           "17-Jul-1996 02:44:25 -07000",
                           "17-Jul-19960 2:44:25 -0700",
                           "17 Jul 1996 02:44:25 -0700",
                           "+7-Jul-1996 02:44:25 -0700",
                           "17-Jul-199a 02:44:25 -0700",
                           "  -Jul-1996 02:44:25 -0700"}) {
    EXPECT_FALSE(parse_date_time(text).has_value()) << text;
  }
}

TEST(Date, OfSearch) {
  EXPECT_EQ(parse_date("1-Jan-1970"), 0);
  EXPECT_EQ(parse_date("01-jan-1970"), 0);
  EXPECT_EQ(parse_date("31-DEC-1969"), -1);
  EXPECT_EQ(parse_date("29-Feb-2000"), 11016);
  for (const char* text :
       {"", "-Jan-1970", "001-Jan-1970", "0-Jan-1970", "31-Apr-2020", "1-Jan-70", "1-Jan-19700",
        "1-Janu-1970", "1/Jan/1970", " 1-Jan-1970", "1-Jan-197 ", "-"}) {
    EXPECT_FALSE(parse_date(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace postern::imap
