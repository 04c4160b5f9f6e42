// AccountImpl: the account over an engine. One mutex guards all state; it is held for work in
// memory only.
//
// Change: a prepare_*() function, under the mutex, works out the next state from the newest one
// (`head`), fills a Pending with the batch and the states after it, and submits it. drive() gives
// the engine one merged batch at a time; finish() publishes what became durable, in order, and
// wakes the waiters.
// When the engine says that nothing happened (kUnavailable, kFull), head falls back to durable, the
// changes in the failed batch report it, and those queued behind, which were built on them, are
// prepared anew. After anything else the account is dead. So the durable state is always a prefix
// of the order of changes, without a hole.
//
// The parts: account_impl.cc (queue, lookups), account_names.cc (names, quota), account_load.cc
// (account, rows), account_fold.cc, account_change.cc (append, store, expunge, copy, move),
// account_read.cc (structure, bodies), account_metadata.cc, account_sweep.cc.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "engine/engine.h"
#include "mailstore/account.h"
#include "mailstore/body.h"
#include "mailstore/mailbox.h"
#include "mailstore/mutex.h"
#include "mailstore/name_table.h"
#include "mailstore/vault.h"

namespace postern::mailstore {

// LIMIT: the log of a mailbox is folded past either.
inline constexpr std::uint32_t kFoldRecords = 256;
inline constexpr std::uint64_t kFoldBytes = 64u << 10;
// LIMIT: expunges remembered per mailbox, for VANISHED (EARLIER).
inline constexpr std::size_t kMaxVanished = 10'000;
inline constexpr std::size_t kMaxKeywordOctets = 50;

struct StagedMessage::Impl {
  AccountId account;
  std::unique_ptr<engine::BlobWriter> blob;
  BodyLocator locator;
  std::string info;  // mime::encode_info
  bool attachment = false;
};

template <class T>
struct Prepared {
  PendingPtr pending;  // null: the rows are not loaded (any more)
  T result;
};
struct Nothing {};

class AccountImpl final : public Account, public std::enable_shared_from_this<AccountImpl> {
 public:
  struct Settings {
    std::uint64_t max_message_size = 50u << 20;
    std::int64_t release_grace_seconds = 300;
  };
  // What MailStore needs to know of all accounts together.
  struct Totals {
    std::atomic<std::uint64_t> loaded_rows{0};
  };
  using TotalsPtr =
      std::shared_ptr<Totals>;  // an account may outlive its store while a commit is under way

  // Loads names and headers. `engine`, `clock` and `random` outlive the account. kNotFound,
  // kCorrupt.
  static task<Result<std::shared_ptr<AccountImpl>>> load(engine::Engine& engine,
                                                         const crypto::Secret& master, AccountId id,
                                                         Clock& clock, Random& random,
                                                         Settings settings, TotalsPtr totals);
  // The records of a new account.
  static Result<engine::Batch> first_batch(const Vault& vault, std::string wrapped_key, Quota quota,
                                           std::int64_t now);

  AccountImpl(engine::Engine& engine, std::unique_ptr<Vault> vault, Epoch epoch, Clock& clock,
              Settings settings, TotalsPtr totals);
  ~AccountImpl() override;

  [[nodiscard]] AccountId id() const override { return vault_->account(); }
  [[nodiscard]] FoldersPtr folders() const override;
  task<Result<MailboxId>> create(std::string name, SpecialUse use) override;
  task<Result<void>> remove(std::string name) override;
  task<Result<void>> rename(std::string from, std::string to) override;
  task<Result<void>> subscribe(std::string name, bool on) override;

  [[nodiscard]] Result<MailboxCounts> status(MailboxId mailbox) const override;
  task<Result<VersionPtr>> version(MailboxId mailbox) override;
  [[nodiscard]] VersionPtr loaded_version(MailboxId mailbox) const override;
  [[nodiscard]] UidSet vanished_since(MailboxId mailbox, ModSeq since,
                                      const VersionPtr& at) const override;
  Uid claim_recent(MailboxId mailbox, bool peek) override;

  Result<std::unique_ptr<MessageWriter>> begin_message(std::uint64_t size_hint) override;
  task<Result<AppendResult>> append(MailboxId mailbox, std::vector<NewMessage> messages) override;
  task<Result<StoreResult>> store(MailboxId mailbox, UidSet uids, FlagChange change,
                                  std::optional<ModSeq> unchanged_since) override;
  task<Result<ExpungeResult>> expunge(MailboxId mailbox, std::optional<UidSet> uids) override;
  task<Result<CopyResult>> copy(MailboxId from, UidSet uids, MailboxId to) override;
  task<Result<CopyResult>> move(MailboxId from, UidSet uids, MailboxId to) override;

  task<Result<std::vector<StoredMessage>>> read_info(std::vector<EmailId> emails) override;
  task<Result<std::string>> read_body(EmailId email, std::uint64_t offset,
                                      std::size_t length) override;

