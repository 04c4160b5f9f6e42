// The sweep: emails that lost a row are looked for in all mailboxes; those that no row names any
// more lose their records and their blobs.
//
// There are no reference counts to go wrong. What to look for is in 'R' records, written by the
// change that took the rows away and deleted by the change that frees the last of them: a crash in
// between only means that the same emails are looked for again.
//
// Against changes that run at the same time: a row can only come from an existing row (COPY, MOVE)
// or bring a new email (APPEND). Both the durable and the newest rows are marked, and while a sweep
// is under way every COPY and MOVE takes its emails out of it (keep_from_sweep), so a row that
// moves from a mailbox still to be marked to one already marked is not missed.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/log.h"
#include "mailstore/account_impl.h"
#include "mailstore/chunk_codec.h"
#include "mailstore/draft.h"
#include "mailstore/keys.h"

namespace postern::mailstore {
namespace {

constexpr std::size_t kReleasesAtOnce = 64;  // LIMIT: 'R' records of one sweep
constexpr std::size_t kFreedAtOnce = 500;    // LIMIT: emails of one commit
constexpr std::size_t kScanStep = 64;

// The emails that a chunk or log record brings.
Result<std::vector<EmailId>> emails_of(const Vault& vault, char kind, const engine::Item& item) {
  std::vector<EmailId> emails;
  POSTERN_TRY(const std::string plain, vault.open(item.key, item.value));
  if (kind == keys::kChunk) {
    MailboxCounts counts;  // not asked for
    POSTERN_TRY(const ChunkPtr chunk, decode_chunk(plain, counts));
    for (const MessageRow& row : chunk->rows()) emails.push_back(row.email);
    return emails;
  }
  POSTERN_TRY(const LogRecord record, decode_log_record(plain));
  for (const auto& section : record.sections) {
    const auto* added = std::get_if<AddSection>(&section);
    if (added == nullptr) continue;
    for (const AddSection::Row& entry : added->rows) emails.push_back(entry.row.email);
  }
  return emails;
}

}  // namespace

struct AccountImpl::Sweep {
  std::vector<std::string> records;  // keys of the 'R' records this sweep answers
  std::vector<MailboxId> deleted_mailboxes;
  std::unordered_set<EmailId>
      candidates;  // guarded by the account's mutex while the sweep is registered
  bool more = false;
};

void AccountImpl::keep_from_sweep(const AddSection& section) {
  for (const AddSection::Row& entry : section.rows) sweep_->candidates.erase(entry.row.email);
}

bool AccountImpl::sweep_is_due() {
  const MutexLock lock(mutex_);
  return !dead_ && !incomplete_ && releases_ && sweep_ == nullptr &&
         clock_.unix_seconds() >= next_sweep_;
}

// Before the sweep is registered, so the candidates need no mutex yet.
task<Result<void>> AccountImpl::gather_released(Sweep& sweep) {
  const std::int64_t before = clock_.unix_seconds() - settings_.release_grace_seconds;
  const keys::Range all = keys::all_of(keys::kRelease);
  const auto numbers = [this] {
    const MutexLock lock(mutex_);
    return std::pair(counters_.next_release, counters_head_.next_release);
  };
  const auto expected = numbers();
  POSTERN_CO_TRY(const auto items,
                 co_await engine_.scan(id(), all.first, all.second, kReleasesAtOnce));
  const auto rest = [&](std::int64_t until) {
    const MutexLock lock(mutex_);
    next_sweep_ = until;
    // None there and none under way, then or now: the next EXPUNGE says when there is one.
    if (items.empty() && expected.first == counters_head_.next_release) releases_ = false;
  };
  if (items.empty()) rest(0);
  sweep.more = items.size() == kReleasesAtOnce;
  for (const engine::Item& item : items) {
    POSTERN_CO_TRY(const std::string plain, vault_->open(item.key, item.value));
    POSTERN_CO_TRY(const Release release, decode_release(plain));
    if (release.when > before) {
      sweep.more = false;  // the later ones are younger still
      rest(release.when + settings_.release_grace_seconds);
      break;
    }
    sweep.records.push_back(item.key);
    sweep.candidates.insert(release.emails.begin(), release.emails.end());
    if (release.mailbox.valid()) sweep.deleted_mailboxes.push_back(release.mailbox);
  }
  for (const MailboxId mailbox : sweep.deleted_mailboxes) {
    for (const char kind : {keys::kChunk, keys::kLog}) {
      keys::Range range = keys::all_of_mailbox(kind, mailbox);
      for (bool more = true; more;) {
        POSTERN_CO_TRY(const auto rows,
                       co_await engine_.scan(id(), range.first, range.second, kScanStep));
        more = rows.size() == kScanStep;
        if (more) range.first = rows.back().key + '\0';
        for (const engine::Item& item : rows) {
          const auto named = emails_of(*vault_, kind, item);
          if (!named) {
            // Its bodies stay for good; that is better than a sweep that never ends.
            log_error("record_damaged",
                      {{"account", id().value()}, {"detail", named.error().detail}});
            continue;
          }
          sweep.candidates.insert(named->begin(), named->end());
        }
      }
    }
  }
  co_return Result<void>{};
}

task<Result<void>> AccountImpl::mark_live(Sweep& sweep) {
  const auto list = [this] {
    const MutexLock lock(mutex_);
    std::vector<MailboxId> ids;
    for (const auto& [id, mailbox] : mailboxes_) ids.push_back(id);
    return ids;
  };
  // A mailbox made from here on gets its rows by COPY, MOVE or APPEND; RENAME of INBOX counts as a
  // MOVE.
  for (const MailboxId id : list()) {
    for (bool marked = false; !marked;) {
      const auto loaded = co_await load_rows(id);
      if (!loaded && loaded.error().code == Errc::kNotFound)
        break;  // deleted meanwhile: a later sweep's
      if (!loaded) co_return loaded;
      const auto versions = [this, id]() -> std::pair<VersionPtr, VersionPtr> {
        const MutexLock lock(mutex_);
        const MailboxPtr mailbox = find(id);
        if (!mailbox) return {};
        return {mailbox->durable.version, mailbox->head.version};
      };
      const auto [durable, head] = versions();
      if (!durable && !head) continue;  // unloaded again, or gone: load_rows() tells
      std::vector<EmailId> live;
      const auto mark = [&](const MailboxVersion& version) {
        for (const ChunkPtr& chunk : version.chunks()) {
          for (const MessageRow& row : chunk->rows()) live.push_back(row.email);
        }
      };
      if (durable) mark(*durable);
      if (head && head != durable) mark(*head);
      const auto keep = [&] {
        const MutexLock lock(mutex_);
        for (const EmailId email : live) sweep.candidates.erase(email);
      };
      keep();
      marked = true;
    }
    unload_idle();
  }
  co_return Result<void>{};
}

Result<Prepared<Nothing>> AccountImpl::prepare_free(
    Sweep& sweep, std::vector<std::pair<EmailId, engine::BlobId>>& dead, bool last) {
  const MutexLock lock(mutex_);
  POSTERN_CHECK_OK(check_alive());
  Draft draft(*this);
  engine::Batch& batch = draft.batch();
  for (const auto& [email, blob] : dead) {
    if (!sweep.candidates.contains(email)) continue;  // a COPY took it while its locator was read
    batch.deletes.push_back(keys::of_number(keys::kBody, email.value()));
    batch.deletes.push_back(keys::of_number(keys::kInfo, email.value()));
    batch.drops.push_back(blob);
    locators_.erase(email);
  }
  if (last) {
    batch.deletes.insert(batch.deletes.end(), sweep.records.begin(), sweep.records.end());
    for (const MailboxId mailbox : sweep.deleted_mailboxes) {
      for (const char kind : {keys::kChunk, keys::kLog, keys::kVanished}) {
        batch.delete_ranges.push_back(keys::all_of_mailbox(kind, mailbox));
      }
    }
  }
  return Prepared<Nothing>{draft.submit(engine::Engine::Urgency::kMayUseReserve), {}};
}

task<Result<void>> AccountImpl::free_dead(Sweep& sweep) {
  const auto list = [&] {
    const MutexLock lock(mutex_);
    return std::vector<EmailId>(sweep.candidates.begin(), sweep.candidates.end());
  };
  std::vector<EmailId> emails = list();
  for (std::size_t at = 0;; at += kFreedAtOnce) {
    std::vector<std::string> wanted;
    const std::size_t end = std::min(emails.size(), at + kFreedAtOnce);
    for (std::size_t i = at; i < end; ++i)
      wanted.push_back(keys::of_number(keys::kBody, emails[i].value()));
    POSTERN_CO_TRY(const auto values, co_await engine_.get(id(), wanted));
    std::vector<std::pair<EmailId, engine::BlobId>> dead;
    for (std::size_t i = at; i < end; ++i) {
      if (!values[i - at]) continue;  // freed by a sweep that was cut short
      POSTERN_CO_TRY(const engine::BlobId blob, locator_blob(*values[i - at]));
      dead.emplace_back(emails[i], blob);
    }
    const bool last = end == emails.size();
    POSTERN_CO_CHECK_OK(
        co_await change<Nothing>(std::nullopt, [&] { return prepare_free(sweep, dead, last); }));
    if (last) co_return Result<void>{};
  }
}

task<Result<void>> AccountImpl::sweep() {
  // Registered for as long as it lives, so that COPY and MOVE know of it.
  class Registration {
   public:
    Registration(AccountImpl& account, Sweep& sweep) : account_(account) {
      const MutexLock lock(account_.mutex_);
      registered_ = account_.sweep_ == nullptr && !account_.dead_;
      if (registered_) account_.sweep_ = &sweep;
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    ~Registration() {
      const MutexLock lock(account_.mutex_);
      if (registered_) account_.sweep_ = nullptr;
    }
    [[nodiscard]] bool registered() const { return registered_; }

   private:
    AccountImpl& account_;
    bool registered_ = false;
  };

  for (bool more = true; more && sweep_is_due();) {
    Sweep sweep;
    POSTERN_CO_CHECK_OK(co_await gather_released(sweep));
    if (sweep.records.empty()) co_return Result<void>{};
    const Registration registration(*this, sweep);
    if (!registration.registered()) co_return Result<void>{};
    POSTERN_CO_CHECK_OK(co_await mark_live(sweep));
    POSTERN_CO_CHECK_OK(co_await free_dead(sweep));
    more = sweep.more;
  }
  co_return Result<void>{};
}

}  // namespace postern::mailstore
