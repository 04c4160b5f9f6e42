// CREATE, DELETE, RENAME, SUBSCRIBE and the quota limit: each is one change.
#include <algorithm>
#include <utility>

#include "mailstore/account_impl.h"
#include "mailstore/draft.h"

namespace postern::mailstore {

using Urgency = engine::Engine::Urgency;

Result<Folder> AccountImpl::new_mailbox(Counters& counters) const {
  // Seeded by time and counted up, so that a name that comes back never shows an old value.
  const std::uint64_t next = std::max<std::uint64_t>(
      std::uint64_t{counters.last_uid_validity} + 1,
      static_cast<std::uint64_t>(std::max<std::int64_t>(clock_.unix_seconds(), 1)));
  if (next > UidValidity::kMaxValue || counters.next_mailbox == MailboxId::kMaxValue) {
    return fail(Errc::kLimit, "the account has no ids left");
  }
  counters.last_uid_validity = static_cast<std::uint32_t>(next);
  Folder folder;
  folder.id = MailboxId(counters.next_mailbox++);
  folder.uid_validity = UidValidity(counters.last_uid_validity);
  return folder;
}

Result<Prepared<MailboxId>> AccountImpl::prepare_create(const std::string& name, SpecialUse use) {
  const MutexLock lock(mutex_);
  POSTERN_CHECK_OK(check_alive());
  Draft draft(*this);
  POSTERN_TRY(NameChanges changes,
              names_head_.plan_create(name, use, [&] { return new_mailbox(draft.counters()); }));
  POSTERN_CHECK_OK(draft.charge_mailboxes());
  const MailboxId id = changes.back().after->id;
  draft.rename(std::move(changes), {name, {}});
  return Prepared<MailboxId>{draft.submit(Urgency::kNormal), id};
}

Result<Prepared<Nothing>> AccountImpl::prepare_remove(const std::string& name) {
  const MutexLock lock(mutex_);
  POSTERN_CHECK_OK(check_alive());
  const Folder* folder = names_head_.find(name);
  POSTERN_TRY(NameChanges changes, names_head_.plan_remove(name));
  Draft draft(*this);
  const MailboxPtr mailbox = find(folder->id);
  Effect& effect = draft.touch(mailbox);
  effect.after.exists = false;
  effect.after.version = nullptr;
  const MailboxCounts& counts = effect.after.header.counts;
  Counters& counters = draft.counters();
  counters.used_bytes -= std::min(counters.used_bytes, counts.bytes);
  counters.used_messages -= std::min<std::uint64_t>(counters.used_messages, counts.exists);
  if (metadata_head_.find(mailbox->id)) static_cast<void>(draft.annotate(mailbox->id, nullptr));
  // The rows stay until the sweep has seen which emails they named.
  draft.release({.when = 0, .mailbox = mailbox->id, .emails = {}});
  releases_ = true;
  draft.rename(std::move(changes), {name, {}});
  return Prepared<Nothing>{draft.submit(Urgency::kMayUseReserve), {}};
}

Result<Prepared<Nothing>> AccountImpl::prepare_rename(const std::string& from,
                                                      const std::string& to) {
  const MutexLock lock(mutex_);
  POSTERN_CHECK_OK(check_alive());
  Draft draft(*this);
  POSTERN_TRY(NameChanges changes,
              names_head_.plan_rename(from, to, [&] { return new_mailbox(draft.counters()); }));
  POSTERN_CHECK_OK(draft.charge_mailboxes());
  draft.rename(std::move(changes), {to, from});
  return Prepared<Nothing>{draft.submit(Urgency::kNormal), {}};
}

Result<Prepared<Nothing>> AccountImpl::prepare_rename_inbox(MailboxId id, const std::string& to) {
  const MutexLock lock(mutex_);
  POSTERN_CHECK_OK(check_alive());
  POSTERN_TRY(const MailboxPtr inbox, find_head(id));
  if (!inbox->head.version) return Prepared<Nothing>{};
  Draft draft(*this);
  POSTERN_TRY(NameChanges changes, names_head_.plan_create(to, SpecialUse::kNone, [&] {
    return new_mailbox(draft.counters());
  }));
  POSTERN_CHECK_OK(draft.charge_mailboxes());
  const MailboxId target_id = changes.back().after->id;
  draft.rename(std::move(changes), {to, "INBOX"});
  // RFC 5464 §4.1: INBOX keeps its entries, and the mailbox that gets its messages has them too.
  POSTERN_TRY(MetadataEntriesPtr entries, metadata_head_.plan_copy(id));
  if (entries) static_cast<void>(draft.annotate(target_id, std::move(entries)));
  const MailboxVersion& version = *inbox->head.version;
  if (version.exists() == 0) return Prepared<Nothing>{draft.submit(Urgency::kNormal), {}};

  MailboxPtr target;
  for (const Effect& effect : draft.pending()->effects) {
    if (effect.mailbox->id == target_id) target = effect.mailbox;
  }
  draft.touch(target).after.keywords = inbox->head.keywords;
  AddSection added;
  std::uint32_t uid = 1;
  const auto now = static_cast<std::uint32_t>(clock_.unix_seconds());
  version.visit_all([&](const MailboxVersion::MessageRef& message) {
    AddSection::Row entry{*message.row, message.flags()};
    entry.row.uid = Uid(uid++);
    entry.row.save_date = now;
    added.rows.push_back(entry);
    return true;
  });
  if (sweep_ != nullptr) keep_from_sweep(added);
  LogRecord arrive, leave;
  arrive.sections.emplace_back(std::move(added));
  leave.sections.emplace_back(ExpungeSection{version.all_uids()});
  POSTERN_TRY([[maybe_unused]] const ModSeq arrived, draft.log(target, std::move(arrive)));
  POSTERN_TRY([[maybe_unused]] const ModSeq left, draft.log(inbox, std::move(leave)));
  return Prepared<Nothing>{draft.submit(Urgency::kNormal), {}};
}

Result<Prepared<Nothing>> AccountImpl::prepare_subscribe(const std::string& name, bool on) {
  const MutexLock lock(mutex_);
  POSTERN_CHECK_OK(check_alive());
  POSTERN_TRY(NameChanges changes, names_head_.plan_subscribe(name, on));
  Draft draft(*this);
  draft.rename(std::move(changes), {name, {}});
  return Prepared<Nothing>{draft.submit(Urgency::kNormal), {}};
}

task<Result<MailboxId>> AccountImpl::create(std::string name, SpecialUse use) {
  POSTERN_CO_TRY(name, canonical_name(name));
  co_return co_await change<MailboxId>(std::nullopt, [&] { return prepare_create(name, use); });
}

task<Result<void>> AccountImpl::remove(std::string name) {
  POSTERN_CO_TRY(name, canonical_name(name));
  if (name == "INBOX") co_return fail(Errc::kCannot, "INBOX cannot be deleted");
  POSTERN_CO_CHECK_OK(co_await change<Nothing>(std::nullopt, [&] { return prepare_remove(name); }));
  co_return Result<void>{};
}

task<Result<void>> AccountImpl::rename(std::string from, std::string to) {
  POSTERN_CO_TRY(from, canonical_name(from));
  POSTERN_CO_TRY(to, canonical_name(to));
  if (from == "INBOX") {
    const FoldersPtr names = folders();
    const Folder* inbox = names->find("INBOX");
    if (inbox == nullptr || !inbox->exists())
      co_return fail(Errc::kCorrupt, "the account has no INBOX");
    const MailboxId id = inbox->id;
    POSTERN_CO_CHECK_OK(co_await change<Nothing>(id, [&] { return prepare_rename_inbox(id, to); }));
    co_return Result<void>{};
  }
  POSTERN_CO_CHECK_OK(
      co_await change<Nothing>(std::nullopt, [&] { return prepare_rename(from, to); }));
  co_return Result<void>{};
}

task<Result<void>> AccountImpl::subscribe(std::string name, bool on) {
  POSTERN_CO_TRY(name, canonical_name(name));
  POSTERN_CO_CHECK_OK(
      co_await change<Nothing>(std::nullopt, [&] { return prepare_subscribe(name, on); }));
  co_return Result<void>{};
}

task<Result<void>> AccountImpl::set_quota(Quota limit) {
  POSTERN_CO_CHECK_OK(co_await change<Nothing>(std::nullopt, [&]() -> Result<Prepared<Nothing>> {
    const MutexLock lock(mutex_);
    POSTERN_CHECK_OK(check_alive());
    Draft draft(*this);
    draft.counters().limit_bytes = limit.bytes;
    draft.counters().limit_messages = limit.messages;
    draft.counters().limit_mailboxes = limit.mailboxes;
    return Prepared<Nothing>{draft.submit(Urgency::kNormal), {}};
  }));
  co_return Result<void>{};
}

}  // namespace postern::mailstore
