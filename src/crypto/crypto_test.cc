#include "crypto/crypto.h"

#include <gtest/gtest.h>

namespace postern::crypto {
namespace {

std::string hex(const Digest& digest) {
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}
std::string unhex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  }
  return out;
}

TEST(Crypto, KnownAnswers) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // RFC 4231 §4.3
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  // RFC 5869 appendix A.1, first 32 octets
  const Secret okm = hkdf(Secret(std::string(22, '\x0b')), unhex("000102030405060708090a0b0c"),
                          unhex("f0f1f2f3f4f5f6f7f8f9"));
  EXPECT_EQ(to_hex(okm.view()), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

TEST(Crypto, SealedValuesOpenOnlyUnderTheirKeyAndContext) {
  const Secret key(std::string(32, 'k')), other(std::string(32, 'o'));
  const std::string sealed = seal_value(key, system_random(), "aad", "plain text");
  EXPECT_EQ(sealed.find("plain"), std::string::npos);
  EXPECT_EQ(open_value(key, "aad", sealed).value(), "plain text");
  EXPECT_EQ(open_value(other, "aad", sealed).error().code, Errc::kCorrupt);
  EXPECT_EQ(open_value(key, "bad", sealed).error().code, Errc::kCorrupt);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string flipped = sealed;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(open_value(key, "aad", flipped).has_value()) << i;
    EXPECT_FALSE(open_value(key, "aad", sealed.substr(0, i)).has_value()) << i;
  }
  EXPECT_EQ(open_value(key, "", seal_value(key, system_random(), "", "")).value(), "");
}

TEST(Crypto, Base64IsStrict) {
  EXPECT_EQ(base64_encode(std::string_view("\0u\0p", 4)), "AHUAcA==");
  EXPECT_EQ(base64_decode("AGF0dAA=").value(), std::string_view("\0att\0", 5));
  EXPECT_EQ(base64_decode("").value(), "");
  for (const char* bad :
       {"!!!!", "=AAA", "AA=A", "AAA", "A", "AA==AA==", "AAAA\n", "AA AA", "AB=="}) {
    EXPECT_FALSE(base64_decode(bad).has_value()) << bad;
  }
}

TEST(Crypto, ConstantTimeCompareAndSecrets) {
  EXPECT_TRUE(equal_constant_time("same", "same"));
  EXPECT_FALSE(equal_constant_time("same", "sane"));
  EXPECT_FALSE(equal_constant_time("same", "sam"));
  Secret secret("hunter2");
  const Secret moved = std::move(secret);
  EXPECT_EQ(moved.view(), "hunter2");
  EXPECT_EQ(moved.clone().view(), "hunter2");
  std::string text = "password that is long enough to sit on the heap";
  wipe(text);
  EXPECT_TRUE(text.empty());
}

}  // namespace
}  // namespace postern::crypto
