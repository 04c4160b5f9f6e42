// Directory: who may sign in and who receives. Kept whole in memory, durable in the engine (account
// 0), sealed under the store's system key, so that no address can be read from the disk.
//
// Addresses compare without case (ASCII; NFC for the rest). Aliases receive and do not sign in.
// find*() are cheap and may be called from any thread; changes are serialised inside.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "base/task.h"
#include "crypto/secret.h"
#include "engine/engine.h"

namespace postern::auth {

struct AccountRecord {
  AccountId id;
  std::string address;               // canonical
  std::vector<std::string> aliases;  // canonical
  std::uint64_t quota = 0;           // bytes, 0 = none
  std::uint64_t quota_messages = 0;  // 0 = none
  std::uint64_t quota_mailboxes = 0;
  bool disabled = false;
  std::int64_t created = 0;   // unix seconds
  std::string password_hash;  // argon2id string, or crypt(3) of an imported user
  std::uint64_t epoch = 1;    // grows with every change of credentials; kills cached verdicts
};
using RecordPtr = std::shared_ptr<const AccountRecord>;  // snapshot shared across threads

// Lower-cased, NFC, "local@domain". kInvalid for control characters, spaces, missing parts, more
// than 64 octets before the @ or 255 behind it.
[[nodiscard]] Result<std::string> canonical_address(std::string_view address);

class Directory {
 public:
  virtual ~Directory() = default;

  static task<Result<std::unique_ptr<Directory>>> open(engine::Engine& engine,
                                                       const crypto::Secret& key, Clock& clock,
                                                       Random& random);

  [[nodiscard]] virtual RecordPtr find_login(
      std::string_view address) const = 0;  // null when absent
  [[nodiscard]] virtual RecordPtr find(AccountId id) const = 0;
  struct Recipient {
    RecordPtr account;
    std::string detail;  // of user+detail@domain, "" without
  };
  // Address or alias, with or without +detail (the exact address wins).
  [[nodiscard]] virtual std::optional<Recipient> find_recipient(std::string_view address) const = 0;
  [[nodiscard]] virtual std::vector<RecordPtr> list() const = 0;

  // Assigns the id; the caller creates the mailstore account first with next_id(). kAlreadyExists.
  [[nodiscard]] virtual AccountId next_id() = 0;
  virtual task<Result<RecordPtr>> add(AccountRecord record) = 0;
  // `edit` changes the record as it is when its turn comes, so that overlapping changes add up; its
  // error is the answer, and nothing is changed. It must not block. kNotFound, kAlreadyExists (an
  // alias that is taken).
  using Edit = std::function<Result<void>(AccountRecord&)>;
  virtual task<Result<RecordPtr>> update(AccountId id, Edit edit) = 0;
  virtual task<Result<void>> remove(AccountId id) = 0;
};

}  // namespace postern::auth
