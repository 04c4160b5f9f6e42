#include "auth/password.h"

#include <crypt.h>
#include <sodium.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/ascii.h"
#include "crypto/crypto.h"

namespace postern::auth {
namespace {

bool is_argon2(std::string_view stored) {
  return stored.starts_with("$argon2");
}

std::uint64_t number_after(std::string_view hash, std::string_view key) {
  const std::size_t at = hash.find(key);
  if (at == std::string_view::npos) return 0;
  std::string_view rest = hash.substr(at + key.size());
  rest = rest.substr(0, rest.find_first_of(",$"));
  return parse_decimal<std::uint64_t>(rest).value_or(0);
}

// Whether the system would give that much now. It is asked for and not touched.
bool has_memory(std::uint64_t bytes) {
  if (bytes == 0) return true;
  void* const at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return false;
  munmap(at, bytes);
  return true;
}

Match verify_argon2(const std::string& stored, const crypto::Secret& password) {
  // libsodium reads a zero-padded array of this size, whatever the length of the string.
  std::array<char, crypto_pwhash_STRBYTES> padded{};
  if (stored.size() >= padded.size()) return Match::kWrong;
  stored.copy(padded.data(), stored.size());
  const std::string_view text = password.view();
  if (crypto_pwhash_str_verify(padded.data(), text.empty() ? "" : text.data(), text.size()) == 0)
    return Match::kRight;
  // libsodium says the same of a wrong password and of missing memory.
  return has_memory(number_after(stored, "m=") * 1024) ? Match::kWrong : Match::kNoMemory;
}

Match verify_crypt(const std::string& stored, const crypto::Secret& password) {
  // crypt(3) stops at a NUL: what follows it must not be ignored.
  if (password.view().find('\0') != std::string_view::npos) return Match::kWrong;
  std::string text(password.view());
  auto data = std::make_unique<crypt_data>();  // 32 KiB, too much for a pool thread's stack frame
  errno = 0;
  const char* made = crypt_r(text.c_str(), stored.c_str(), data.get());
  const bool no_memory = errno == ENOMEM && (made == nullptr || made[0] == '*');
  const bool equal = made != nullptr && made[0] != '*' && crypto::equal_constant_time(made, stored);
  crypto::wipe(text);
  sodium_memzero(data.get(), sizeof(crypt_data));
  if (no_memory) return Match::kNoMemory;
  return equal ? Match::kRight : Match::kWrong;
}

// m= and t= of an Argon2 string, and room for the string in libsodium's array.
Result<void> check_argon2(std::string_view hash) {
  constexpr std::uint64_t kMaxMemoryKib = 256 * 1024,
                          kMaxPasses = 64;  // LIMIT: one sign-in's share
  const std::uint64_t memory = number_after(hash, "m="), passes = number_after(hash, ",t=");
  if (hash.size() >= crypto_pwhash_STRBYTES || memory == 0 || passes == 0) {
    return fail(Errc::kInvalid, "not a complete Argon2 hash");
  }
  if (!hash.starts_with("$argon2id$v=19$m=") && !hash.starts_with("$argon2i$v=19$m=")) {
    return fail(Errc::kInvalid, "of Argon2, only argon2id and argon2i version 19 are known");
  }
  if (memory > kMaxMemoryKib || passes > kMaxPasses) {
    return fail(Errc::kInvalid, "the hash asks for more memory or passes than a sign-in may use");
  }
  return {};
}

// LIMIT: the cost parameters of crypt(3), so that a hash from a file cannot stop the pool.
Result<void> check_crypt_cost(std::string_view hash) {
  const auto too_dear = [] {
    return fail(Errc::kInvalid, "the hash costs more than a sign-in may");
  };
  if (const std::size_t at = hash.find("$rounds="); at != std::string_view::npos) {
    std::string_view rounds = hash.substr(at + 8);
    rounds = rounds.substr(0, rounds.find('$'));
    const auto count = parse_decimal<std::uint32_t>(rounds);
    if (!count || *count > 1'000'000) return too_dear();
  }
  if (hash.starts_with("$2")) {  // $2y$10$: 2^10 rounds
    const auto cost =
        hash.size() > 6 ? parse_decimal<std::uint32_t>(hash.substr(4, 2)) : std::nullopt;
    if (!cost || *cost > 14) return too_dear();
  }
  if (hash.starts_with("$y$") || hash.starts_with("$gy$")) {  // $y$j9T$: N in the second letter
    const std::size_t at = hash.find('$', 1) + 1;
    const std::string_view setting = hash.substr(at, hash.find('$', at) - at);
    if (setting.size() != 3 || setting[0] != 'j' || setting[1] > 'F' || setting[2] != 'T')
      return too_dear();
  }
  if (hash.starts_with("$7$"))
    return too_dear();  // scrypt: the memory cannot be read off in advance
  return {};
}

}  // namespace

Result<std::string> hash_password(const crypto::Secret& password, HashCost cost) {
  if (sodium_init() < 0) return fail(Errc::kInternal, "libsodium did not start");
  std::array<char, crypto_pwhash_STRBYTES> out{};
  const std::string_view text = password.view();
  if (crypto_pwhash_str_alg(out.data(), text.empty() ? "" : text.data(), text.size(), cost.passes,
                            static_cast<std::size_t>(cost.memory_kib * 1024),
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return fail(Errc::kUnavailable, "no memory for a password hash");
  }
  return std::string(out.data());
}

Match verify_password(const std::string& stored, const crypto::Secret& password) {
  if (stored.empty()) return Match::kWrong;
  return is_argon2(stored) ? verify_argon2(stored, password) : verify_crypt(stored, password);
}

Result<std::string> import_hash(std::string_view text) {
  // "{SHA512-CRYPT}$6$...": the string after the prefix says by itself what it is.
  if (text.starts_with('{')) {
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return fail(Errc::kInvalid, "'{' without '}'");
    const std::string scheme = to_upper(text.substr(1, end - 1));
    if (scheme != "CRYPT" && !scheme.ends_with("-CRYPT") && scheme != "ARGON2I" &&
        scheme != "ARGON2ID") {
      return fail(Errc::kInvalid,
                  "scheme {" + scheme + "} is not known; Argon2 and crypt(3) hashes are");
    }
    text.remove_prefix(end + 1);
  }
  std::string hash(text);
  if (is_argon2(hash)) {
    POSTERN_CHECK_OK(check_argon2(hash));
    return hash;
  }
  // Without '$' it is the DES crypt of eight characters: anything that begins like the password
  // fits.
  if (!hash.starts_with('$'))
    return fail(Errc::kInvalid, "not an Argon2 or crypt(3) hash that begins with '$'");
  const int state = crypt_checksalt(hash.c_str());
  if (hash.size() >= CRYPT_OUTPUT_SIZE ||
      (state != CRYPT_SALT_OK && state != CRYPT_SALT_METHOD_LEGACY)) {
    return fail(Errc::kInvalid, "crypt(3) does not know this hash");
  }
  POSTERN_CHECK_OK(check_crypt_cost(hash));
  return hash;
}

}  // namespace postern::auth
