#include "auth/directory.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <unordered_set>

#include "auth/address.h"
#include "auth/directory_index.h"
#include "auth/record.h"
#include "base/executor.h"
#include "crypto/crypto.h"

namespace postern::auth {
namespace {

constexpr AccountId kSystemAccount{0};

// One change at a time, in the order of asking, without a lock across a suspension.
class Turns {
 public:
  class Turn {
   public:
    explicit Turn(Turns& turns) : turns_(&turns) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      if (turns_ != nullptr) turns_->pass_on();
    }

   private:
    Turns* turns_;
  };

  task<Turn> take() {
    std::optional<OneShot<bool>> mine;
    {
      const std::lock_guard lock(mutex_);
      if (taken_) mine = waiting_.emplace_back();
      taken_ = true;
    }
    if (mine) co_await mine->wait();
    co_return Turn(*this);
  }

 private:
  void pass_on() {
    std::optional<OneShot<bool>> next;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) {
        taken_ = false;
        return;
      }
      next = waiting_.front();
      waiting_.pop_front();
    }
    next->set(true);
  }

  std::mutex mutex_;
  bool taken_ = false;                 // guarded by mutex_
  std::deque<OneShot<bool>> waiting_;  // guarded by mutex_
};

// Canonical names, each once, the address not among the aliases.
Result<void> canonicalise(AccountRecord& record) {
  POSTERN_TRY(record.address, canonical_address(record.address));
  for (std::string& alias : record.aliases) {
    POSTERN_TRY(alias, canonical_address(alias));
  }
  std::sort(record.aliases.begin(), record.aliases.end());
  const auto last = std::unique(record.aliases.begin(), record.aliases.end());
  record.aliases.erase(last, record.aliases.end());
  std::erase(record.aliases, record.address);
  return {};
}

class EngineDirectory final : public Directory {
 public:
  EngineDirectory(engine::Engine& engine, const crypto::Secret& key, Clock& clock, Random& random)
      : engine_(engine), key_(key.clone()), clock_(clock), random_(random) {}

  // Takes ownership and reads everything, replacing what is in memory.
  task<Result<void>> load() {
    POSTERN_CO_TRY(const Epoch epoch, co_await engine_.acquire(kSystemAccount));
    const std::string first(1, kRecordPrefix), last(1, kRecordPrefix + 1);
    POSTERN_CO_TRY(const std::vector<engine::Item> items,
                   co_await engine_.scan(kSystemAccount, first, last, 0));
    DirectoryIndex index;
    for (const engine::Item& item : items) {
      POSTERN_CO_TRY(const std::string plain, crypto::open_value(key_, item.key, item.value));
      POSTERN_CO_TRY(AccountRecord record, decode_record(plain));
      if (record_key(record.id) != item.key || !index.check_names(record).has_value()) {
        co_return fail(Errc::kCorrupt, "directory records contradict each other");
      }
      index.put(std::make_shared<const AccountRecord>(std::move(record)));
    }
    const std::unique_lock lock(mutex_);
    index_ = std::move(index);
    owner_epoch_ = epoch;
    stale_ = false;
    co_return Result<void>{};
  }

  RecordPtr find_login(std::string_view address) const override {
    const auto name = canonical_address(address);
    if (!name.has_value()) return nullptr;
    const std::shared_lock lock(mutex_);
    return index_.find_address(*name);
  }

  RecordPtr find(AccountId id) const override {
    const std::shared_lock lock(mutex_);
    return index_.find(id);
  }

  std::optional<Recipient> find_recipient(std::string_view address) const override {
    if (RecordPtr record = find_name(address)) return Recipient{std::move(record), {}};
    std::optional<SplitAddress> split = split_detail(address);
    if (!split || !is_detail(split->detail)) return std::nullopt;
    RecordPtr record = find_name(split->base);
    if (!record) return std::nullopt;
    return Recipient{std::move(record), std::move(split->detail)};
  }

  std::vector<RecordPtr> list() const override {
    const std::shared_lock lock(mutex_);
    return index_.sorted();
  }

  // Random, so that an id is never used twice, whatever was removed or left half made by a crash.
  // 53 bits: exact in every JSON reader.
  AccountId next_id() override {
    const std::unique_lock lock(mutex_);
    while (true) {
      const AccountId id(random_.next_u64() >> 11);
      if (id != kSystemAccount && !index_.find(id) && given_.insert(id).second) return id;
    }
  }

