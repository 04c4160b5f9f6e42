#include "config/endpoint.h"

#include <gtest/gtest.h>

namespace postern::config {
namespace {

TEST(Endpoint, TakesAddressesAndSockets) {
  const auto v4 = parse_endpoint("0.0.0.0:993", "/etc");
  ASSERT_TRUE(v4.has_value());
  EXPECT_EQ(v4->address, "0.0.0.0");
  EXPECT_EQ(v4->port, 993);
  EXPECT_FALSE(v4->loopback);
  const auto v6 = parse_endpoint("[0:0::1]:0", "/etc");
  ASSERT_TRUE(v6.has_value());
  EXPECT_EQ(v6->text, "[::1]:0");
  EXPECT_TRUE(v6->loopback);
  EXPECT_TRUE(parse_endpoint("127.1.2.3:1", "/etc")->loopback);
  const auto socket = parse_endpoint("unix:run/../lmtp.sock", "/srv/postern");
  ASSERT_TRUE(socket.has_value());
  EXPECT_EQ(socket->text, "unix:/srv/postern/lmtp.sock");
  EXPECT_TRUE(socket->is_unix() && socket->loopback);
}

TEST(Endpoint, RefusesTheRest) {
  for (const char* bad :
       {"", ":", "993", ":993", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:9x", "127.0.0.1: 9", "localhost:993", "*:993", "::1:993", "[127.0.0.1]:993",
        "[::1]", "[]:1", "[::1%eth0]:1", "unix:", "127.1:993"}) {
    EXPECT_FALSE(parse_endpoint(bad, "/").has_value()) << bad;
  }
  EXPECT_TRUE(parse_endpoint("unix:/" + std::string(106, 'p'), "/").has_value());
  EXPECT_FALSE(parse_endpoint("unix:/" + std::string(107, 'p'), "/").has_value());
}

TEST(Network, Contains) {
  const auto net = parse_network("192.0.2.128/25");
  ASSERT_TRUE(net.has_value());
  EXPECT_TRUE(net->contains("192.0.2.128"));
  EXPECT_TRUE(net->contains("192.0.2.255"));
  EXPECT_FALSE(net->contains("192.0.2.127"));
  EXPECT_FALSE(net->contains("2001:db8::1"));
  EXPECT_FALSE(net->contains("unix"));
  EXPECT_TRUE(net->contains("::ffff:192.0.2.200"));
  EXPECT_TRUE(parse_network("0.0.0.0/0")->contains("255.1.2.3"));
  EXPECT_FALSE(parse_network("0.0.0.0/0")->contains("::1"));
  EXPECT_TRUE(parse_network("2001:db8::/32")->contains("2001:db8:ffff::1"));
  EXPECT_FALSE(parse_network("2001:db8::/32")->contains("2001:db9::"));
  EXPECT_TRUE(parse_network("10.0.0.1")->contains("10.0.0.1"));
  EXPECT_TRUE(parse_network("::/0")->contains("10.0.0.1"));
}

TEST(Network, RefusesTheRest) {
  for (const char* bad : {"", "/", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8",
                          "10.0.0.1/8", "::/129", "example.org/8", "2001:db8::1/32"}) {
    EXPECT_FALSE(parse_network(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace postern::config
