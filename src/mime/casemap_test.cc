#include <gtest/gtest.h>

#include "mime/decode.h"

namespace postern::mime {
namespace {

TEST(UnicodeCasemap, TitlecasedAndDecomposed) {
  EXPECT_EQ(unicode_casemap(""), "");
  EXPECT_EQ(unicode_casemap("aZ_9"), "AZ_9");
  // RFC 5051 §2: U+01C4 becomes D, z, U+030C.
  EXPECT_EQ(unicode_casemap("\xC7\x84"), "Dz\xCC\x8C");
  EXPECT_EQ(unicode_casemap("\xC3\xA4"), "A\xCC\x88");
  EXPECT_EQ(unicode_casemap("\xC3\x84"), unicode_casemap("\xC3\xA4"));
  EXPECT_EQ(unicode_casemap("A\xCC\x88"), unicode_casemap("\xC3\xA4"));
  // No full folding: U+00DF has no titlecase of one character.
  EXPECT_EQ(unicode_casemap("\xC3\x9F"), "\xC3\x9F");
  // Compatibility forms: U+FB01 (fi ligature), U+FF21 (fullwidth A).
  EXPECT_EQ(unicode_casemap("\xEF\xAC\x81\xEF\xBD\x81"), "fiA");
  // Hangul decomposes by rule: U+AC00.
  EXPECT_EQ(unicode_casemap("\xEA\xB0\x80"), "\xE1\x84\x80\xE1\x85\xA1");
  // Beyond the BMP: Deseret small letter to its capital.
  EXPECT_EQ(unicode_casemap("\xF0\x90\x90\xA8"), "\xF0\x90\x90\x80");
}

TEST(UnicodeCasemap, WhatIsNoUtf8StaysAsItIs) {
  EXPECT_EQ(unicode_casemap("abc\xFF"), "abc\xFF");
  EXPECT_EQ(unicode_casemap("\xC0\xAF z"), "\xC0\xAF z");
}

// i;octet on the results: "_" comes after the letters, not before.
TEST(UnicodeCasemap, Order) {
  EXPECT_LT(unicode_casemap("z"), unicode_casemap("_"));
  EXPECT_LT(unicode_casemap("a"), unicode_casemap("B"));
  EXPECT_LT(unicode_casemap("\xC3\xA4"), unicode_casemap("b"));
}

}  // namespace
}  // namespace postern::mime
