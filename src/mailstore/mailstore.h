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
    std::size_t loaded_accounts =
        10'000;  // LIMIT: idle accounts beyond it are dropped, oldest first
    std::uint64_t loaded_rows = 32'000'000;  // LIMIT: likewise while all accounts hold more rows
    std::uint64_t max_message_size = 50u << 20;
    // A body stays this long after its last row went: a session may still show the message.
    std::int64_t release_grace_seconds = 300;
  };

  virtual ~MailStore() = default;

  // `master_key` wraps the data key of every account (AES-256-GCM). A store written under another
  // master key: kInvalid, and nothing is written; data without its system key: kCorrupt. All
  // references outlive the store and are used from any thread.
  static task<Result<std::unique_ptr<MailStore>>> open(engine::Engine& engine,
                                                       crypto::Secret master_key, Clock& clock,
                                                       Random& random, Options options);

  // The store-wide key for data that belongs to no account (the directory).
  [[nodiscard]] virtual const crypto::Secret& system_key() const = 0;

  // A new account with INBOX and the five special-use mailboxes, all subscribed. `id` was never
  // used (the six are there whatever the limit): kAlreadyExists when it holds an account, kInvalid
  // for 0.
  virtual task<Result<void>> create_account(AccountId id, Quota quota) = 0;
  // Shared while anyone holds it. kNotFound.
  virtual task<Result<std::shared_ptr<Account>>> open_account(AccountId id) = 0;
  // Destroys the wrapped key first, then the data. Open sessions get kUnavailable. Cut short, it is
  // finished by the next call or by maintain(). kNotFound.
  virtual task<Result<void>> destroy_account(AccountId id) = 0;

  // Work that nobody waits for: folds logs of mailboxes whose rows are not loaded, frees bodies no
  // mailbox names any more, lets go of rows nobody looks at, finishes destroyed accounts. To be
  // called every few seconds, one call at a time; without it nothing is wrong, but space is not
  // given back.
  virtual task<Result<void>> maintain() = 0;
};

}  // namespace postern::mailstore
