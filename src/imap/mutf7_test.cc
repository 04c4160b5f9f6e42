#include <gtest/gtest.h>

#include <random>

#include "imap/parser.h"
#include "imap/syntax.h"

namespace postern::imap {
namespace {

TEST(Mutf7, KnownNames) {
  const std::pair<const char*, const char*> names[] = {
      {"", ""},
      {"INBOX", "INBOX"},
      {"R&-D", "R&D"},
      {"&-&-", "&&"},
      {"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"},
      {"&U,BTF2XlZyyKng-", "台北日本語"},
      {"Entw&APw-rfe", "Entwürfe"},
      {"&2D3eAA-", "😀"},
      {"&Jjo-!", "☺!"},
      {"a&AAk-b", "a\tb"},
      {"&AH8-", "\x7f"},
      {"&AOk-&-", "é&"},
      {"/etc/passwd", "/etc/passwd"},
  };
  for (const auto& [wire, text] : names) {
    const Result<std::string> decoded = decode_mutf7(wire);
    ASSERT_TRUE(decoded.has_value()) << wire;
    EXPECT_EQ(*decoded, text);
    EXPECT_EQ(encode_mutf7(text), wire);
  }
}

// B14: one name has one spelling.
TEST(Mutf7, RefusesWhatIsNotCanonical) {
  for (const std::string wire : {"&AC4ALgAv-x",  // "../" spelled in base64
                                 "&AGE-",        // "a"
                                 "&AOkAYQ-",     // a printable character within a run
                                 "&2AA-",
                                 "&2D0-",     // high surrogate alone
                                 "&3gA-",     // low surrogate alone
                                 "&2D3YPQ-",  // two high surrogates
                                 "&ACYAJg-",
                                 "&ACY-",  // "&&", "&"
                                 "&AAA-",  // NUL
                                 "x&",
                                 "x&AA",
                                 "&Jjo",
                                 "&Jjo!",
                                 "&U,BTFw-&ZeVnLIqe-",  // superfluous shift
                                 "&A-",
                                 "&AO-",    // not a whole unit
                                 "&AOl-",   // padding bits set
                                 "&AOkA-",  // a digit too many
                                 "&AO k-",
                                 "&AO/k-",
                                 "&&-",
                                 "&",
                                 "\xC3\xA9",
                                 "a\x7f",
                                 "a\tb"}) {
    EXPECT_FALSE(decode_mutf7(wire).has_value()) << wire;
  }
  EXPECT_FALSE(decode_mutf7(std::string("a\0b", 3)).has_value());
}

std::string random_utf8(std::mt19937& random) {
  const auto below = [&random](std::uint32_t n) {
    return std::uniform_int_distribution<std::uint32_t>(0, n - 1)(random);
  };
  std::string text;
  const std::uint32_t length = below(12);
  for (std::uint32_t i = 0; i < length; ++i) {
    switch (below(4)) {
      case 0:
        text += static_cast<char>(0x20 + below(95));
        break;
      case 1:
        text += "&";
        break;
      case 2:
        text += below(2) == 0 ? "ж" : "語";
        break;
      default:
        text += below(2) == 0 ? "\U0001F600" : "\U0010FFFF";
        break;
    }
  }
  return text;
}

TEST(Mutf7, RoundTrip) {
  std::mt19937 random(7);
  for (int round = 0; round < 5'000; ++round) {
    const std::string text = random_utf8(random);
    const Result<std::string> again = decode_mutf7(encode_mutf7(text));
    ASSERT_TRUE(again.has_value()) << text;
    EXPECT_EQ(*again, text);
  }
  // Of random wire text, whatever is accepted is the one spelling of what it means.
  constexpr std::string_view kAlphabet = "&&--AAGDk3y,2/a ";
  for (int round = 0; round < 50'000; ++round) {
    std::string wire;
    for (int i = 0; i < 9; ++i) wire += kAlphabet[random() % kAlphabet.size()];
    const Result<std::string> text = decode_mutf7(wire);
    if (!text.has_value()) continue;
    EXPECT_TRUE(is_utf8(*text));
    EXPECT_EQ(encode_mutf7(*text), wire);
  }
}

TEST(Utf8, OnlyTheShortestFormOfRealCharacters) {
  for (const char* good :
       {"", "a", "é", "語", "😀", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xC3", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF0\x80\x80\xAF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE8\xAA", "a\xE8\xAAz", "\xF0\x9F\x98"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

}  // namespace
}  // namespace postern::imap
