#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "config/table.h"

namespace postern::config {
namespace {

// When this fails: build/dev/postern config reference > docs/configuration.md
TEST(Reference, ThePageIsMadeFromTheTable) {
  std::ifstream in(POSTERN_CONFIGURATION_MD, std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(page, render_reference());
}

TEST(Reference, EveryKeyIsDescribed) {
  for (const Setting& setting : settings_table()) {
    EXPECT_FALSE(setting.help.empty()) << setting.key;
    EXPECT_TRUE(setting.help.ends_with('.')) << setting.key;
    EXPECT_EQ(find_setting(setting.key), &setting);
    EXPECT_EQ(suggest_key(setting.key), setting.key);
  }
}

}  // namespace
}  // namespace postern::config
