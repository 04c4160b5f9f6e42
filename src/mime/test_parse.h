// For tests: parsing in every split, and the invariants of every MessageInfo.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "mime/decode.h"
#include "mime/limits.h"
#include "mime/message.h"
#include "mime/parser.h"
#include "mime/test_wire.h"

namespace postern::mime::test {

// Every LF becomes CRLF.
inline std::string crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

inline MessageInfo parse_in_pieces(std::string_view message, std::size_t piece) {
  MessageParser parser;
  for (std::size_t at = 0; at < message.size(); at += piece) parser.feed(message.substr(at, piece));
  return parser.finish();
}

inline void expect_invariants(std::string_view message, const MessageInfo& info) {
  EXPECT_EQ(info.size, message.size());
  ASSERT_FALSE(info.parts.empty());
  EXPECT_LE(info.parts.size(), kMaxParts);
  for (std::size_t i = 0; i < info.parts.size(); ++i) {
    const PartInfo& part = info.parts[i];
    EXPECT_LE(part.header_begin, part.body_begin);
    EXPECT_LE(part.body_begin, part.body_end);
    EXPECT_LE(part.body_end, message.size());
    EXPECT_FALSE(part.type.empty());
    EXPECT_FALSE(part.subtype.empty());
    EXPECT_EQ(part.multipart, part.type == "multipart");
    EXPECT_FALSE(part.multipart && part.message);
    EXPECT_EQ(part.children.empty(), !part.multipart && !part.message);
    const std::string_view body = message.substr(part.body_begin, part.body_end - part.body_begin);
    EXPECT_EQ(part.lines, static_cast<std::uint64_t>(std::count(body.begin(), body.end(), '\n')));
    std::uint64_t last_end = part.body_begin;
    for (const std::uint32_t child : part.children) {
      ASSERT_LT(child, info.parts.size());
      EXPECT_GT(child, i);
      EXPECT_EQ(info.parts[child].parent, i);
      EXPECT_GE(info.parts[child].header_begin, last_end);  // in order, apart from each other
      EXPECT_LE(info.parts[child].body_end, part.body_end);
      last_end = info.parts[child].body_end;
    }
  }
  EXPECT_EQ(info.parts[0].header_begin, 0u);
  EXPECT_EQ(info.parts[0].body_end, message.size());
  EXPECT_TRUE(valid_envelope_text(info.envelope)) << info.envelope.substr(0, 2000);
  EXPECT_TRUE(valid_body_text(info.body, false)) << info.body.substr(0, 2000);
  EXPECT_TRUE(valid_body_text(info.body_structure, true)) << info.body_structure.substr(0, 2000);
  EXPECT_LE(info.body_structure.size(), kMaxStructure);
  EXPECT_TRUE(valid_utf8(info.preview));
  EXPECT_LE(info.hot_header.size(), kMaxHotHeader);
  const std::string record = encode_info(info);
  const auto decoded = decode_info(record);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(encode_info(*decoded), record);
}

// Whole, byte by byte and at every split (messages short enough for that) give the same.
inline MessageInfo parse_checked(std::string_view message) {
  const MessageInfo whole = parse_message(message);
  expect_invariants(message, whole);
  const std::string record = encode_info(whole);
  EXPECT_EQ(encode_info(parse_in_pieces(message, 1)), record);
  if (message.size() <= 2000) {
    for (std::size_t split = 1; split < message.size(); ++split) {
      MessageParser parser;
      parser.feed(message.substr(0, split));
      parser.feed(message.substr(split));
      EXPECT_EQ(encode_info(parser.finish()), record) << "split at " << split;
    }
  } else {
    for (const std::size_t piece : {7u, 64u, 1000u, 4096u})
      EXPECT_EQ(encode_info(parse_in_pieces(message, piece)), record);
  }
  return whole;
}

}  // namespace postern::mime::test
