// STORE, EXPUNGE, COPY and MOVE: each is worked out on the newest state, in memory, as one
// change.
#include <algorithm>
#include <utility>

#include "mailstore/account_impl.h"
#include "mailstore/draft.h"

namespace postern::mailstore {
namespace {

using Urgency = engine::Engine::Urgency;

// The set with fewer intervals names the same rows for the log: applied to the same state, a change
// skips rows whose flags it leaves as they are. So STORE 1:* is one small record whatever the rows
// hold.
const UidSet& shorter(const UidSet& exact, const UidSet& wide) {
  return wide.intervals().size() < exact.intervals().size() ? wide : exact;
}

}  // namespace

Result<Prepared<StoreResult>> AccountImpl::prepare_store(MailboxId id, const UidSet& uids,
                                                         const FlagChange& wanted,
                                                         std::optional<ModSeq> unchanged_since) {
  const MutexLock lock(mutex_);
  POSTERN_CHECK_OK(check_alive());
  POSTERN_TRY(const MailboxPtr mailbox, find_head(id));
  if (!mailbox->head.version) return Prepared<StoreResult>{};
  const MailboxVersion& version = *mailbox->head.version;
  StoreResult result;
  version.visit_uids(uids, [&](const MailboxVersion::MessageRef& message) {
    const bool refused = unchanged_since && message.row->modseq > *unchanged_since;
    (refused ? result.failed : result.modified).add(message.row->uid);
    return true;
  });
  Draft draft(*this);
  FlagsSection section;
  section.mode = wanted.mode;
  UidSet changed;
  if (!result.modified.empty()) {
    const auto unknown =
        wanted.mode == FlagMode::kRemove ? Draft::Unknown::kSkip : Draft::Unknown::kAdd;
    POSTERN_TRY(section.flags, draft.intern(mailbox, wanted.system, wanted.keywords, unknown));
    version.visit_uids(result.modified, [&](const MailboxVersion::MessageRef& message) {
      const FlagSet& before = message.flags();
      if (apply_flags(before, section.mode, section.flags) != before) changed.add(message.row->uid);
      return true;
    });
  }
  if (changed.empty()) {
    // Nothing to write. Still, what this answer relies on may be under way: an empty change waits
    // for it.
    Draft barrier(*this);
    result.after = mailbox->head.version;
    return Prepared<StoreResult>{barrier.submit(Urgency::kMayUseReserve), std::move(result)};
  }
  const UidSet in_range = uids.intersect(UidSet::range(1, version.last_uid().value()));
  section.uids = result.failed.empty() ? shorter(changed, in_range) : changed;
  LogRecord record;
  record.sections.emplace_back(std::move(section));
  POSTERN_TRY(result.modseq, draft.log(mailbox, std::move(record)));
  result.after = draft.touch(mailbox).after.version;
  return Prepared<StoreResult>{draft.submit(Urgency::kMayUseReserve), std::move(result)};
}

task<Result<StoreResult>> AccountImpl::store(MailboxId mailbox, UidSet uids, FlagChange wanted,
                                             std::optional<ModSeq> unchanged_since) {
  co_return co_await change<StoreResult>(
      mailbox, [&] { return prepare_store(mailbox, uids, wanted, unchanged_since); });
}

Result<Prepared<ExpungeResult>> AccountImpl::prepare_expunge(MailboxId id,
                                                             const std::optional<UidSet>& uids) {
  const MutexLock lock(mutex_);
  POSTERN_CHECK_OK(check_alive());
  POSTERN_TRY(const MailboxPtr mailbox, find_head(id));
  if (!mailbox->head.version) return Prepared<ExpungeResult>{};
  const MailboxVersion& version = *mailbox->head.version;
  ExpungeResult result;
  Release release;
  std::uint64_t bytes = 0;
  const auto visit = [&](const MailboxVersion::MessageRef& message) {
    if ((message.flags().system & kDeleted) == 0) return true;
    result.uids.add(message.row->uid);
    release.emails.push_back(message.row->email);
    bytes += message.row->size;
    return true;
  };
  if (version.counts().deleted == 0) {
    // Nothing to look for.
  } else if (uids) {
    version.visit_uids(*uids, visit);
  } else {
    version.visit_all(visit);
  }
  Draft draft(*this);
  if (result.uids.empty())
    return Prepared<ExpungeResult>{draft.submit(Urgency::kMayUseReserve), std::move(result)};
  LogRecord record;
  record.sections.emplace_back(ExpungeSection{result.uids});
  POSTERN_TRY(result.modseq, draft.log(mailbox, std::move(record)));
  draft.counters().used_bytes -= std::min(draft.counters().used_bytes, bytes);
  draft.counters().used_messages -=
      std::min<std::uint64_t>(draft.counters().used_messages, release.emails.size());
  draft.release(std::move(release));
  releases_ = true;
  return Prepared<ExpungeResult>{draft.submit(Urgency::kMayUseReserve), std::move(result)};
}

task<Result<ExpungeResult>> AccountImpl::expunge(MailboxId mailbox, std::optional<UidSet> uids) {
  co_return co_await change<ExpungeResult>(mailbox, [&] { return prepare_expunge(mailbox, uids); });
}

Result<Prepared<CopyResult>> AccountImpl::prepare_copy(MailboxId from_id, const UidSet& uids,
                                                       MailboxId to_id, CopyMode mode) {
  const MutexLock lock(mutex_);
  POSTERN_CHECK_OK(check_alive());
  POSTERN_TRY(const MailboxPtr from, find_head(from_id));
  POSTERN_TRY(const MailboxPtr to, find_head(to_id, Errc::kTryCreate));
  if (!from->head.version) return Prepared<CopyResult>{};
  const MailboxVersion& version = *from->head.version;
  Draft draft(*this);
  CopyResult result{.uid_validity = to->validity, .from = {}, .to = {}};
  AddSection added;
  std::uint64_t bytes = 0;
  const std::uint32_t first = to->head.header.counts.uid_next.value();
  const auto now = static_cast<std::uint32_t>(clock_.unix_seconds());
  version.visit_uids(uids, [&](const MailboxVersion::MessageRef& message) {
    result.from.add(message.row->uid);
    bytes += message.row->size;
    added.rows.push_back({*message.row, message.flags()});
    return true;
  });
  if (added.rows.empty()) {
    const auto urgency = mode == CopyMode::kMove ? Urgency::kMayUseReserve : Urgency::kNormal;
    return Prepared<CopyResult>{draft.submit(urgency), std::move(result)};
  }
  POSTERN_CHECK_OK(Draft::check_uids_left(to->head.header, added.rows.size()));

  // A keyword has its own index in each mailbox.
  std::vector<std::optional<FlagSet>> translated(version.keywords().size());
  for (std::size_t i = 0; i < added.rows.size(); ++i) {
    AddSection::Row& entry = added.rows[i];
    entry.row.uid = Uid(first + static_cast<std::uint32_t>(i));
    entry.row.save_date = now;
    if (from == to || entry.flags.keywords.none()) continue;
    FlagSet flags;
    flags.system = entry.flags.system;
    for (std::size_t k = 0; k < translated.size(); ++k) {
      if (!entry.flags.keywords.test(k)) continue;
      if (!translated[k]) {
        POSTERN_TRY(translated[k],
                    draft.intern(to, 0, {version.keywords()[k]}, Draft::Unknown::kAdd));
      }
      flags.keywords |= translated[k]->keywords;
    }
    entry.flags = flags;
  }
  result.to = UidSet::range(first, first + static_cast<std::uint32_t>(added.rows.size()) - 1);
  if (sweep_ != nullptr) keep_from_sweep(added);
  if (mode == CopyMode::kCopy) POSTERN_CHECK_OK(draft.charge(bytes, added.rows.size()));

  LogRecord arrive;
  arrive.sections.emplace_back(std::move(added));
  if (mode == CopyMode::kMove && from == to)
    arrive.sections.emplace_back(ExpungeSection{result.from});
  POSTERN_TRY([[maybe_unused]] const ModSeq arrived, draft.log(to, std::move(arrive)));
  if (mode == CopyMode::kMove && from != to) {
    LogRecord leave;
    leave.sections.emplace_back(ExpungeSection{result.from});
    POSTERN_TRY([[maybe_unused]] const ModSeq left, draft.log(from, std::move(leave)));
  }
  const auto urgency = mode == CopyMode::kMove ? Urgency::kMayUseReserve : Urgency::kNormal;
  return Prepared<CopyResult>{draft.submit(urgency), std::move(result)};
}

task<Result<CopyResult>> AccountImpl::copy(MailboxId from, UidSet uids, MailboxId to) {
  co_return co_await change<CopyResult>(
      from, [&] { return prepare_copy(from, uids, to, CopyMode::kCopy); });
}

task<Result<CopyResult>> AccountImpl::move(MailboxId from, UidSet uids, MailboxId to) {
  co_return co_await change<CopyResult>(
      from, [&] { return prepare_copy(from, uids, to, CopyMode::kMove); });
}

}  // namespace postern::mailstore