  [[nodiscard]] MetadataPtr metadata() const override;
  task<Result<void>> set_metadata(MailboxId mailbox, std::vector<MetadataChange> changes) override;

  [[nodiscard]] Watch watch(MailboxId mailbox, Signal& signal) override;
  [[nodiscard]] Watch follow(ChangeFeed& feed) override;
  [[nodiscard]] Usage usage() const override;
  task<Result<void>> set_quota(Quota limit) override;

  // -- for MailStore ----------------------------------------------------------------------------
  [[nodiscard]] bool dead() const;
  // No later change is accepted; sessions are woken and find kUnavailable.
  void kill();
  // Folds long logs, also of mailboxes whose rows are not loaded.
  task<Result<void>> fold_due();
  // Frees emails that no mailbox names any more: those released before the grace time.
  task<Result<void>> sweep();
  // Drops the rows of mailboxes nobody looks at.
  void unload_idle();

 private:
  class Draft;
  friend class Draft;
  struct Sweep;

  // -- change: the queue ------------------------------------------------------------------------
  void submit(const PendingPtr& pending) POSTERN_REQUIRES(mutex_);
  void drive() POSTERN_EXCLUDES(mutex_);
  void finish(Result<void> result) POSTERN_EXCLUDES(mutex_);
  void publish(Pending& pending) POSTERN_REQUIRES(mutex_);
  void roll_back() POSTERN_REQUIRES(mutex_);
  void notify(const std::vector<MailboxId>& mailboxes) POSTERN_EXCLUDES(mutex_, watch_mutex_);
  void notify_all() POSTERN_EXCLUDES(mutex_, watch_mutex_);
  // Fills the feeds; before the change is published, and under the same lock.
  void announce(const Pending& pending) POSTERN_REQUIRES(mutex_);
  [[nodiscard]] Result<void> check_alive() const POSTERN_REQUIRES(mutex_);

  // Prepares, submits, waits; again when a change before it failed. `rows`: mailbox to load first.
  template <class T>
  task<Result<T>> change(std::optional<MailboxId> rows,
                         std::function<Result<Prepared<T>>()> prepare);

  Result<Prepared<MailboxId>> prepare_create(const std::string& name, SpecialUse use)
      POSTERN_EXCLUDES(mutex_);
  Result<Prepared<Nothing>> prepare_remove(const std::string& name) POSTERN_EXCLUDES(mutex_);
  Result<Prepared<Nothing>> prepare_rename(const std::string& from, const std::string& to)
      POSTERN_EXCLUDES(mutex_);
  Result<Prepared<Nothing>> prepare_rename_inbox(MailboxId inbox, const std::string& to)
      POSTERN_EXCLUDES(mutex_);
  Result<Prepared<Nothing>> prepare_subscribe(const std::string& name, bool on)
      POSTERN_EXCLUDES(mutex_);
  Result<Prepared<Nothing>> prepare_set_metadata(MailboxId mailbox,
                                                 const std::vector<MetadataChange>& changes)
      POSTERN_EXCLUDES(mutex_);
  Result<Prepared<AppendResult>> prepare_append(MailboxId mailbox,
                                                std::vector<NewMessage>& messages)
      POSTERN_EXCLUDES(mutex_);
  Result<Prepared<StoreResult>> prepare_store(MailboxId mailbox, const UidSet& uids,
                                              const FlagChange& wanted,
                                              std::optional<ModSeq> unchanged_since)
      POSTERN_EXCLUDES(mutex_);
  Result<Prepared<ExpungeResult>> prepare_expunge(MailboxId mailbox,
                                                  const std::optional<UidSet>& uids)
      POSTERN_EXCLUDES(mutex_);
  enum class CopyMode : std::uint8_t { kCopy, kMove };
  Result<Prepared<CopyResult>> prepare_copy(MailboxId from, const UidSet& uids, MailboxId to,
                                            CopyMode mode) POSTERN_EXCLUDES(mutex_);

  [[nodiscard]] MailboxPtr find(MailboxId mailbox) const
      POSTERN_REQUIRES(mutex_);  // null when unknown
  // Exists in the newest state and is whole.
  [[nodiscard]] Result<MailboxPtr> find_head(MailboxId mailbox, Errc absent = Errc::kNotFound) const
      POSTERN_REQUIRES(mutex_);
  [[nodiscard]] Result<MailboxPtr> find_durable(MailboxId mailbox) const POSTERN_REQUIRES(mutex_);
  [[nodiscard]] Result<Folder> new_mailbox(Counters& counters) const;

