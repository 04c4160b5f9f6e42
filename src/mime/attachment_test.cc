// RFC 9979 §4: what makes a message one with attachments.
#include "mime/attachment.h"

#include <gtest/gtest.h>

#include <string>

#include "mime/parser.h"

namespace postern::mime {
namespace {

bool has_attachment(std::string_view message) {
  MessageParser parser;
  parser.feed(message);
  static_cast<void>(parser.finish());
  return parser.has_attachment();
}

// A message of one multipart with a text and one more part of these header fields.
std::string with_part(const std::string& subtype, const std::string& header) {
  return "Content-Type: multipart/" + subtype + "; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n" +
         header + "\r\n\r\nabc\r\n--b--\r\n";
}

TEST(Attachment, WholeMessages) {
  EXPECT_FALSE(has_attachment(""));
  EXPECT_FALSE(has_attachment("Subject: x\r\n\r\ntext\r\n"));
  EXPECT_FALSE(has_attachment("Content-Type: text/html\r\n\r\n<p>\r\n"));
  EXPECT_TRUE(has_attachment("Content-Type: application/pdf\r\n\r\nabc\r\n"));
  EXPECT_TRUE(has_attachment("Content-Type: image/png\r\n\r\nabc\r\n"));
  EXPECT_TRUE(has_attachment("Content-Disposition: attachment\r\n\r\ntext\r\n"));
  // Without a boundary it is shown as text.
  EXPECT_FALSE(has_attachment("Content-Type: multipart/mixed\r\n\r\ntext\r\n"));
}

TEST(Attachment, Parts) {
  const std::pair<std::string, bool> mixed[] = {
      {"Content-Type: text/html", false},
      {"Content-Type: text/csv\r\nContent-Disposition: ATTACHMENT; filename=a.csv", true},
      {"Content-Type: application/octet-stream", true},
      {"Content-Type: image/jpeg\r\nContent-Disposition: inline", true},
      {"Content-Type: message/rfc822", true},
      {"Content-Type: application/pgp-signature", false},
      {"Content-Type: application/pkcs7-signature; name=smime.p7s", false},
      {"Content-Type: application/pkcs7-signature\r\nContent-Disposition: attachment", true}};
  for (const auto& [header, expected] : mixed)
    EXPECT_EQ(has_attachment(with_part("mixed", header)), expected) << header;
  EXPECT_FALSE(has_attachment(with_part("alternative", "Content-Type: text/html")));
  EXPECT_FALSE(has_attachment(with_part("related", "Content-Type: image/png")));
  EXPECT_TRUE(has_attachment(with_part("related", "Content-Type: application/pdf")));
  EXPECT_FALSE(has_attachment(with_part("report", "Content-Type: message/delivery-status")));
}

// What an attached message holds is its own; the message itself is the attachment.
TEST(Attachment, InsideAMessage) {
  EXPECT_FALSE(has_attachment(
      with_part("report", "Content-Type: message/rfc822\r\n\r\nContent-Type: application/pdf")));
  EXPECT_TRUE(has_attachment(with_part("mixed", "Content-Type: message/rfc822\r\n\r\nSubject: x")));
}

}  // namespace
}  // namespace postern::mime
