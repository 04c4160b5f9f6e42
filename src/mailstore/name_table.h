// NameTable: an account's mailbox names, and what CREATE, DELETE, RENAME and SUBSCRIBE change in
// them.
//
// plan_*() work out a list of changes and change nothing; apply() carries them out. The account
// plans on its newest state and applies to the durable one when the commit is done. Not
// thread-safe.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "mailstore/folders.h"

namespace postern::mailstore {

// `name` becomes `after`, or disappears. Folder::id 0: subscribed, and no mailbox.
struct NameChange {
  std::string name;
  std::optional<Folder> after;
};
using NameChanges = std::vector<NameChange>;  // at most one a name

class NameTable {
 public:
  // Gives a new mailbox its id and UIDVALIDITY.
  using NewMailbox = std::function<Result<Folder>()>;

  [[nodiscard]] const Folder* find(std::string_view name) const;  // null too for a mere parent
  [[nodiscard]] const Folder* find(MailboxId id) const;
  [[nodiscard]] const std::map<std::string, Folder, std::less<>>& all() const { return names_; }
  [[nodiscard]] std::size_t mailboxes() const { return by_id_.size(); }

  // With missing parents. kAlreadyExists, kLimit.
  [[nodiscard]] Result<NameChanges> plan_create(const std::string& name, SpecialUse use,
                                                const NewMailbox& new_mailbox) const;
  // kNotFound. A subscribed name stays, without mailbox.
  [[nodiscard]] Result<NameChanges> plan_remove(const std::string& name) const;
  // With all names below `from`, and missing parents of `to`. kNotFound, kAlreadyExists, kCannot,
  // kLimit. RFC 9051 §6.3.9: a subscription belongs to its name; the old name keeps it and the new
  // one gets it, so that the mailbox stays in every list of subscribed mailboxes.
  [[nodiscard]] Result<NameChanges> plan_rename(const std::string& from, const std::string& to,
                                                const NewMailbox& new_mailbox) const;
  // kNotFound when there is nothing to subscribe to. Empty when nothing changes.
  [[nodiscard]] Result<NameChanges> plan_subscribe(const std::string& name, bool on) const;

  void apply(const NameChanges& changes);
  // Sorted by name, INBOX first, with the names that are only parents.
  [[nodiscard]] FoldersPtr snapshot() const;

 private:
  // Appends mailboxes for the parents of `name` that are missing in the table and in `changes`.
  [[nodiscard]] Result<void> plan_parents(const std::string& name, const NewMailbox& new_mailbox,
                                          NameChanges& changes) const;
  [[nodiscard]] Result<void> plan_mailbox(const std::string& name, SpecialUse use,
                                          const NewMailbox& new_mailbox,
                                          NameChanges& changes) const;

  std::map<std::string, Folder, std::less<>> names_;
  std::unordered_map<MailboxId, std::string> by_id_;
};

}  // namespace postern::mailstore
