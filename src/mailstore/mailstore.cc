#include "mailstore/mailstore.h"

#include <atomic>
#include <list>
#include <unordered_map>
#include <utility>

#include "base/executor.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include "mailstore/account_impl.h"
#include "mailstore/keys.h"

namespace postern::mailstore {
namespace {

constexpr AccountId kSystem{0};
constexpr std::size_t kPurgeStep = 1000;
constexpr std::int64_t kLookAgain = 60;  // seconds
// How many idle candidates one open may look at: eviction stays O(1) however many accounts are
// loaded.
constexpr int kEvictionLooks = 16;

task<Result<void>> commit(engine::Engine& engine, AccountId account, Epoch epoch,
                          engine::Batch batch) {
  OneShot<Result<void>> done;
  engine.commit(account, epoch, std::move(batch), engine::Engine::Urgency::kMayUseReserve,
                [done](Result<void> result) { done.set(std::move(result)); });
  co_return co_await done.wait();
}

crypto::Secret new_key(Random& random) {
  crypto::Secret key = crypto::Secret::zeroed(crypto::kKeySize);
  random.fill(key.bytes());
  return key;
}

class Store final : public MailStore {
 public:
  Store(engine::Engine& engine, crypto::Secret master, crypto::Secret system, Clock& clock,
        Random& random, Options options)
      : engine_(engine),
        master_(std::move(master)),
        system_(std::move(system)),
        clock_(clock),
        random_(random),
        options_(options) {}

  [[nodiscard]] const crypto::Secret& system_key() const override { return system_; }
  task<Result<void>> create_account(AccountId id, Quota quota) override;
  task<Result<std::shared_ptr<Account>>> open_account(AccountId id) override;
  task<Result<void>> destroy_account(AccountId id) override;
  task<Result<void>> maintain() override;

 private:
  struct Entry {
    std::shared_ptr<AccountImpl> account;  // shared with its sessions
    bool busy = false;                     // being loaded or destroyed
    std::vector<OneShot<bool>> waiters;
    std::list<AccountId>::iterator place;
  };
  // The one who loads or destroys an account; whoever comes meanwhile waits, however it ends.
  class Turn {
   public:
    Turn(Store& store, AccountId id) : store_(store), id_(id) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { store_.end_turn(id_); }

   private:
    Store& store_;
    AccountId id_;
  };
  struct Step {
    std::shared_ptr<AccountImpl> account;
    std::optional<OneShot<bool>> wait;
  };
  enum class Wish : std::uint8_t { kOpen, kExclusive };

  // An open account (kOpen), something to wait for, or neither: then it is the caller's turn.
  Step begin(AccountId id, Wish wish) POSTERN_EXCLUDES(mutex_);
  void end_turn(AccountId id) POSTERN_EXCLUDES(mutex_);
  void keep(AccountId id, std::shared_ptr<AccountImpl> account) POSTERN_EXCLUDES(mutex_);
  // Returns what it let go, to be destroyed without the mutex.
  std::vector<std::shared_ptr<AccountImpl>> evict() POSTERN_REQUIRES(mutex_);
  std::shared_ptr<AccountImpl> loaded(AccountId id) POSTERN_EXCLUDES(mutex_);
  task<Result<void>> purge(AccountId id, Epoch epoch);
  task<Result<void>> finish_destroyed();
  void look_for_destroyed_later() { look_for_destroyed_at_ = clock_.unix_seconds() + kLookAgain; }

  engine::Engine& engine_;
  const crypto::Secret master_;
  const crypto::Secret system_;
  Clock& clock_;
  Random& random_;
  const Options options_;
  const AccountImpl::TotalsPtr totals_ = std::make_shared<AccountImpl::Totals>();

