// Remembers passwords that were right, so that a mail app's tenth connection costs no password
// hash.
//
// SECURITY: what is kept is HMAC-SHA-256 under a random key of this process, over everything that
// made the verdict: account id, address, epoch, stored hash and password. A dump of the memory
// gives no password without the key; any change of credentials makes the entry unreachable. Only
// right verdicts are kept, so nobody can be locked out and nothing is learned from a hit one could
// not have had.
//
// Any thread. LIMIT: `capacity` entries, the least recently used one goes.
#pragma once

#include <list>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "auth/directory.h"
#include "base/random.h"
#include "crypto/crypto.h"
#include "crypto/secret.h"

namespace postern::auth {

class VerdictCache {
 public:
  VerdictCache(Random& random, std::size_t capacity);

  [[nodiscard]] bool contains(const AccountRecord& account, const crypto::Secret& password);
  void remember(const AccountRecord& account, const crypto::Secret& password);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Hash {
    // The digest is a keyed one: its first bytes are as good as any hash.
    std::size_t operator()(const crypto::Digest& digest) const;
  };
  [[nodiscard]] crypto::Digest digest(const AccountRecord& account,
                                      const crypto::Secret& password) const;

  const crypto::Secret key_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::list<crypto::Digest> order_;  // guarded by mutex_; newest first
  std::unordered_map<crypto::Digest, std::list<crypto::Digest>::iterator, Hash>
      entries_;  // guarded
};

}  // namespace postern::auth
