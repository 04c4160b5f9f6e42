// Folding logs into chunks, and letting rows go.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/log.h"
#include "mailstore/account_impl.h"
#include "mailstore/chunk_codec.h"
#include "mailstore/draft.h"
#include "mailstore/keys.h"

namespace postern::mailstore {

bool AccountImpl::fold_is_due(const Mailbox& mailbox) const {
  const Header& header = mailbox.durable.header;
  return mailbox.durable.exists && !mailbox.damaged && !mailbox.folding &&
         header.log_records >= mailbox.fold_from &&
         (header.log_records > kFoldRecords || header.log_bytes > kFoldBytes);
}

void AccountImpl::fold(MailboxId id) {
  MailboxPtr mailbox;
  VersionPtr version;
  Header header;
  std::vector<ChunkPtr> stored;
  std::vector<Vanished> expunged;  // of the log, to become a history record
  std::size_t history = 0;
  std::deque<Mailbox::VanishedRecord> records;
  {
    const MutexLock lock(mutex_);
    mailbox = find(id);
    if (dead_ || !mailbox || !mailbox->durable.version || mailbox->loading ||
        !fold_is_due(*mailbox))
      return;
    mailbox->folding = true;
    // The durable state: whatever happens to changes under way, this is in the engine.
    version = mailbox->durable.version;
    header = mailbox->durable.header;
    stored = mailbox->stored;
    history = mailbox->vanished.size();
    records = mailbox->vanished_records;
    const auto first = std::upper_bound(
        mailbox->vanished.begin(), mailbox->vanished.end(), header.folded,
        [](ModSeq modseq, const Vanished& entry) { return modseq < entry.modseq; });
    expunged.assign(first, mailbox->vanished.end());
  }
  const ModSeq to = version->counts().highest_modseq;
  engine::Batch batch;
  const auto put = [&](std::string key, std::string_view plain) {
    std::string sealed = vault_->seal(key, plain);
    batch.puts.emplace_back(std::move(key), std::move(sealed));
  };
  Folded folded;
  folded.stored = version->chunks();
  std::unordered_set<const Chunk*> kept;
  std::unordered_set<std::uint32_t> kept_keys;
  for (const ChunkPtr& chunk : stored) kept.insert(chunk.get());
  for (const ChunkPtr& chunk : folded.stored) {
    kept_keys.insert(chunk->first_uid().value());
    if (!kept.contains(chunk.get())) put(keys::chunk(id, chunk->first_uid()), encode_chunk(*chunk));
  }
  for (const ChunkPtr& chunk : stored) {
    const Uid first = chunk->first_uid();
    if (!kept_keys.contains(first.value())) batch.deletes.push_back(keys::chunk(id, first));
  }
  batch.delete_ranges.emplace_back(
      keys::of_modseq(keys::kLog, id, ModSeq(header.folded.value() + 1)),
      keys::of_modseq(keys::kLog, id, ModSeq(to.value() + 1)));
  ModSeq floor = header.vanished_floor;
  if (!expunged.empty()) {
    folded.record = Mailbox::VanishedRecord{expunged.back().modseq, expunged.size()};
    put(keys::of_modseq(keys::kVanished, id, expunged.back().modseq), encode_vanished(expunged));
  }
  // The oldest records go while the others still hold enough.
  for (std::size_t left = history; left > kMaxVanished && folded.cut_records < records.size();
       ++folded.cut_records) {
    left -= records[folded.cut_records].entries;
    floor = records[folded.cut_records].key;
  }
  if (folded.cut_records != 0) {
    batch.delete_ranges.emplace_back(
        keys::of_modseq(keys::kVanished, id, ModSeq(0)),
        keys::of_modseq(keys::kVanished, id, ModSeq(floor.value() + 1)));
  }
  {
    const MutexLock lock(mutex_);
    if (dead_ || !mailbox->head.exists || !mailbox->head.version) {
      mailbox->folding = false;
      return;
    }
    Draft draft(*this);
    draft.batch() = std::move(batch);
    Effect& effect = draft.touch(mailbox);
    effect.after.header.folded = to;
    effect.after.header.vanished_floor = floor;
    effect.after.header.log_records -= header.log_records;
    effect.after.header.log_bytes -= header.log_bytes;
    effect.folded = std::move(folded);
    draft.submit(engine::Engine::Urgency::kNormal);
  }
  drive();
}

task<Result<void>> AccountImpl::fold_due() {
  const auto due = [this] {
    std::vector<MailboxId> mailboxes;
    const MutexLock lock(mutex_);
    for (const auto& [id, mailbox] : mailboxes_) {
      if (!dead_ && fold_is_due(*mailbox)) mailboxes.push_back(id);
    }
    return mailboxes;
  };
  for (const MailboxId mailbox : due()) {
    const auto loaded = co_await load_rows(mailbox);
    if (loaded) {
      fold(mailbox);
    } else if (loaded.error().code == Errc::kCorrupt) {
      log_error("mailbox_damaged", {{"account", id().value()}, {"detail", loaded.error().detail}});
    }
  }
  co_return Result<void>{};
}

// -- letting go ---------------------------------------------------------------------------------

void AccountImpl::drop_rows(Mailbox& mailbox) {
  if (mailbox.durable.version) totals_->loaded_rows -= mailbox.durable.version->exists();
  mailbox.durable.version = mailbox.head.version = nullptr;
  mailbox.stored.clear();
  mailbox.vanished.clear();
  mailbox.vanished_records.clear();
}

void AccountImpl::unload_idle() {
  std::unordered_set<MailboxId> watched;
  {
    const MutexLock lock(watch_mutex_);
    for (const auto& [mailbox, signal] : watchers_) watched.insert(mailbox);
  }
  const MutexLock lock(mutex_);
  for (auto& [id, mailbox] : mailboxes_) {
    if (mailbox->pending != 0 || mailbox->folding || !mailbox->durable.version ||
        watched.contains(id))
      continue;
    // Held by a session: it will want the next version, too. Two references are the account's own.
    if (mailbox->durable.version.use_count() > 2) continue;
    drop_rows(*mailbox);
  }
}

}  // namespace postern::mailstore
