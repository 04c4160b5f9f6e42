#include <gtest/gtest.h>

#include "imap/parse_trace.h"

namespace postern::imap {
namespace {

TEST(ParseSearch, Keys) {
  check_parse({{"SEARCH ALL", "SEARCH ALL"},
               {"SEARCH 1:5", "SEARCH SEQ=1:5"},
               {"SEARCH *", "SEARCH SEQ=*"},
               {"SEARCH $", "SEARCH SEQ=$"},
               {"UID SEARCH uid 5:*", "SEARCH uid UID=5:*"},
               {"SEARCH FROM bob SUBJECT \"hi there\"", "SEARCH FROM=bob SUBJECT=hi there &2"},
               {"SEARCH HEADER Message-ID {4+}\r\n<a@b", "SEARCH HEADER:Message-ID=<a@b"},
               {"SEARCH HEADER X \"\"", "SEARCH HEADER:X="},
               {"SEARCH KEYWORD $Junk UNKEYWORD work", "SEARCH KEYWORD=$Junk UNKEYWORD=work &2"},
               {"SEARCH LARGER 0 SMALLER 9223372036854775807",
                "SEARCH LARGER=0 SMALLER=9223372036854775807 &2"},
               {"SEARCH SINCE 1-Jan-1970 SENTON \"2-Jan-1970\"", "SEARCH SINCE=0 SENTON=1 &2"},
               {"SEARCH MODSEQ 620", "SEARCH MODSEQ=620 modseq"},
               {"SEARCH MODSEQ \"/flags/\\\\draft\" all 620", "SEARCH MODSEQ=620 modseq"},
               {"SEARCH ANSWERED DELETED DRAFT FLAGGED NEW OLD RECENT SEEN UNANSWERED UNDELETED "
                "UNDRAFT UNFLAGGED UNSEEN",
                "SEARCH ANSWERED DELETED DRAFT FLAGGED NEW OLD RECENT SEEN UNANSWERED UNDELETED "
                "UNDRAFT UNFLAGGED "
                "UNSEEN &13"},
               {"SEARCH LARGER 9223372036854775808", "bad@16"},
               {"SEARCH SINCE 31-Feb-2020", "bad@15"},
               {"SEARCH SINCE \"1-Jan-1970", "bad@26"},
               {"SEARCH MODSEQ \"/x\" all 1", "bad@16"},
               {"SEARCH MODSEQ \"/flags/x\" any 1", "bad@27"},
               {"SEARCH KEYWORD \\Seen", "bad@17"},
               {"SEARCH FOO", "bad@9"},
               {"SEARCH", "bad@8"},
               {"SEARCH ", "bad@9"},
               {"SEARCH ALL ", "bad@13"},
               {"SEARCH ALL  SEEN", "bad@13"},
               {"SEARCH FROM", "bad@13"},
               {"SEARCH 0", "bad@9"},
               {"SEARCH 1,,2", "bad@9"}});
}

TEST(ParseSearch, Operators) {
  check_parse({{"SEARCH NOT SEEN", "SEARCH SEEN !"},
               {"SEARCH OR SEEN DRAFT", "SEARCH SEEN DRAFT |2"},
               {"SEARCH (SEEN)", "SEARCH SEEN"},
               {"SEARCH ((SEEN) DRAFT) 1", "SEARCH SEEN DRAFT &2 SEQ=1 &2"},
               {"SEARCH OR (SEEN DRAFT) NOT (1 2)", "SEARCH SEEN DRAFT &2 SEQ=1 SEQ=2 &2 ! |2"},
               {"SEARCH OR OR SEEN DRAFT NEW ALL", "SEARCH SEEN DRAFT |2 NEW |2 ALL &2"},
               {"SEARCH NOT NOT NOT ALL", "SEARCH ALL ! ! !"},
               {"SEARCH NOT", "bad@12"},
               {"SEARCH NOT(SEEN)", "bad@12"},
               {"SEARCH OR SEEN", "bad@16"},
               {"SEARCH OR SEEN ", "bad@17"},
               {"SEARCH ()", "bad@10"},
               {"SEARCH ( SEEN)", "bad@10"},
               {"SEARCH (SEEN )", "bad@15"},
               {"SEARCH (SEEN", "bad@14"},
               {"SEARCH SEEN)", "bad@13"},
               {"SEARCH (SEEN)(DRAFT)", "bad@15"}});
}

TEST(ParseSearch, ReturnOptions) {
  check_parse({{"SEARCH RETURN () ALL", "SEARCH return: ALL"},
               {"SEARCH RETURN (MIN MAX ALL COUNT SAVE) ALL", "SEARCH return:mxacs ALL"},
               {"UID SEARCH return (count count) CHARSET UTF-8 UNSEEN",
                "SEARCH uid return:c charset:UTF-8 UNSEEN"},
               {"SEARCH RETURN (PARTIAL 1:5) ALL", "SEARCH return:p 1:5 ALL"},
               {"UID SEARCH RETURN (count partial -1:-100 UPDATE context) ALL",
                "SEARCH uid return:cpUC -1:-100 ALL"},
               {"SEARCH RETURN (PARTIAL 500:400) ALL", "SEARCH return:p 500:400 ALL"},
               {"SEARCH RETURN (PARTIAL 1:4294967295) ALL", "SEARCH return:p 1:4294967295 ALL"},
               {"SEARCH RETURN (PARTIAL 1:4294967296) ALL", "bad@27"},
               {"SEARCH RETURN (PARTIAL 0:5) ALL", "bad@25"},
               {"SEARCH RETURN (PARTIAL -1:5) ALL", "bad@28"},
               {"SEARCH RETURN (PARTIAL 1:-5) ALL", "bad@27"},
               {"SEARCH RETURN (PARTIAL 1:*) ALL", "bad@27"},
               {"SEARCH RETURN (PARTIAL 5) ALL", "bad@26"},
               {"SEARCH RETURN (PARTIAL) ALL", "bad@24"},
               {"SEARCH RETURN (PARTIAL 1:2 PARTIAL 1:2) ALL", "bad@29"},
               {"SEARCH RETURN (ALL PARTIAL 1:2) ALL", "bad@21"},
               {"SEARCH RETURN (PARTIAL 1:2 ALL) ALL", "bad@29"},
               {"SEARCH RETURN (RELEVANCY) ALL", "bad@28"},
               {"SEARCH RETURN ALL", "bad@16"},
               {"SEARCH RETURN (MIN)", "bad@21"},
               {"SEARCH RETURN (MIN )", "bad@21"}});
}

TEST(ParseSearch, Charsets) {
  check_parse(
      {{"SEARCH CHARSET utf-8 SUBJECT {2+}\r\n\xC3\xA4", "SEARCH charset:UTF-8 SUBJECT=\xC3\xA4"},
       {"SEARCH CHARSET \"US-ASCII\" SUBJECT x", "SEARCH charset:US-ASCII SUBJECT=x"},
       {"SEARCH SUBJECT {2+}\r\n\xC3\xA4", "SEARCH SUBJECT=\xC3\xA4"},
       {"SEARCH CHARSET US-ASCII SUBJECT {2+}\r\n\xC3\xA4", "bad@34"},
       {"SEARCH CHARSET UTF-8 SUBJECT {2+}\r\n\xC0\xAF", "bad@31"},
       {"SEARCH SUBJECT {1+}\r\n\xE4", "bad@17"},
       {"SEARCH SUBJECT \"\xC3\xA4\"", "bad@17"},
       {"SEARCH CHARSET iso-8859-1 SUBJECT {1+}\r\n\xE4", "SEARCH charset:ISO-8859-1 SUBJECT=\xE4"},
       {"SEARCH CHARSET UTF-7 ALL", "SEARCH charset:UTF-7 ALL"},
       {"SEARCH CHARSET " + std::string(300, 'x') + " ALL", "cannot@17"},
       {"SEARCH CHARSET UTF-8", "bad@22"}});
  check_parse({{"SEARCH SUBJECT \"\xC3\xA4\"", "SEARCH SUBJECT=\xC3\xA4"},
               {"SEARCH SUBJECT \"\xC3\"", "bad@17"},
               {"SEARCH SUBJECT \xC3\xA4", "bad@17"}},
              kUtf8);
}

std::string repeat(std::string_view text, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

// B10: deep and wide programs cost a bounded stack of our own.
TEST(ParseSearch, Limits) {
  const auto code = [](const std::string& keys) {
    return parse_text("a SEARCH " + keys, kPlain).substr(0, 5);
  };
  EXPECT_EQ(code(repeat("NOT ", 64) + "ALL"), "SEARC");
  EXPECT_EQ(code(repeat("NOT ", 65) + "ALL"), "limit");
  EXPECT_EQ(code(repeat("NOT ", 10'000) + "ALL"), "limit");
  EXPECT_EQ(code(repeat("(", 64) + "ALL" + repeat(")", 64)), "SEARC");
  EXPECT_EQ(code(repeat("(", 10'000)), "limit");
  EXPECT_EQ(code(repeat("OR ALL ", 5'000) + "ALL"), "limit");
  EXPECT_EQ(code(repeat("ALL ", 1'998) + "ALL"), "SEARC");  // 1,999 keys and their AND
  EXPECT_EQ(code(repeat("ALL ", 1'999) + "ALL"), "limit");
  std::string tree = "ALL";
  for (int depth = 0; depth < 12; ++depth) tree = "OR (" + tree + ") (" + tree + ")";
  EXPECT_EQ(code(tree), "limit");
}

TEST(ParseSearch, AnErrorAfterSaveSaysSo) {
  const auto save = [](const std::string& rest) {
    const auto parsed = parse_command("a SEARCH " + rest, kPlain);
    return !parsed && parsed.error().save;
  };
  EXPECT_TRUE(save("RETURN (MIN SAVE) " + repeat("NOT ", 65) + "ALL"));
  EXPECT_TRUE(save("RETURN (save) NONSENSE"));
  EXPECT_FALSE(save("RETURN (MIN) " + repeat("NOT ", 65) + "ALL"));
  EXPECT_FALSE(save("SUBJECT SAVE NONSENSE"));
}

}  // namespace
}  // namespace postern::imap
