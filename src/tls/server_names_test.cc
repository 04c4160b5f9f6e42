#include "tls/server_names.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::tls {
namespace {

TEST(ServerNames, MatchesExactlyThenByWildcardOfOneLabel) {
  ServerNames names;
  EXPECT_TRUE(names.add("mail.example.org", 0));
  EXPECT_TRUE(names.add("*.example.org", 1));
  EXPECT_FALSE(names.add("MAIL.example.org", 2)) << "the first certificate keeps its name";
  EXPECT_EQ(names.find("mail.example.org"), 0u);
  EXPECT_EQ(names.find("MAIL.Example.ORG"), 0u);
  EXPECT_EQ(names.find("imap.example.org"), 1u);
  EXPECT_EQ(names.find("a.b.example.org"), std::nullopt);
  EXPECT_EQ(names.find("example.org"), std::nullopt);
  EXPECT_EQ(names.find("mail.example.org."), std::nullopt);
}

// bad-inputs A15: names a stranger may send.
TEST(ServerNames, HostileNamesMatchNothing) {
  ServerNames names;
  ASSERT_TRUE(names.add("*.example.org", 0));
  EXPECT_EQ(names.find(std::string("a\0.example.org", 14)), std::nullopt);
  EXPECT_EQ(names.find("../../x.example.org"), std::nullopt);
  EXPECT_EQ(names.find("*.example.org"), std::nullopt);
  EXPECT_EQ(names.find(".example.org"), std::nullopt);
  EXPECT_EQ(names.find(""), std::nullopt);
  EXPECT_EQ(names.find("192.0.2.1"), std::nullopt);
  EXPECT_EQ(names.find("2001:db8::1"), std::nullopt);
  EXPECT_EQ(names.find(std::string(244, 'a') + ".example.org"), std::nullopt);
  EXPECT_EQ(names.find(std::string(243, 'a') + ".example.org"), 0u) << "255 octets are a name";
}

TEST(ServerNames, RefusesWhatIsNoName) {
  ServerNames names;
  for (const char* bad : {"", "*", "*.", "a..b", ".a", "a.", "a b", "w*.example.org", "a/b"}) {
    EXPECT_FALSE(names.add(bad, 0)) << bad;
  }
}

std::string extension(std::string_view host) {
  const auto size = static_cast<char>(host.size());
  std::string out = {0, static_cast<char>(host.size() + 3), 0, 0, size};
  out += host;
  return out;
}

TEST(ParseServerName, ReadsTheHostName) {
  const std::string whole = extension("mail.example.org");
  EXPECT_EQ(parse_server_name(whole), "mail.example.org");
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_EQ(parse_server_name(std::string_view(whole).substr(0, cut)), std::nullopt) << cut;
  }
  EXPECT_EQ(parse_server_name(whole + "x"), std::nullopt);
  EXPECT_EQ(parse_server_name(std::string("\0\4\1\0\1a", 6)), std::nullopt) << "no host_name";
  EXPECT_EQ(parse_server_name(std::string("\0\4\0\0\2a", 6)), std::nullopt)
      << "longer than the list";
}

}  // namespace
}  // namespace postern::tls
