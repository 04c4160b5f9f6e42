// Hashes, MAC, key derivation, AEAD and randomness: thin, typed calls into OpenSSL.
//
// Nothing here keeps state between calls except per-thread cipher contexts. All functions may be
// called from any thread. SECURITY: outputs that are keys are Secret.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace postern::crypto {

using Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] Digest sha256(std::string_view bytes);
[[nodiscard]] Digest hmac_sha256(std::string_view key, std::string_view bytes);
// HKDF-SHA-256 (RFC 5869) to 32 bytes.
[[nodiscard]] Secret hkdf(const Secret& key, std::string_view salt, std::string_view info);

// AES-256-GCM. Output is ciphertext plus a 16-byte tag. The caller owns the nonce discipline:
// one (key, nonce) pair never seals twice.
inline constexpr std::size_t kKeySize = 32;
inline constexpr std::size_t kNonceSize = 12;
inline constexpr std::size_t kTagSize = 16;
using Nonce = std::array<std::uint8_t, kNonceSize>;
void seal(const Secret& key, const Nonce& nonce, std::string_view aad, std::string_view plain,
          std::string& out);  // appends
// kCorrupt when the tag does not fit. Appends the plaintext.
[[nodiscard]] Result<void> open(const Secret& key, const Nonce& nonce, std::string_view aad,
                                std::string_view sealed, std::string& out);

// One value under one key with a random nonce in front: nonce || ciphertext || tag.
// LIMIT: random 96-bit nonces; at most 2^32 values a key.
[[nodiscard]] std::string seal_value(const Secret& key, Random& random, std::string_view aad,
                                     std::string_view plain);
[[nodiscard]] Result<std::string> open_value(const Secret& key, std::string_view aad,
                                             std::string_view sealed);

[[nodiscard]] bool equal_constant_time(std::string_view a, std::string_view b);
[[nodiscard]] Random& system_random();

[[nodiscard]] std::string base64_encode(std::string_view bytes);
// Strict RFC 4648 §4: padding required, no white space, no trailing bits. kInvalid otherwise.
[[nodiscard]] Result<std::string> base64_decode(std::string_view text);
[[nodiscard]] std::string to_hex(std::string_view bytes);

}  // namespace postern::crypto
