#include "cli/print.h"

#include <gtest/gtest.h>

namespace postern::cli {
namespace {

namespace json = boost::json;

std::string size(std::uint64_t bytes) {
  const json::value value = bytes;
  return size_text(&value);
}

TEST(Print, Sizes) {
  EXPECT_EQ(size(0), "0 bytes");
  EXPECT_EQ(size(1023), "1023 bytes");
  EXPECT_EQ(size(1024), "1.0 KiB");
  EXPECT_EQ(size(1536ull << 20), "1.5 GiB");
  EXPECT_EQ(size(1ull << 60), "1048576.0 TiB");
  const json::value none = nullptr;
  EXPECT_EQ(size_text(&none), "?");
  EXPECT_EQ(size_text(nullptr), "?");
}

TEST(Print, AccountsLineUp) {
  const json::array accounts = {json::object{{"address", "ann@example.org"},
                                             {"aliases", json::array{"a@b", "c@d"}},
                                             {"quota", 1024},
                                             {"quota_messages", 100},
                                             {"quota_mailboxes", 0},
                                             {"used", 5},
                                             {"used_messages", 12},
                                             {"used_mailboxes", 6},
                                             {"disabled", false},
                                             {"created", "2026-01-01T00:00:00Z"}},
                                json::object{{"address", "b@c"},
                                             {"aliases", json::array{}},
                                             {"quota", 0},
                                             {"used", nullptr},
                                             {"disabled", true},
                                             {"created", "2026-01-01T00:00:00Z"}}};
  EXPECT_EQ(account_table(accounts),
            "ADDRESS          USED     QUOTA    STATE     ALIASES\n"
            "ann@example.org  5 bytes  1.0 KiB  enabled   a@b c@d\n"
            "b@c              ?        none     disabled\n");
  EXPECT_NE(account_details(accounts[0].get_object()).find("aliases   a@b c@d\n"),
            std::string::npos);
  EXPECT_NE(account_details(accounts[0].get_object()).find("messages  12 of 100\nmailboxes 6\n"),
            std::string::npos);
  EXPECT_NE(account_details(accounts[1].get_object()).find("messages  ?\n"), std::string::npos);
}

}  // namespace
}  // namespace postern::cli
