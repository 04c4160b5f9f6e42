#include "imap/encoder.h"

#include <gtest/gtest.h>

#include "imap/parse_trace.h"

namespace postern::imap {
namespace {

std::string mailbox(std::string_view name, bool utf8) {
  std::string out;
  append_mailbox(out, name, utf8);
  return out;
}

TEST(Encoder, Mailbox) {
  EXPECT_EQ(mailbox("INBOX", false), "\"INBOX\"");
  EXPECT_EQ(mailbox("a\"b\\c", false), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(mailbox("R&D/\xC3\xA4", false), "\"R&-D/&AOQ-\"");
  EXPECT_EQ(mailbox("R&D/\xC3\xA4", true), "\"R&D/\xC3\xA4\"");
  EXPECT_EQ(mailbox("x\r\n* BYE", true), "{8}\r\nx\r\n* BYE");
  EXPECT_EQ(mailbox("x\r\n* BYE", false), "\"x&AA0ACg-* BYE\"");
  EXPECT_EQ(mailbox("", true), "\"\"");
}

// What the server says, it understands.
TEST(Encoder, MailboxRoundTrip) {
  for (const std::string name :
       {"INBOX", "a b", "R&D", "\xC3\xA4\xE8\xAA\x9E\xF0\x9F\x98\x80", "x\"y\\z", "%*(){", "&-"}) {
    EXPECT_EQ(parse_text("a DELETE " + mailbox(name, false), kPlain), "DELETE '" + name + "'");
    EXPECT_EQ(parse_text("a DELETE " + mailbox(name, true), kUtf8), "DELETE '" + name + "'");
  }
}

TEST(Encoder, SectionRoundTrip) {
  const Section sections[] = {
      {},
      {.part = {1, 2}},
      {.text = SectionText::kHeader},
      {.part = {3}, .text = SectionText::kMime},
      {.part = {4294967295}, .text = SectionText::kText},
      {.text = SectionText::kHeaderFields, .fields = {"Subject", "X-\"odd\" name", "a\r\nb", ""}},
      {.part = {1, 1, 1}, .text = SectionText::kHeaderFieldsNot, .fields = {"From"}},
  };
  for (const Section& section : sections) {
    std::string text = "a FETCH 1 BODY";
    append_section(text, section, std::nullopt);
    const Parsed<Command> parsed = parse_command(text, kPlain);
    ASSERT_TRUE(parsed.has_value()) << text;
    const auto& items = std::get<FetchArgs>(parsed->args).items;
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0].section, section) << text;
  }
  std::string text;
  append_section(text, {.part = {2}}, Partial{.offset = 100, .length = 5});
  EXPECT_EQ(text, "[2]<100>");
}

TEST(Encoder, NumbersAndDates) {
  std::string out;
  append_number(out, 0);
  append_number(out, UINT64_MAX);
  EXPECT_EQ(out, "018446744073709551615");
  out.clear();
  append_date_time(out, {.unix_seconds = 837596665, .zone_minutes = -420});
  EXPECT_EQ(out, "\"17-Jul-1996 02:44:25 -0700\"");
}

}  // namespace
}  // namespace postern::imap