  Mutex mutex_;
  std::unordered_map<AccountId, Entry> entries_ POSTERN_GUARDED_BY(mutex_);
  std::list<AccountId> recent_ POSTERN_GUARDED_BY(mutex_);  // newest use first
  // When maintain() looks for accounts whose destruction was cut short: at its first round, and
  // again some time after a failure.
  std::atomic<std::int64_t> look_for_destroyed_at_{INT64_MIN};
};

Store::Step Store::begin(AccountId id, Wish wish) {
  const MutexLock lock(mutex_);
  auto at = entries_.find(id);
  if (at == entries_.end()) {
    at = entries_.try_emplace(id).first;
    at->second.place = recent_.insert(recent_.begin(), id);
  }
  Entry& entry = at->second;
  recent_.splice(recent_.begin(), recent_, entry.place);
  Step step;
  if (entry.busy) {
    entry.waiters.push_back(step.wait.emplace());
    return step;
  }
  if (wish == Wish::kOpen && entry.account && !entry.account->dead()) {
    step.account = entry.account;
    return step;
  }
  entry.busy = true;
  step.account = wish == Wish::kExclusive ? std::exchange(entry.account, nullptr) : nullptr;
  return step;
}

void Store::end_turn(AccountId id) {
  std::vector<OneShot<bool>> waiters;
  {
    const MutexLock lock(mutex_);
    const auto at = entries_.find(id);
    at->second.busy = false;
    waiters = std::exchange(at->second.waiters, {});
    if (!at->second.account) {
      recent_.erase(at->second.place);
      entries_.erase(at);
    }
  }
  for (const auto& waiter : waiters) waiter.set(true);
}

void Store::keep(AccountId id, std::shared_ptr<AccountImpl> account) {
  std::vector<std::shared_ptr<AccountImpl>> gone;
  const MutexLock lock(mutex_);
  gone.push_back(std::exchange(entries_.at(id).account, std::move(account)));
  for (auto& evicted : evict()) gone.push_back(std::move(evicted));
}

std::vector<std::shared_ptr<AccountImpl>> Store::evict() {
  std::vector<std::shared_ptr<AccountImpl>> gone;
  auto at = recent_.end();
  for (int looks = 0; looks < kEvictionLooks && at != recent_.begin(); ++looks) {
    if (entries_.size() <= options_.loaded_accounts && totals_->loaded_rows <= options_.loaded_rows)
      break;
    --at;
    const auto entry = entries_.find(*at);
    // One reference is this table's. Nobody else can get one without the mutex.
    if (entry->second.busy || !entry->second.account || entry->second.account.use_count() != 1)
      continue;
    gone.push_back(std::move(entry->second.account));
    entries_.erase(entry);
    at = recent_.erase(at);
  }
  return gone;
}

std::shared_ptr<AccountImpl> Store::loaded(AccountId id) {
  const MutexLock lock(mutex_);
  const auto at = entries_.find(id);
  return at == entries_.end() || at->second.busy ? nullptr : at->second.account;
}

task<Result<std::shared_ptr<Account>>> Store::open_account(AccountId id) {
  if (id == kSystem) co_return fail(Errc::kNotFound, "no such account");
  for (;;) {
    Step step = begin(id, Wish::kOpen);
    if (step.account) co_return std::shared_ptr<Account>(std::move(step.account));
    if (step.wait) {
      co_await step.wait->wait();
      continue;
    }
    const Turn turn(*this, id);
    const AccountImpl::Settings settings{.max_message_size = options_.max_message_size,
                                         .release_grace_seconds = options_.release_grace_seconds};
    POSTERN_CO_TRY(auto account, co_await AccountImpl::load(engine_, master_, id, clock_, random_,
                                                            settings, totals_));
    keep(id, account);
    co_return std::shared_ptr<Account>(std::move(account));
  }
}

task<Result<void>> Store::create_account(AccountId id, Quota quota) {
  if (id == kSystem) co_return fail(Errc::kInvalid, "account 0 is the system's");
  for (;;) {
    Step step = begin(id, Wish::kOpen);
    if (step.account) co_return fail(Errc::kAlreadyExists, "the account exists");
    if (step.wait) {
      co_await step.wait->wait();
      continue;
    }
    const Turn turn(*this, id);
    const keys::Range all = keys::everything();
    POSTERN_CO_TRY(const auto there, co_await engine_.scan(id, all.first, all.second, 1));
    if (!there.empty()) co_return fail(Errc::kAlreadyExists, "the account exists");
    POSTERN_CO_TRY(const Epoch epoch, co_await engine_.acquire(id));
    crypto::Secret key = new_key(random_);
    std::string wrapped = wrap_key(master_, id, key, random_);
    const Vault vault(id, std::move(key), random_);
    POSTERN_CO_TRY(engine::Batch batch, AccountImpl::first_batch(vault, std::move(wrapped), quota,
                                                                 clock_.unix_seconds()));
    co_return co_await commit(engine_, id, epoch, std::move(batch));
  }
}

task<Result<void>> Store::destroy_account(AccountId id) {
  if (id == kSystem) co_return fail(Errc::kNotFound, "no such account");
  for (;;) {
    Step step = begin(id, Wish::kExclusive);
    if (step.wait) {
      co_await step.wait->wait();
      continue;
    }
    const Turn turn(*this, id);
    if (step.account) step.account->kill();
    const keys::Range all = keys::everything();
    POSTERN_CO_TRY(const auto there, co_await engine_.scan(id, all.first, all.second, 1));
    if (there.empty()) co_return fail(Errc::kNotFound, "no such account");
    POSTERN_CO_TRY(const Epoch epoch, co_await engine_.acquire(id));
    engine::Batch batch;
    batch.deletes.push_back(keys::plain(keys::kAccountKey));
    Result<void> done = co_await commit(engine_, id, epoch, std::move(batch));
    if (done) done = co_await purge(id, epoch);
    if (!done) look_for_destroyed_later();
    co_return done;
  }
}

// The blob ids stand in clear in the locators, so this needs no key.
task<Result<void>> Store::purge(AccountId id, Epoch epoch) {
  const keys::Range bodies = keys::all_of(keys::kBody);
  for (;;) {
    POSTERN_CO_TRY(const auto items,
                   co_await engine_.scan(id, bodies.first, bodies.second, kPurgeStep));
    if (items.empty()) break;
    engine::Batch batch;
    for (const engine::Item& item : items) {
      batch.deletes.push_back(item.key);
      if (const auto blob = locator_blob(item.value)) batch.drops.push_back(*blob);
    }
    POSTERN_CO_CHECK_OK(co_await commit(engine_, id, epoch, std::move(batch)));
  }
  // In steps, so that no batch grows with the account.
  const keys::Range rest = keys::everything();
  for (;;) {
    POSTERN_CO_TRY(const auto items,
                   co_await engine_.scan(id, rest.first, rest.second, kPurgeStep));
    if (items.empty()) co_return Result<void>{};
    engine::Batch batch;
    for (const engine::Item& item : items) batch.deletes.push_back(item.key);
    POSTERN_CO_CHECK_OK(co_await commit(engine_, id, epoch, std::move(batch)));
  }
}

// An account without its key is one whose destruction was cut short: creating one is a single
// commit.
task<Result<void>> Store::finish_destroyed() {
  POSTERN_CO_TRY(const auto accounts, co_await engine_.list_accounts());
  for (const AccountId id : accounts) {
    if (id == kSystem) continue;
    const auto key = co_await engine_.get(id, {keys::plain(keys::kAccountKey)});
    if (key && (*key)[0]) continue;
    Result<void> done;
    if (key) {
      log_info("account_destruction_resumed", {{"account", id.value()}});
      done = co_await destroy_account(id);
    } else {
      done = std::unexpected(key.error());
    }
    // One account must not hold up the others. kNotFound: someone else was faster.
    if (done || done.error().code == Errc::kNotFound) continue;
    look_for_destroyed_later();
    log_warn("maintenance_failed", {{"account", id.value()},
                                    {"code", to_string(done.error().code)},
                                    {"detail", done.error().detail}});
  }
  co_return Result<void>{};
}

task<Result<void>> Store::maintain() {
  Result<void> outcome;
  if (clock_.unix_seconds() >= look_for_destroyed_at_) {
    look_for_destroyed_at_ = INT64_MAX;
    outcome = co_await finish_destroyed();
    if (!outcome) look_for_destroyed_later();
  }
  const auto list = [this] {
    const MutexLock lock(mutex_);
    return std::vector<AccountId>(recent_.begin(), recent_.end());
  };
  for (const AccountId id : list()) {
    const std::shared_ptr<AccountImpl> account = loaded(id);
    if (!account || account->dead()) continue;
    const auto folded = co_await account->fold_due();
    if (!folded) outcome = folded;
    const auto swept = co_await account->sweep();
    if (!swept) outcome = swept;
    if (account.use_count() == 2) account->unload_idle();
  }
  co_return outcome;
}

}  // namespace

task<Result<std::unique_ptr<MailStore>>> MailStore::open(engine::Engine& engine,
                                                         crypto::Secret master_key, Clock& clock,
                                                         Random& random, Options options) {
  const std::string key = keys::plain(keys::kAccountKey);
  POSTERN_CO_TRY(const auto there, co_await engine.get(kSystem, {key}));
  crypto::Secret system;
  if (there[0]) {
    POSTERN_CO_TRY(system, unwrap_key(master_key, kSystem, *there[0]));
  } else {
    POSTERN_CO_TRY(const auto accounts, co_await engine.list_accounts());
    if (!accounts.empty()) co_return fail(Errc::kCorrupt, "record K of account 0 is missing");
    POSTERN_CO_TRY(const Epoch epoch, co_await engine.acquire(kSystem));
    system = new_key(random);
    engine::Batch batch;
    batch.puts.emplace_back(key, wrap_key(master_key, kSystem, system, random));
    POSTERN_CO_CHECK_OK(co_await commit(engine, kSystem, epoch, std::move(batch)));
  }
  co_return std::make_unique<Store>(engine, std::move(master_key), std::move(system), clock, random,
                                    options);
}

}  // namespace postern::mailstore
