#include <gtest/gtest.h>

#include "base/codec.h"
#include "mime/message.h"
#include "mime/test_parse.h"

namespace postern::mime {
namespace {

const char* const kMessage =
    "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\nSubject: s\r\nContent-Type: multipart/mixed; "
    "boundary=b\r\n\r\n"
    "--b\r\n\r\nx\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: i\r\n\r\ny\r\n--b--\r\n";

TEST(Record, RoundTrip) {
  const MessageInfo info = parse_message(kMessage);
  const auto again = decode_info(encode_info(info));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->size, info.size);
  EXPECT_EQ(again->envelope, info.envelope);
  EXPECT_EQ(again->body, info.body);
  EXPECT_EQ(again->body_structure, info.body_structure);
  EXPECT_EQ(again->hot_header, info.hot_header);
  EXPECT_EQ(again->hot_header_complete, info.hot_header_complete);
  EXPECT_EQ(again->preview, info.preview);
  EXPECT_EQ(again->sent_unix, info.sent_unix);
  EXPECT_EQ(again->sent_day, info.sent_day);
  ASSERT_EQ(again->parts.size(), info.parts.size());
  for (std::size_t i = 0; i < info.parts.size(); ++i) {
    EXPECT_EQ(again->parts[i].parent, info.parts[i].parent);
    EXPECT_EQ(again->parts[i].children, info.parts[i].children);
    EXPECT_EQ(again->parts[i].message, info.parts[i].message);
    EXPECT_EQ(again->parts[i].lines, info.parts[i].lines);
    EXPECT_EQ(again->parts[i].body_end, info.parts[i].body_end);
    EXPECT_EQ(again->parts[i].type, info.parts[i].type);
  }
}

TEST(Record, EveryTruncationAndExtensionIsCorrupt) {
  const std::string record = encode_info(parse_message(kMessage));
  for (std::size_t length = 0; length < record.size(); ++length) {
    const auto info = decode_info(std::string_view(record).substr(0, length));
    ASSERT_FALSE(info.has_value()) << length;
    EXPECT_EQ(info.error().code, Errc::kCorrupt);
  }
  EXPECT_FALSE(decode_info(record + '\0').has_value());
}

// Whatever is flipped, what is accepted is a sound tree.
TEST(Record, FlippedBitsNeverGiveAnUnsoundTree) {
  const std::string record = encode_info(parse_message(kMessage));
  for (std::size_t i = 0; i < record.size() * 8; ++i) {
    std::string bad = record;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << (i % 8)));
    const auto info = decode_info(bad);
    if (!info.has_value()) continue;
    for (std::size_t p = 0; p < info->parts.size(); ++p) {
      const PartInfo& part = info->parts[p];
      EXPECT_LE(part.header_begin, part.body_begin);
      EXPECT_LE(part.body_begin, part.body_end);
      EXPECT_LE(part.body_end, info->size);
      EXPECT_EQ(part.message || part.multipart, !part.children.empty());
      for (const std::uint32_t child : part.children) EXPECT_GT(child, p);
    }
  }
}

TEST(Record, WorkedExampleOfTheDocument) {
  const std::string record = encode_info(parse_message("Subject: Hi\r\n\r\nYes\r\n"));
  ByteWriter expected;
  expected.u8(1);                               // version
  expected.u8(1);                               // flags: hot header complete, no date
  expected.u8(20);                              // size
  expected.u8(1);                               // parts
  expected.bytes(std::string_view("\0\0", 2));  // flags, encoding
  expected.bytes(
      std::string_view("\0\x0F\5\1", 4));  // header at 0, 15 octets, body 5 octets, 1 line
  expected.string("text");
  expected.string("plain");
  expected.string("");
  expected.string("(NIL \"Hi\" NIL NIL NIL NIL NIL NIL NIL NIL)");
  expected.string("(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 5 1)");
  expected.string(
      "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 5 1 NIL NIL NIL NIL)");
  expected.string("Subject: Hi\r\n");
  expected.string("Yes");
  EXPECT_EQ(record, expected.str());
}

}  // namespace
}  // namespace postern::mime
