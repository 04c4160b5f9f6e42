#include "config/value.h"

#include <gtest/gtest.h>

#include "config/parse_value.h"

namespace postern::config {
namespace {

TEST(Value, PlacesAreThoseOfTheText) {
  const auto document = parse_toml("a = 1\n[b]\n  c = \"x\"\n");
  ASSERT_TRUE(document.has_value());
  const auto& table = std::get<Value::Table>(document->data);
  ASSERT_EQ(table.size(), 2u);
  const auto& inner = std::get<Value::Table>(table[1].value.data);
  EXPECT_EQ(inner[0].key, "c");
  EXPECT_EQ(inner[0].place.line, 3u);
  EXPECT_EQ(inner[0].value.place.column, 7u);
}

TEST(Value, BrokenTextHasAPlace) {
  for (const char* bad :
       {"a = ", "a = 1\na = 2\n", "[x\n", "a = \"\xff\"", "a = \"", "\x01", "[[a]]\n[a]\n"}) {
    const auto document = parse_toml(bad);
    ASSERT_FALSE(document.has_value()) << bad;
    EXPECT_GT(document.error().place.line, 0u) << bad;
    EXPECT_FALSE(document.error().text.empty());
  }
}

// Texts that the library asserts about instead of refusing them.
TEST(Value, NoTextEndsTheProcess) {
  for (const std::string_view bad :
       {std::string_view("[("), std::string_view("[(\0x]\n", 6), std::string_view("[[("),
        std::string_view("["), std::string_view("a = 1979-05-27T"), std::string_view("a = +")}) {
    EXPECT_FALSE(parse_toml(bad).has_value()) << bad;
  }
}

// Version 3.3 of the library runs into undefined behaviour there; TOML 1.0 has no such texts.
TEST(Value, OnlyStringsAndCommentsHoldMoreThanAscii) {
  for (const std::string_view bad :
       {"\u01e8 = 1", "a = 1 \u01e8", "a\u00a0= 1", "a = \"x\" \u3000\n", "a = '''x''' \u01e8",
        "a = \"\"\"x\"\"\" \u01e8", "a = \"x\\\"\" \u01e8", "a = '\\' \u01e8", "# c\n\u01e8"}) {
    const auto document = parse_toml(bad);
    ASSERT_FALSE(document.has_value()) << bad;
    EXPECT_EQ(document.error().text, "a character that must stand in quotes") << bad;
  }
  for (const std::string_view good :
       {"# \u01e8\na = 1", "a = \"\u01e8\"", "\"\u01e8\" = 1", "a = '\u01e8'",
        "a = \"\"\"\n\u01e8\"\u01e8\"\"\"\"\"", "a = '''\n'\u01e8'''",
        "\ufeff"
        "a = 1",
        "a = \"\\\"\u01e8\" # \u01e8"}) {
    EXPECT_TRUE(parse_toml(good).has_value()) << good;
  }
}

TEST(Value, DeepNestingIsAnErrorNotACrash) {
  EXPECT_FALSE(parse_toml("a = " + std::string(100'000, '[')).has_value());
  std::string inline_tables = "a = ";
  for (int i = 0; i < 50'000; ++i) inline_tables += "{a=";
  EXPECT_FALSE(parse_toml(inline_tables).has_value());
  std::string dotted = "a";
  for (int i = 0; i < 100'000; ++i) dotted += ".a";
  EXPECT_FALSE(parse_toml(dotted + " = 1").has_value());
  EXPECT_FALSE(parse_toml("[" + dotted + "]").has_value());
  EXPECT_TRUE(
      parse_toml("a = \"" + std::string(1000, '.') + "\" # " + std::string(1000, '.')).has_value());
}

TEST(Value, SetValuesAreTomlOrText) {
  EXPECT_TRUE(std::holds_alternative<std::int64_t>(parse_toml_value("5").data));
  EXPECT_TRUE(std::holds_alternative<bool>(parse_toml_value("true").data));
  EXPECT_TRUE(std::holds_alternative<Value::List>(parse_toml_value("[\"a\"]").data));
  EXPECT_EQ(std::get<std::string>(parse_toml_value("\"5\"").data), "5");
  EXPECT_EQ(std::get<std::string>(parse_toml_value("mail.example.org").data), "mail.example.org");
  EXPECT_EQ(std::get<std::string>(parse_toml_value("").data), "");
  EXPECT_EQ(std::get<std::string>(parse_toml_value("1\nb = 2").data), "1\nb = 2");
}

TEST(Value, QuotingReadsBack) {
  for (const std::string text :
       {"", "plain", "a\"b\\c", "tab\there\n", "gr\u00fcn \u20ac", "\x1b[0m\x7f"}) {
    EXPECT_EQ(std::get<std::string>(parse_toml_value(quote_toml(text)).data), text);
  }
}

TEST(Size, Units) {
  EXPECT_EQ(parse_size("0").value_or(1), 0u);
  EXPECT_EQ(parse_size("50M").value_or(0), 50u << 20);
  EXPECT_EQ(parse_size("3K").value_or(0), 3072u);
  EXPECT_EQ(parse_size("8589934591G").value_or(0), 8589934591ull << 30);
  for (const char* bad : {"", "M", "1.5G", "50 M", "50MB", "50m", "-1", "+1", "8589934592G",
                          "99999999999999999999"}) {
    EXPECT_FALSE(parse_size(bad).has_value()) << bad;
  }
  for (const std::uint64_t bytes :
       {0ull, 1ull, 1023ull, 1024ull, 1025ull, 50ull << 20, 3ull << 30}) {
    EXPECT_EQ(parse_size(show_size(bytes)).value_or(7), bytes);
  }
}

TEST(Time, Units) {
  EXPECT_EQ(parse_time("10s"), std::chrono::seconds(10));
  EXPECT_EQ(parse_time("10"), std::chrono::seconds(10));
  EXPECT_EQ(parse_time("2h"), std::chrono::hours(2));
  EXPECT_EQ(parse_time("366d"), std::chrono::hours(366 * 24));
  for (const char* bad :
       {"", "s", "10 s", "1.5h", "10ms", "-1s", "367d", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_time(bad).has_value()) << bad;
  }
  EXPECT_EQ(show_time(std::chrono::seconds(90)), "90s");
  EXPECT_EQ(show_time(std::chrono::seconds(120)), "2m");
  EXPECT_EQ(show_time(std::chrono::seconds(0)), "0s");
}

}  // namespace
}  // namespace postern::config
