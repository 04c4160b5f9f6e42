// Password hashes: made as Argon2id, verified also as crypt(3) strings of imported users.
//
// Every function blocks for the cost of one hash (about 30 ms and 19 MiB by default): call it on a
// pool, never on a thread that serves connections. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/secret.h"

namespace postern::auth {

struct HashCost {
  std::uint64_t memory_kib = 19 * 1024;
  std::uint32_t passes = 2;
};

// "$argon2id$v=19$m=...,t=...,p=1$salt$hash". kUnavailable when the memory is not there.
[[nodiscard]] Result<std::string> hash_password(const crypto::Secret& password, HashCost cost);

enum class Match : std::uint8_t {
  kRight,
  kWrong,     // or `stored` is no hash
  kNoMemory,  // not known: the memory for the hash is not there
};
// Compares in constant time.
[[nodiscard]] Match verify_password(const std::string& stored, const crypto::Secret& password);

// The string to store for a hash brought from elsewhere: Argon2 or crypt(3), with or without the
// {SCHEME} prefix of other servers. kInvalid names what is wrong with it: an unknown scheme, a hash
// that keeps eight characters only, or costs that would let one sign-in use up the machine.
[[nodiscard]] Result<std::string> import_hash(std::string_view text);

}  // namespace postern::auth
