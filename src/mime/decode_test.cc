#include "mime/decode.h"

#include <gtest/gtest.h>

#include <unordered_map>

namespace postern::mime {
namespace {

std::string decode_split(Encoding encoding, std::string_view text, std::size_t split,
                         bool* clean = nullptr) {
  TransferDecoder decoder(encoding);
  std::string out;
  decoder.feed(text.substr(0, split), out);
  decoder.feed(text.substr(split), out);
  decoder.finish(out);
  if (clean != nullptr) *clean = decoder.clean();
  return out;
}

struct Case {
  Encoding encoding;
  std::string text;
  std::string expected;
  bool clean;
};
class Transfer : public testing::TestWithParam<Case> {};
TEST_P(Transfer, AtEverySplit) {
  const Case& c = GetParam();
  for (std::size_t split = 0; split <= c.text.size(); ++split) {
    bool clean = false;
    EXPECT_EQ(decode_split(c.encoding, c.text, split, &clean), c.expected)
        << c.text << " at " << split;
    EXPECT_EQ(clean, c.clean) << c.text;
  }
}
constexpr Encoding B = Encoding::kBase64, Q = Encoding::kQuotedPrintable;
INSTANTIATE_TEST_SUITE_P(
    All, Transfer,
    testing::Values(Case{B, "", "", true}, Case{B, "aGVsbG8=", "hello", true},
                    Case{B, "aGVs\r\nbG8=\r\n", "hello", true}, Case{B, "aGVsbG8", "hello", true},
                    Case{B, "aA==aQ==", "hi", true}, Case{B, "a!G#V-s_", "hel", false},
                    Case{B, "aGVsb", "hel", false}, Case{B, "====", "", true},
                    Case{Q, "a=20b=3D\r\n", "a b=\r\n", true}, Case{Q, "a=\r\nb=\nc", "abc", true},
                    Case{Q, "a= \t\r\nb", "ab", true}, Case{Q, "a  \r\nb \nc", "a\r\nb\nc", true},
                    Case{Q, "a  b\t.", "a  b\t.", true}, Case{Q, "=zz=4", "=zz=4", false},
                    Case{Q, "=c3=a9", "\xC3\xA9", true}, Case{Q, "a=", "a", true},
                    Case{Q, "a\rb\r\rc", "a\rb\r\rc", true}, Case{Q, "==41", "=A", false},
                    Case{Q, "=4=41", "=4A", false}, Case{Q, "= x", "= x", false},
                    Case{Q, "end  ", "end", true}, Case{Encoding::kIdentity, "=41", "=41", true},
                    Case{Encoding::kUnknown, "begin 644 x", "begin 644 x", false}));

TEST(TransferDecoderTest, BlanksAreHeldInBounds) {
  const std::string blanks(100'000, ' ');
  EXPECT_EQ(decode_split(Q, blanks + "x", 50'000), blanks + "x");
}

struct HeaderCase {
  const char* raw;
  const char* expected;
};
class Headers : public testing::TestWithParam<HeaderCase> {};
TEST_P(Headers, Decode) {
  EXPECT_EQ(decode_header(GetParam().raw), GetParam().expected) << GetParam().raw;
}
INSTANTIATE_TEST_SUITE_P(
    All, Headers,
    testing::Values(
        HeaderCase{" plain \r\n text\r\n", "plain  text"},
        HeaderCase{"=?utf-8?Q?caf=C3=A9_x?=", "caf\xC3\xA9 x"},
        HeaderCase{"=?ISO-8859-1?q?=E9?= b", "\xC3\xA9 b"},
        HeaderCase{"=?UTF-8?B?w6k=?=", "\xC3\xA9"}, HeaderCase{"a =?utf-8*en?q?b?= c", "a b c"},
        // RFC 2047 §6.2: blanks between words vanish, others stay.
        HeaderCase{"=?utf-8?q?a?=\r\n =?utf-8?q?b?= =?us-ascii?q?c?= d =?utf-8?q?e?=", "abc d e"},
        HeaderCase{"=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "\xC3\xA9"},
        HeaderCase{"=?utf-8?b?w?"
                   "==?utf-8?b?6k=?=",
                   "\xEF\xBF\xBD"},
        HeaderCase{"=?koi8-r?b?8NLJ18XU?=", "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82"},
        HeaderCase{"=?iso-2022-jp?b?GyRCJDMbKEI=?= =?iso-2022-jp?b?GyRCJHMbKEI=?=",
                   "\xE3\x81\x93\xE3\x82\x93"},
        HeaderCase{"=?gb2312?B?xOO6ww==?=", "\xE4\xBD\xA0\xE5\xA5\xBD"},
        HeaderCase{"=?utf-7?q?a?=", "=?utf-7?q?a?="}, HeaderCase{"=?x?y?z?=", "=?x?y?z?="},
        HeaderCase{"=?utf-8?q?a b?=", "a b"},
        HeaderCase{"=?utf-8?q?"
                   "?=x",
                   "x"},
        HeaderCase{"=?utf-8?q?=4?=", "=4"}, HeaderCase{"=?utf-8?q?a", "=?utf-8?q?a"},
        HeaderCase{"=?=?=?", "=?=?=?"}, HeaderCase{"=?", "=?"},
        HeaderCase{"caf\xC3\xA9", "caf\xC3\xA9"}, HeaderCase{"caf\xE9", "caf\xC3\xA9"},
        HeaderCase{"\x80", "\xE2\x82\xAC"}, HeaderCase{"=?utf-8?q?a=0D=0A=00b?=", "a   b"}));

TEST(Charsets, AllowListOpensAndOthersAreRefused) {
  for (const char* name :
       {"utf-8",       "UTF8",         "us-ascii",    "iso-8859-1",  "ISO8859-15",
        "iso_8859-2",  "windows-1251", "koi8-u",      "gb18030",     "big5",
        "shift_jis",   "euc-jp",       "iso-2022-jp", "euc-kr",      "ks_c_5601-1987",
        "windows-874", "ibm866",       "macintosh",   "iso-8859-14", "iso-8859-8-i"}) {
    EXPECT_TRUE(known_charset(name)) << name;
    const auto text = to_utf8("abc", name);
    ASSERT_TRUE(text.has_value()) << name;
    EXPECT_EQ(*text, "abc") << name;
  }
  for (const std::string& name :
       {std::string("utf-7"), std::string("utf-16"), std::string("iso-2022-cn-ext"),
        std::string("hz-gb-2312"), std::string("ibm037"), std::string(), std::string(300, 'x')}) {
    EXPECT_FALSE(known_charset(name)) << name;
    EXPECT_EQ(to_utf8("abc", name).error().code, Errc::kCannot);
  }
}

TEST(Charsets, ConvertAndMend) {
  EXPECT_EQ(to_utf8("a\xC3(\xF0\x9F\x98\x80\xED\xA0\x80", "utf-8").value(),
            "a\xEF\xBF\xBD(\xF0\x9F\x98\x80\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(to_utf8("\xE9", "us-ascii").value(), "\xEF\xBF\xBD");
  EXPECT_EQ(to_utf8("\x93\xE9\x94", "iso-8859-1").value(), "\xE2\x80\x9C\xC3\xA9\xE2\x80\x9D");
  EXPECT_EQ(to_utf8("\x82\xB1", "shift_jis").value(), "\xE3\x81\x93");
  EXPECT_EQ(text_to_utf8("\xE9\xC3\xA9", ""), "\xC3\xA9\xC3\xA9");
}

TEST(Charsets, StreamingEqualsWhole) {
  const std::pair<const char*, std::string> texts[] = {
      {"utf-8", "a\xC3\xA9\xE3\x81\x93\xF0\x9F\x98\x80\xFF\xC3"},
      {"", "a\xC3\xA9\xE3\x81\x93\xF0\x9F\x98\x80\xFF\xC3z\xE3\x81"},
      {"shift_jis", "a\x82\xB1\x82\xF1z\x82"},
      {"iso-2022-jp", "a\x1B$B$3$s\x1B(Bz"},
      {"gb18030", "\xC4\xE3\x81\x30\x81\x30z"},
      {"windows-1252", "\x80\x81\xE9"}};
  for (const auto& [charset, text] : texts) {
    const std::string whole = text_to_utf8(text, charset);
    EXPECT_TRUE(valid_utf8(whole));
    for (std::size_t split = 0; split <= text.size(); ++split) {
      TextDecoder decoder(charset);
      std::string out;
      decoder.feed(std::string_view(text).substr(0, split), out);
      decoder.feed(std::string_view(text).substr(split), out);
      decoder.finish(out);
      EXPECT_EQ(out, whole) << charset << " at " << split;
    }
  }
}

// What the comparator makes equal, FUZZY makes equal too.
TEST(Fold, IsLooserThanTheComparator) {
  std::unordered_map<std::string, std::string> folded;  // by what the comparator sees
  for (std::uint32_t code = 1; code <= 0x1FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string text;
    if (code < 0x80) {
      text = static_cast<char>(code);
    } else if (code < 0x800) {
      text = {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
    } else if (code < 0x10000) {
      text = {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
              static_cast<char>(0x80 | (code & 0x3F))};
    } else {
      text = {static_cast<char>(0xF0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3F)),
              static_cast<char>(0x80 | (code >> 6 & 0x3F)),
              static_cast<char>(0x80 | (code & 0x3F))};
    }
    const auto [first, added] = folded.emplace(unicode_casemap(text), fold(text));
    ASSERT_EQ(first->second, fold(text)) << std::hex << code;
  }
}

TEST(Fold, ComparesAsPeopleDo) {
  EXPECT_EQ(fold("HeLLo 1"), "hello 1");
  EXPECT_EQ(fold("\xC3\x89t\xC3\xA9"), fold("e\xCC\x81T\x45\xCC\x81"));
  EXPECT_EQ(fold("Stra\xC3\x9F"
                 "e"),
            "strasse");
  EXPECT_EQ(fold("\xEF\xBC\xA1"), "a");  // full-width A
  EXPECT_EQ(fold("\xCE\xA3"), fold("\xCF\x82"));
  EXPECT_EQ(fold("\xFF"), "\xEF\xBF\xBD");
  EXPECT_EQ(to_nfc("e\xCC\x81"), "\xC3\xA9");
  EXPECT_TRUE(valid_utf8("\xF4\x8F\xBF\xBF"));
  EXPECT_FALSE(valid_utf8("\xF4\x90\x80\x80"));
  EXPECT_FALSE(valid_utf8("\xC0\x80"));
  EXPECT_FALSE(valid_utf8("\xE3\x81"));
}

}  // namespace
}  // namespace postern::mime