  task<Result<RecordPtr>> add(AccountRecord record) override {
    POSTERN_CO_CHECK_OK(canonicalise(record));
    if (record.id == kSystemAccount) co_return fail(Errc::kInvalid, "account without an id");
    const auto turn = co_await turns_.take();
    POSTERN_CO_CHECK_OK(co_await refresh());
    if (find(record.id)) co_return fail(Errc::kAlreadyExists, "the id is in use");
    if (record.created == 0) record.created = clock_.unix_seconds();
    record.epoch = std::max<std::uint64_t>(record.epoch, 1);
    co_return co_await save(std::move(record));
  }

  task<Result<RecordPtr>> update(AccountId id, Edit edit) override {
    const auto turn = co_await turns_.take();
    POSTERN_CO_CHECK_OK(co_await refresh());
    const RecordPtr old = find(id);
    if (!old) co_return fail(Errc::kNotFound, "no such account");
    AccountRecord record = *old;
    POSTERN_CO_CHECK_OK(edit(record));
    record.id = id;
    POSTERN_CO_CHECK_OK(canonicalise(record));
    // SECURITY: whoever changes credentials cannot forget the epoch, and nobody can turn it back.
    const bool credentials = record.address != old->address || record.disabled != old->disabled ||
                             record.password_hash != old->password_hash;
    record.epoch = std::max(record.epoch, old->epoch + (credentials ? 1 : 0));
    co_return co_await save(std::move(record));
  }

  task<Result<void>> remove(AccountId id) override {
    const auto turn = co_await turns_.take();
    POSTERN_CO_CHECK_OK(co_await refresh());
    if (!find(id)) co_return fail(Errc::kNotFound, "no such account");
    engine::Batch batch;
    batch.deletes.push_back(record_key(id));
    POSTERN_CO_CHECK_OK(co_await commit(std::move(batch)));
    const std::unique_lock lock(mutex_);
    index_.erase(id);
    co_return Result<void>{};
  }

 private:
  RecordPtr find_name(std::string_view address) const {
    const auto name = canonical_address(address);
    if (!name.has_value()) return nullptr;
    const std::shared_lock lock(mutex_);
    return index_.find_name(*name);
  }

  // After a change of unknown outcome memory may differ from the disk: read again before the next
  // one.
  task<Result<void>> refresh() {
    if (!stale_) co_return Result<void>{};
    co_return co_await load();
  }

  task<Result<RecordPtr>> save(AccountRecord record) {
    {
      const std::shared_lock lock(mutex_);
      POSTERN_CO_CHECK_OK(index_.check_names(record));
    }
    const std::string key = record_key(record.id);
    engine::Batch batch;
    batch.puts.emplace_back(key, crypto::seal_value(key_, random_, key, encode_record(record)));
    POSTERN_CO_CHECK_OK(co_await commit(std::move(batch)));
    auto saved = std::make_shared<const AccountRecord>(std::move(record));
    const std::unique_lock lock(mutex_);
    index_.put(saved);
    given_.erase(saved->id);
    co_return RecordPtr(std::move(saved));
  }

  task<Result<void>> commit(engine::Batch batch) {
    OneShot<Result<void>> done;
    engine_.commit(kSystemAccount, owner_epoch_, std::move(batch),
                   engine::Engine::Urgency::kMayUseReserve,
                   [done](Result<void> result) { done.set(std::move(result)); });
    Result<void> result = co_await done.wait();
    if (!result.has_value() &&
        (result.error().code == Errc::kUnknownOutcome || result.error().code == Errc::kNotOwner)) {
      stale_ = true;
      // Readers see the truth at once where it can be read; otherwise before the next change.
      (void)co_await load();
    }
    co_return result;
  }

  engine::Engine& engine_;
  const crypto::Secret key_;
  Clock& clock_;
  Random& random_;
  Turns turns_;
  Epoch owner_epoch_;   // of the holder of the turn
  bool stale_ = false;  // of the holder of the turn

  mutable std::shared_mutex mutex_;
  DirectoryIndex index_;                 // guarded by mutex_
  std::unordered_set<AccountId> given_;  // guarded by mutex_; ids of next_id() not yet added
};

}  // namespace

task<Result<std::unique_ptr<Directory>>> Directory::open(engine::Engine& engine,
                                                         const crypto::Secret& key, Clock& clock,
                                                         Random& random) {
  auto directory = std::make_unique<EngineDirectory>(engine, key, clock, random);
  POSTERN_CO_CHECK_OK(co_await directory->load());
  co_return std::unique_ptr<Directory>(std::move(directory));
}

}  // namespace postern::auth
