// APPEND and REPLACE: messages that are staged get their rows, and with them everything becomes
// visible at once.
#include <algorithm>
#include <utility>

#include "mailstore/account_impl.h"
#include "mailstore/draft.h"

namespace postern::mailstore {
namespace {

using Urgency = engine::Engine::Urgency;

std::uint64_t octets(const AddSection& added) {
  std::uint64_t sum = 0;
  for (const AddSection::Row& entry : added.rows) sum += entry.row.size;
  return sum;
}

AppendResult result_of(const Mailbox& mailbox, const AddSection& added) {
  AppendResult result{.uid_validity = mailbox.validity, .uids = {}, .modseq = ModSeq(0)};
  for (const AddSection::Row& entry : added.rows) result.uids.add(entry.row.uid);
  return result;
}

// A change that never reached the engine still has its blobs.
void take_back(const PendingPtr& last, std::vector<NewMessage>& messages) {
  for (std::size_t i = 0; last && i < messages.size(); ++i) {
    messages[i].staged.impl().blob = std::move(last->batch.blobs[i]);
  }
}

}  // namespace

Result<Prepared<AppendResult>> AccountImpl::prepare_append(MailboxId id,
                                                           std::vector<NewMessage>& messages) {
  const MutexLock lock(mutex_);
  POSTERN_CHECK_OK(check_alive());
  POSTERN_TRY(const MailboxPtr mailbox, find_head(id, Errc::kTryCreate));
  Draft draft(*this);
  POSTERN_TRY(AddSection added, draft.add_rows(mailbox, messages));
  POSTERN_CHECK_OK(draft.charge(octets(added), messages.size()));
  draft.add_bodies(added, messages);
  AppendResult result = result_of(*mailbox, added);
  LogRecord record;
  record.sections.emplace_back(std::move(added));
  POSTERN_TRY(result.modseq, draft.log(mailbox, std::move(record)));
  return Prepared<AppendResult>{draft.submit(Urgency::kNormal), std::move(result)};
}

task<Result<AppendResult>> AccountImpl::append(MailboxId mailbox,
                                               std::vector<NewMessage> messages) {
  if (messages.empty()) co_return fail(Errc::kInvalid, "nothing to append");
  PendingPtr last;
  const auto prepare = [&]() -> Result<Prepared<AppendResult>> {
    take_back(last, messages);
    POSTERN_TRY(Prepared<AppendResult> prepared, prepare_append(mailbox, messages));
    last = prepared.pending;
    return prepared;
  };
  co_return co_await change<AppendResult>(std::nullopt, prepare);
}

Result<Prepared<AppendResult>> AccountImpl::prepare_replace(MailboxId from_id, Uid uid,
                                                            MailboxId to_id,
                                                            std::vector<NewMessage>& message) {
  const MutexLock lock(mutex_);
  POSTERN_CHECK_OK(check_alive());
  POSTERN_TRY(const MailboxPtr from, find_head(from_id));
  POSTERN_TRY(const MailboxPtr to, find_head(to_id, Errc::kTryCreate));
  if (!from->head.version) return Prepared<AppendResult>{};
  const auto replaced = from->head.version->by_uid(uid);
  if (!replaced) return fail(Errc::kExpunged, "the message to be replaced is gone");
  const std::uint64_t freed = replaced->row->size;
  Release release;
  release.emails.push_back(replaced->row->email);

  Draft draft(*this);
  POSTERN_TRY(AddSection added, draft.add_rows(to, message));
  // RFC 8508 §3.4: only the difference counts, and less than before always fits.
  if (const std::uint64_t more = octets(added); more > freed) {
    POSTERN_CHECK_OK(draft.charge(more - freed, 0));
  } else {
    draft.counters().used_bytes -= std::min(draft.counters().used_bytes, freed - more);
  }
  draft.add_bodies(added, message);
  AppendResult result = result_of(*to, added);
  LogRecord arrive;
  arrive.sections.emplace_back(std::move(added));
  const ExpungeSection leaves{UidSet::range(uid.value(), uid.value())};
  if (from == to) arrive.sections.emplace_back(leaves);
  POSTERN_TRY(result.modseq, draft.log(to, std::move(arrive)));
  if (from != to) {
    LogRecord leave;
    leave.sections.emplace_back(leaves);
    POSTERN_TRY([[maybe_unused]] const ModSeq left, draft.log(from, std::move(leave)));
  }
  draft.release(std::move(release));
  releases_ = true;
  return Prepared<AppendResult>{draft.submit(Urgency::kNormal), std::move(result)};
}

task<Result<AppendResult>> AccountImpl::replace(MailboxId from, Uid uid, MailboxId to,
                                                NewMessage message) {
  std::vector<NewMessage> messages;
  messages.push_back(std::move(message));
  PendingPtr last;
  const auto prepare = [&]() -> Result<Prepared<AppendResult>> {
    take_back(last, messages);
    last = nullptr;
    POSTERN_TRY(Prepared<AppendResult> prepared, prepare_replace(from, uid, to, messages));
    last = prepared.pending;
    return prepared;
  };
  co_return co_await change<AppendResult>(from, prepare);
}

}  // namespace postern::mailstore
