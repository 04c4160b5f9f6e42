// The only way to a mailbox: a handle that carries the principal and the right it was opened with.
//
// Access rules have one place to go. Absent and forbidden are one answer (kNotFound), so that no
// reply tells whether a name exists that its asker may not see.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "auth/directory.h"
#include "base/result.h"
#include "mailstore/account.h"

namespace postern::session {

// Who acts: fixed at login.
struct Principal {
  auth::RecordPtr record;
  std::shared_ptr<mailstore::Account> account;  // shared by all sessions of the account
};

enum class Right : std::uint8_t { kLookup, kRead, kWriteFlags, kInsert, kExpunge, kAdminister };

struct MailboxHandle {
  std::shared_ptr<mailstore::Account> account;  // as in Principal
  MailboxId id;
  std::string name;  // canonical at the time of opening
  UidValidity uid_validity;
};

// kNotFound when the name is not valid, does not exist, has no mailbox (\NonExistent), or is not
// for this principal. The owner has every right.
[[nodiscard]] Result<MailboxHandle> open_mailbox(const Principal& who, std::string_view name,
                                                 Right right);

// The same for the target of APPEND, COPY and MOVE: kTryCreate in place of kNotFound where a CREATE
// by the client could help (RFC 9051 §6.4.7).
[[nodiscard]] Result<MailboxHandle> open_target(const Principal& who, std::string_view name);

// Limits that all mailboxes of one account share (RFC 9208 §3.2), named by the account's address.
struct QuotaRoot {
  std::shared_ptr<mailstore::Account> account;
  std::string name;
};

// The root over the mailbox of that name, which need not exist. kInvalid, kLimit: no mailbox could
// have the name.
[[nodiscard]] Result<QuotaRoot> quota_root_of(const Principal& who, std::string_view mailbox);

// kRead shows usage and limits, kAdminister changes the limits. kNotFound for a root that is not
// there or not for this principal. kNoPermission: the owner of an account reads its limits; they
// are the operator's to change.
[[nodiscard]] Result<QuotaRoot> open_quota_root(const Principal& who, std::string_view root,
                                                Right right);

}  // namespace postern::session
