#include "cli/import_lines.h"

#include <gtest/gtest.h>

namespace postern::cli {
namespace {

constexpr std::string_view kHash = "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";

TEST(ImportLines, TakesBlanksAndColons) {
  for (const std::string& line :
       {"Ann@Example.org " + std::string(kHash),
        "  ann@example.org\t\t" + std::string(kHash) + "\r",
        "ann@example.org:" + std::string(kHash),
        "ann@example.org:{SHA256-CRYPT}" + std::string(kHash) + ":1000:1000::/home/ann::"}) {
    const auto entry = parse_import_line(line);
    ASSERT_TRUE(entry.has_value() && entry->has_value()) << line;
    EXPECT_EQ((*entry)->address, "ann@example.org");
    EXPECT_EQ((*entry)->password_hash, kHash);
  }
}

TEST(ImportLines, SkipsEmptyLinesAndComments) {
  for (const char* line : {"", "   ", "\r", "# a comment", "  # ann@example.org x"}) {
    const auto entry = parse_import_line(line);
    ASSERT_TRUE(entry.has_value()) << line;
    EXPECT_FALSE(entry->has_value()) << line;
  }
}

TEST(ImportLines, RefusesTheRest) {
  for (const char* line : {"ann@example.org", "ann@example.org ", "ann $5$x$y",
                           "ann@example.org {PLAIN}secret", "ann@example.org secret", ":x"}) {
    EXPECT_FALSE(parse_import_line(line).has_value()) << line;
  }
}

}  // namespace
}  // namespace postern::cli
