#include "delivery/header_filter.h"

#include <gtest/gtest.h>

#include "delivery/prepend.h"

namespace postern::delivery {
namespace {

std::string filter(std::string_view text, std::size_t step) {
  HeaderFilter machine;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += step) machine.feed(text.substr(i, step), out);
  machine.finish(out);
  return out;
}

TEST(HeaderFilter, DropsOnlyReturnPathOfTheOwnHeader) {
  struct {
    const char* in;
    const char* out;
  } const table[] = {
      {"A: 1\r\nReturn-Path: <x@y>\r\nB: 2\r\n\r\nReturn-Path: body\r\n",
       "A: 1\r\nB: 2\r\n\r\nReturn-Path: body\r\n"},
      {"RETURN-path :\r\n <x@y>\r\n\tmore\r\nB: 2\r\n more\r\n", "B: 2\r\n more\r\n"},
      {"Return-Path-Extra: 1\r\nReturn: 2\r\nR", "Return-Path-Extra: 1\r\nReturn: 2\r\nR"},
      {"Return-Path", "Return-Path"},
      {"no field here\r\nReturn-Path: x\r\n", "no field here\r\nReturn-Path: x\r\n"},
      {"A: 1\nReturn-Path: x\nB: 2\n\nReturn-Path: y\n", "A: 1\nB: 2\n\nReturn-Path: y\n"},
      {"Return-Path: a\r\nReturn-Path: b\r\nC: d\r\n", "C: d\r\n"},
      {"", ""},
      {"\r\nReturn-Path: body\r\n", "\r\nReturn-Path: body\r\n"},
      {"R\nReturn-Path: body\r\n", "R\nReturn-Path: body\r\n"},
      {"Subject: a\r\n b\r\n\r\n", "Subject: a\r\n b\r\n\r\n"},
  };
  for (const auto& row : table) {
    for (const std::size_t step : {1u, 2u, 3u, 5u, 1000u})
      EXPECT_EQ(filter(row.in, step), row.out) << row.in << step;
  }
}

TEST(Prepend, CannotBeInjectedInto) {
  lmtp::Envelope envelope{.lhlo = "evil)\r\nX: y", .sender = "a>\r\nB: c@d"};
  const std::string header = prepended_header(envelope, {.recipient = "u+list@d",
                                                         .hostname = "mx",
                                                         .peer = "127.0.0.1",
                                                         .id = "77",
                                                         .unix_seconds = 1795186000});
  EXPECT_EQ(header,
            "Return-Path: <a???B: c@d>\r\nDelivered-To: u+list@d\r\nReceived: from evil???X: y "
            "(127.0.0.1)\r\n"
            "\tby mx with LMTP id 77\r\n\tfor <u+list@d>; Fri, 20 Nov 2026 14:46:40 +0000\r\n");
}

}  // namespace
}  // namespace postern::delivery
