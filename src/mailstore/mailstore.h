// MailStore: opens accounts over an engine. Written once for every engine.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/task.h"
#include "crypto/secret.h"
#include "engine/engine.h"
#include "mailstore/account.h"

namespace postern::mailstore {

class MailStore {
 public:
  struct Options {
    std::size_t loaded_accounts = 10'000;  // LIMIT: idle accounts beyond it are dropped, oldest first
    std::uint64_t max_message_size = 50u << 20;
  };

  virtual ~MailStore() = default;

  // `master_key` wraps the data key of every account (AES-256-GCM). A store written under another
  // master key: kInvalid. All references outlive the store.
  static task<Result<std::unique_ptr<MailStore>>> open(engine::Engine& engine, crypto::Secret master_key,
                                                       Clock& clock, Random& random, Options options);

  // The store-wide key for data that belongs to no account (the directory).
  [[nodiscard]] virtual const crypto::Secret& system_key() const = 0;

  // A new account with INBOX and the five special-use mailboxes, all subscribed. `id` is unused.
  virtual task<Result<void>> create_account(AccountId id, std::uint64_t quota_bytes) = 0;
  // Shared while anyone holds it. kNotFound.
  virtual task<Result<std::shared_ptr<Account>>> open_account(AccountId id) = 0;
  // Destroys the wrapped key first, then the data. Open sessions get kUnavailable.
  virtual task<Result<void>> destroy_account(AccountId id) = 0;
};

}  // namespace postern::mailstore
