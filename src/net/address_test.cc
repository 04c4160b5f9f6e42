#include "net/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

namespace postern::net {
namespace {

TEST(ListenAddress, ReadsTheThreeForms) {
  for (const char* text :
       {"127.0.0.1:9993", "0.0.0.0:0", "[::]:993", "[2001:db8::1]:65535", "unix:/run/x.sock"}) {
    const auto parsed = parse_listen_address(text);
    ASSERT_TRUE(parsed) << parsed.error().detail;
    EXPECT_EQ(to_string(*parsed), text);
  }
  EXPECT_EQ(parse_listen_address("[::]:993")->kind, ListenAddress::Kind::kIpv6);
  EXPECT_EQ(parse_listen_address("unix:/a")->kind, ListenAddress::Kind::kUnix);
}

TEST(ListenAddress, RefusesEverythingElseInOneLine) {
  const std::string longest = "unix:/" + std::string(106, 'a');
  EXPECT_TRUE(parse_listen_address(longest));
  for (const std::string& text :
       {std::string(), std::string("993"), std::string("127.0.0.1"), std::string("127.0.0.1:"),
        std::string("127.0.0.1:65536"), std::string("127.0.0.1:-1"), std::string("127.0.0.1:99x"),
        std::string("mail.example.org:993"), std::string("::1:993"), std::string("[::1]"),
        std::string("[127.0.0.1]:993"), std::string("[::1:993"), std::string("unix:"),
        std::string("unix:relative"), longest + "a", std::string("127.0.0.1\0:993", 14),
        std::string("unix:/a\0b", 9)}) {
    const auto parsed = parse_listen_address(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Errc::kInvalid);
    EXPECT_EQ(parsed.error().detail.find('\n'), std::string::npos);
  }
}

AddressKey key_of(const char* text) {
  sockaddr_storage storage{};
  if (auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
      inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
  } else {
    storage = {};
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    EXPECT_EQ(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
  }
  return address_key(storage);
}

TEST(AddressKey, IsTheIpv4AddressOrTheIpv6Network) {
  EXPECT_NE(key_of("192.0.2.1"), key_of("192.0.2.2"));
  EXPECT_EQ(key_of("2001:db8:0:1::1"), key_of("2001:db8:0:1:ffff::2"));
  EXPECT_NE(key_of("2001:db8:0:1::1"), key_of("2001:db8:0:2::1"));
}

}  // namespace
}  // namespace postern::net