  // -- rows -------------------------------------------------------------------------------------
  struct Rows;  // what a load gathers
  class LoadTurn;
  task<Result<void>> load_rows(MailboxId mailbox);
  task<Result<void>> read_rows(Rows& rows);
  // False: the log must be read further first.
  Result<bool> install_rows(Rows& rows) POSTERN_EXCLUDES(mutex_);
  void fold(MailboxId mailbox) POSTERN_EXCLUDES(mutex_);
  [[nodiscard]] bool fold_is_due(const Mailbox& mailbox) const POSTERN_REQUIRES(mutex_);
  void drop_rows(Mailbox& mailbox) POSTERN_REQUIRES(mutex_);

  // -- reading ----------------------------------------------------------------------------------
  task<Result<BodyLocator>> locate(EmailId email);
  task<Result<StoredMessage>> rebuild_info(EmailId email);
  task<Result<std::vector<std::optional<std::string>>>> read_records(
      const std::vector<EmailId>& emails, const std::vector<std::string>& wanted);

  // -- sweep ------------------------------------------------------------------------------------
  [[nodiscard]] bool sweep_is_due() POSTERN_EXCLUDES(mutex_);
  void keep_from_sweep(const AddSection& section) POSTERN_REQUIRES(mutex_);
  task<Result<void>> gather_released(Sweep& sweep);
  task<Result<void>> mark_live(Sweep& sweep);
  task<Result<void>> free_dead(Sweep& sweep);
  Result<Prepared<Nothing>> prepare_free(Sweep& sweep,
                                         std::vector<std::pair<EmailId, engine::BlobId>>& dead,
                                         bool last) POSTERN_EXCLUDES(mutex_);

  engine::Engine& engine_;
  const std::unique_ptr<const Vault> vault_;
  const Epoch epoch_;
  Clock& clock_;
  const Settings settings_;
  const TotalsPtr totals_;

  mutable Mutex mutex_;
  bool dead_ POSTERN_GUARDED_BY(mutex_) = false;
  std::unordered_map<MailboxId, MailboxPtr> mailboxes_ POSTERN_GUARDED_BY(mutex_);
  Counters counters_ POSTERN_GUARDED_BY(mutex_), counters_head_ POSTERN_GUARDED_BY(mutex_);
  NameTable names_ POSTERN_GUARDED_BY(mutex_), names_head_ POSTERN_GUARDED_BY(mutex_);
  mutable FoldersPtr folders_ POSTERN_GUARDED_BY(mutex_);  // of names_; null: to be made
  Metadata metadata_ POSTERN_GUARDED_BY(mutex_), metadata_head_ POSTERN_GUARDED_BY(mutex_);
  mutable MetadataPtr metadata_snapshot_ POSTERN_GUARDED_BY(mutex_);  // null: to be made
  std::deque<PendingPtr> queue_ POSTERN_GUARDED_BY(mutex_);
  std::vector<PendingPtr> in_flight_ POSTERN_GUARDED_BY(mutex_);
  bool driving_ POSTERN_GUARDED_BY(mutex_) = false;
  bool releases_ POSTERN_GUARDED_BY(mutex_) = false;        // 'R' records may exist
  std::int64_t next_sweep_ POSTERN_GUARDED_BY(mutex_) = 0;  // unix seconds; not earlier
  bool incomplete_ POSTERN_GUARDED_BY(mutex_) = false;  // a mailbox is unreadable: nothing is swept
  Sweep* sweep_ POSTERN_GUARDED_BY(mutex_) = nullptr;   // the one under way
  std::unordered_map<EmailId, BodyLocator> locators_ POSTERN_GUARDED_BY(mutex_);

  std::vector<ChangeFeed*> feeds_ POSTERN_GUARDED_BY(mutex_);  // to be filled

  // Held while a signal is raised, so that none is raised after its Watch is gone. Taken alone.
  Mutex watch_mutex_;
  std::vector<ChangeFeed*> followers_ POSTERN_GUARDED_BY(watch_mutex_);  // feeds_, to be raised
  std::unordered_multimap<MailboxId, Signal*> watchers_ POSTERN_GUARDED_BY(watch_mutex_);
};

template <class T>
task<Result<T>> AccountImpl::change(std::optional<MailboxId> rows,
                                    std::function<Result<Prepared<T>>()> prepare) {
  // LIMIT: a change gives up when this many before it failed under it.
  constexpr int kAttempts = 16;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (rows) POSTERN_CO_CHECK_OK(co_await load_rows(*rows));
    POSTERN_CO_TRY(Prepared<T> prepared, prepare());
    if (!prepared.pending) continue;
    drive();
    Outcome outcome = co_await prepared.pending->done.wait();
    if (outcome.retry) continue;
    if (!outcome.result) co_return std::unexpected(std::move(outcome.result).error());
    for (const Effect& effect : prepared.pending->effects) fold(effect.mailbox->id);
    co_return std::move(prepared.result);
  }
  co_return fail(Errc::kUnavailable, "changes before this one kept failing");
}

}  // namespace postern::mailstore
