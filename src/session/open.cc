#include "session/open.h"

#include "mailstore/folders.h"

namespace postern::session {

Result<MailboxHandle> open_mailbox(const Principal& who, std::string_view name, Right /*right*/) {
  const Result<std::string> canonical = mailstore::canonical_name(name);
  if (!canonical) return fail(Errc::kNotFound);
  const mailstore::FoldersPtr folders = who.account->folders();
  const mailstore::Folder* folder = folders->find(*canonical);
  if (folder == nullptr || !folder->exists()) return fail(Errc::kNotFound);
  return MailboxHandle{who.account, folder->id, folder->name, folder->uid_validity};
}

Result<MailboxHandle> open_target(const Principal& who, std::string_view name) {
  Result<MailboxHandle> opened = open_mailbox(who, name, Right::kInsert);
  if (opened || opened.error().code != Errc::kNotFound) return opened;
  // A name that CREATE would refuse is not worth trying.
  if (!mailstore::canonical_name(name)) return fail(Errc::kCannot);
  return fail(Errc::kTryCreate);
}

Result<QuotaRoot> quota_root_of(const Principal& who, std::string_view mailbox) {
  POSTERN_CHECK_OK(mailstore::canonical_name(mailbox));
  return QuotaRoot{who.account, who.record->address};
}

Result<QuotaRoot> open_quota_root(const Principal& who, std::string_view root, Right right) {
  if (root != who.record->address) return fail(Errc::kNotFound);
  // SECURITY: RFC 9208 §8: whoever changes the limits decides what others can still store.
  if (right == Right::kAdminister) return fail(Errc::kNoPermission);
  return QuotaRoot{who.account, who.record->address};
}

}  // namespace postern::session
