// Metadata of mailboxes and of the server: one change sets or removes any number of entries.
#include <algorithm>
#include <utility>

#include "mailstore/account_impl.h"
#include "mailstore/draft.h"
#include "mailstore/keys.h"

namespace postern::mailstore {

using Urgency = engine::Engine::Urgency;

MetadataPtr AccountImpl::metadata() const {
  const MutexLock lock(mutex_);
  if (!metadata_snapshot_) metadata_snapshot_ = std::make_shared<const Metadata>(metadata_);
  return metadata_snapshot_;
}

Result<Prepared<Nothing>> AccountImpl::prepare_set_metadata(
    MailboxId id, const std::vector<MetadataChange>& changes) {
  const MutexLock lock(mutex_);
  POSTERN_CHECK_OK(check_alive());
  if (id != kServerMetadata) POSTERN_CHECK_OK(find_head(id));
  POSTERN_TRY(MetadataEntriesPtr after, metadata_head_.plan_set(id, changes));
  const bool frees = std::none_of(changes.begin(), changes.end(), [](const MetadataChange& change) {
    return change.value.has_value();
  });
  Draft draft(*this);
  const bool changed = draft.annotate(id, std::move(after));
  // RFC 7162 §3.2: a change of metadata moves the mailbox's mod-sequence, as a record without rows.
  if (changed && id != kServerMetadata) {
    POSTERN_TRY(const MailboxPtr mailbox, find_head(id));
    POSTERN_TRY([[maybe_unused]] const ModSeq modseq, draft.log(mailbox, LogRecord{}));
  }
  return Prepared<Nothing>{draft.submit(frees ? Urgency::kMayUseReserve : Urgency::kNormal), {}};
}

task<Result<void>> AccountImpl::set_metadata(MailboxId mailbox,
                                             std::vector<MetadataChange> changes) {
  POSTERN_CO_CHECK_OK(co_await change<Nothing>(
      std::nullopt, [&] { return prepare_set_metadata(mailbox, changes); }));
  co_return Result<void>{};
}

}  // namespace postern::mailstore
