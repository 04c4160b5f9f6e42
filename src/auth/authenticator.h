// Authenticator: the one decision function for every password sign-in of every protocol.
//
// Always verifies exactly one hash (a dummy one for unknown, disabled or malformed names), so time
// and text do not tell which it was. Hashing runs on a sized pool. A right verdict is remembered
// under HMAC(process key, address, epoch, password), bound to the credential epoch: a later sign-in
// with the same password costs microseconds; a change or disable makes it miss.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "auth/directory.h"
#include "base/executor.h"
#include "base/task.h"
#include "crypto/secret.h"

namespace postern::auth {

// For the log, the metrics and the owner; the client is told one text for all of them.
enum class AuthReason : std::uint8_t {
  kOk,
  kUnknownUser,
  kWrongPassword,
  kDisabled,
  kMalformed,
  kAuthzid,
  kBusy,
};
[[nodiscard]] std::string_view to_string(AuthReason reason);

struct AuthRequest {
  std::string authzid;  // "" or equal to authcid
  std::string authcid;
  crypto::Secret password;
  std::string peer_address;
};
struct AuthVerdict {
  AuthReason reason = AuthReason::kMalformed;
  RecordPtr account;  // set when kOk
  bool cached = false;
};

class Authenticator {
 public:
  struct Options {
    std::size_t hash_threads = 2;
    std::size_t max_waiting = 1000;  // LIMIT: beyond it kBusy (a temporary failure, not "wrong")
    std::uint64_t memory_kib = 19 * 1024;
    std::uint32_t passes = 2;
    std::size_t cache_entries = 10'000;
  };
  virtual ~Authenticator() = default;
  // Blocks for one hash (the dummy). Null, with a line in the log, when the memory for it is not
  // there.
  static std::unique_ptr<Authenticator> create(Directory& directory, Random& random,
                                               Options options);

  virtual task<AuthVerdict> check(AuthRequest request) = 0;
  // For the account verbs: the string to store. Blocking, about 30 ms.
  [[nodiscard]] virtual Result<std::string> hash(const crypto::Secret& password) const = 0;
};

// SASL PLAIN message (RFC 4616): authzid NUL authcid NUL passwd, all of it UTF-8, authcid and
// passwd not empty. kInvalid for anything else. SECURITY: a malformed message is answered in the
// time of a wrong password: give check() an empty AuthRequest, which costs one hash and yields
// kMalformed.
struct PlainMessage {
  std::string authzid, authcid;
  crypto::Secret password;
};
[[nodiscard]] Result<PlainMessage> parse_plain(std::string_view message);

}  // namespace postern::auth
