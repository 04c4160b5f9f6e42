// Vault: the keys of one account and everything that is sealed or opened with them.
//
//   master key --HKDF(account)--> wrapping key --AES-256-GCM--> data key (random, in record 'K')
//   data key --HKDF--> "meta": sealing of values; "names": tags of subscription keys;
//                      per blob, salt = blob id: sealing of one body
//
// Immutable after construction, except that it draws from `random`; any thread.
// SECURITY: `random` must be safe to use from several threads.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/crypto.h"
#include "crypto/secret.h"
#include "engine/engine.h"

namespace postern::mailstore {

// Where a body is and how long its plain bytes are: record 'B'.
struct BodyLocator {
  engine::BlobId blob{};
  std::uint64_t size = 0;
};

class Vault {
 public:
  // `random` outlives the vault.
  Vault(AccountId account, crypto::Secret data_key, Random& random);

  [[nodiscard]] AccountId account() const { return account_; }

  // A value of `key`: nonce, ciphertext, tag, bound to the account and the key.
  [[nodiscard]] std::string seal(std::string_view key, std::string_view plain) const;
  // kCorrupt, naming the key.
  [[nodiscard]] Result<std::string> open(std::string_view key, std::string_view sealed) const;

  // The blob id stands in clear, so that a destroyed account's blobs can be dropped without its
  // key.
  [[nodiscard]] std::string seal_locator(std::string_view key, const BodyLocator& locator) const;
  [[nodiscard]] Result<BodyLocator> open_locator(std::string_view key,
                                                 std::string_view value) const;

  [[nodiscard]] crypto::Secret blob_key(const engine::BlobId& blob) const;
  // 16 octets that say nothing about the name without the key.
  [[nodiscard]] std::string name_tag(std::string_view name) const;
  [[nodiscard]] engine::BlobId new_blob_id() const;

 private:
  [[nodiscard]] std::string aad(std::string_view key) const;
  AccountId account_;
  crypto::Secret data_key_, meta_key_, name_key_;
  Random& random_;
};

// The clear part of a locator record. kCorrupt when it is cut short.
[[nodiscard]] Result<engine::BlobId> locator_blob(std::string_view value);

// Record 'K': a fresh key wrapped under the master key, and its way back. kInvalid when the record
// was written under another master key; kCorrupt when it is damaged.
[[nodiscard]] std::string wrap_key(const crypto::Secret& master, AccountId account,
                                   const crypto::Secret& key, Random& random);
[[nodiscard]] Result<crypto::Secret> unwrap_key(const crypto::Secret& master, AccountId account,
                                                std::string_view record);

}  // namespace postern::mailstore
