#include "mailstore/name_table.h"

#include <algorithm>
#include <set>
#include <utility>

namespace postern::mailstore {
namespace {

// "a/b/c" -> "a", "a/b".
template <class Visit>
void visit_parents(const std::string& name, Visit visit) {
  for (std::size_t at = name.find(kDelimiter); at != std::string::npos;
       at = name.find(kDelimiter, at + 1)) {
    visit(name.substr(0, at));
  }
}

bool lies_below(std::string_view name, std::string_view parent) {
  return name.size() > parent.size() && name.starts_with(parent) &&
         name[parent.size()] == kDelimiter;
}

bool planned(const NameChanges& changes, std::string_view name) {
  return std::any_of(changes.begin(), changes.end(),
                     [&](const NameChange& change) { return change.name == name && change.after; });
}

// LIMIT: names in all, so that those which are only subscribed cannot grow without end.
constexpr std::size_t kMaxNames = 2 * kMaxMailboxes;

std::size_t depth_of(std::string_view name) {
  return static_cast<std::size_t>(std::count(name.begin(), name.end(), kDelimiter)) + 1;
}

}  // namespace

const Folder* NameTable::find(std::string_view name) const {
  const auto at = names_.find(name);
  return at == names_.end() ? nullptr : &at->second;
}

const Folder* NameTable::find(MailboxId id) const {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : find(at->second);
}

Result<void> NameTable::plan_mailbox(const std::string& name, SpecialUse use,
                                     const NewMailbox& new_mailbox, NameChanges& changes) const {
  POSTERN_TRY(Folder folder, new_mailbox());
  folder.name = name;
  folder.special_use = use;
  const Folder* subscribed = find(name);
  folder.subscribed = subscribed != nullptr && subscribed->subscribed;
  changes.push_back({name, std::move(folder)});
  return {};
}

Result<void> NameTable::plan_parents(const std::string& name, const NewMailbox& new_mailbox,
                                     NameChanges& changes) const {
  Result<void> outcome;
  visit_parents(name, [&](const std::string& parent) {
    const Folder* folder = find(parent);
    if (!outcome || (folder != nullptr && folder->exists()) || planned(changes, parent)) return;
    outcome = plan_mailbox(parent, SpecialUse::kNone, new_mailbox, changes);
  });
  return outcome;
}

Result<NameChanges> NameTable::plan_create(const std::string& name, SpecialUse use,
                                           const NewMailbox& new_mailbox) const {
  const Folder* there = find(name);
  if (there != nullptr && there->exists()) return fail(Errc::kAlreadyExists, "mailbox exists");
  if (use != SpecialUse::kNone) {
    for (const auto& [other, folder] : names_) {
      if (folder.exists() && folder.special_use == use)
        return fail(Errc::kAlreadyExists, "special use is taken");
    }
  }
  NameChanges changes;
  POSTERN_CHECK_OK(plan_parents(name, new_mailbox, changes));
  POSTERN_CHECK_OK(plan_mailbox(name, use, new_mailbox, changes));
  if (mailboxes() + changes.size() > kMaxMailboxes || names_.size() + changes.size() > kMaxNames) {
    return fail(Errc::kLimit, "too many mailboxes");
  }
  return changes;
}

Result<NameChanges> NameTable::plan_remove(const std::string& name) const {
  const Folder* folder = find(name);
  if (folder == nullptr || !folder->exists()) return fail(Errc::kNotFound, "no such mailbox");
  NameChange change{name, std::nullopt};
  if (folder->subscribed) change.after = Folder{.name = name, .subscribed = true};
  return NameChanges{std::move(change)};
}

Result<NameChanges> NameTable::plan_rename(const std::string& from, const std::string& to,
                                           const NewMailbox& new_mailbox) const {
  if (from == to) return fail(Errc::kAlreadyExists, "mailbox exists");
  // The new name would lie below a mailbox that no longer has its own.
  if (lies_below(to, from)) return fail(Errc::kCannot, "a mailbox cannot move below itself");
  std::vector<const Folder*> moving;
  if (const Folder* self = find(from); self != nullptr && self->exists()) moving.push_back(self);
  std::string bound = from + kDelimiter;
  auto at = names_.lower_bound(bound);
  for (; at != names_.end() && at->first.starts_with(bound); ++at) {
    if (at->second.exists()) moving.push_back(&at->second);
  }
  if (moving.empty()) return fail(Errc::kNotFound, "no such mailbox");

  if (const Folder* there = find(to); there != nullptr && there->exists()) {
    return fail(Errc::kAlreadyExists, "mailbox exists");
  }
  NameChanges changes, vacated;
  std::set<std::string_view> leaving;
  for (const Folder* folder : moving) leaving.insert(folder->name);
  for (const Folder* folder : moving) {
    std::string name = to + folder->name.substr(from.size());
    if (name.size() > kMaxNameOctets || depth_of(name) > kMaxDepth)
      return fail(Errc::kLimit, "name too long");
    const Folder* there = find(name);
    if (there != nullptr && there->exists() && !leaving.contains(name)) {
      return fail(Errc::kAlreadyExists, "a mailbox below exists");
    }
    Folder moved = *folder;
    moved.name = name;
    moved.subscribed = folder->subscribed || (there != nullptr && there->subscribed);
    changes.push_back({std::move(name), std::move(moved)});
    NameChange old{folder->name, std::nullopt};
    if (folder->subscribed) old.after = Folder{.name = folder->name, .subscribed = true};
    vacated.push_back(std::move(old));
  }
  // A name both left and taken (a/a -> a) belongs to what took it.
  std::set<std::string> taken;
  for (const NameChange& change : changes) taken.insert(change.name);
  for (NameChange& change : vacated) {
    if (!taken.contains(change.name)) changes.push_back(std::move(change));
  }
  const std::size_t before = changes.size();
  POSTERN_CHECK_OK(plan_parents(to, new_mailbox, changes));
  if (mailboxes() + changes.size() - before > kMaxMailboxes ||
      names_.size() + changes.size() > kMaxNames) {
    return fail(Errc::kLimit, "too many mailboxes");
  }
  return changes;
}

Result<NameChanges> NameTable::plan_subscribe(const std::string& name, bool on) const {
  const Folder* folder = find(name);
  if (folder == nullptr) {
    if (on) return fail(Errc::kNotFound, "no such mailbox");
    return NameChanges{};
  }
  if (folder->subscribed == on) return NameChanges{};
  NameChange change{name, *folder};
  change.after->subscribed = on;
  if (!folder->exists()) change.after.reset();
  return NameChanges{std::move(change)};
}

void NameTable::apply(const NameChanges& changes) {
  for (const NameChange& change : changes) {
    const auto at = names_.find(change.name);
    if (at == names_.end()) continue;
    if (at->second.exists()) by_id_.erase(at->second.id);
    names_.erase(at);
  }
  for (const NameChange& change : changes) {
    if (!change.after) continue;
    if (change.after->exists()) by_id_[change.after->id] = change.name;
    names_[change.name] = *change.after;
  }
}

FoldersPtr NameTable::snapshot() const {
  std::vector<Folder> folders;
  folders.reserve(names_.size());
  std::set<std::string> parents;
  for (const auto& [name, folder] : names_) {
    folders.push_back(folder);
    if (!folder.exists()) continue;
    visit_parents(name, [&](std::string parent) {
      if (!names_.contains(parent)) parents.insert(std::move(parent));
    });
  }
  for (const std::string& parent : parents) folders.push_back(Folder{.name = parent});
  std::sort(folders.begin(), folders.end(), [](const Folder& a, const Folder& b) {
    if ((a.name == "INBOX") != (b.name == "INBOX")) return a.name == "INBOX";
    return a.name < b.name;
  });
  return std::make_shared<const Folders>(
      std::move(folders));  // shared_ptr: sessions read it unlocked
}

}  // namespace postern::mailstore
