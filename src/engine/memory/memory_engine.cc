#include "engine/memory/memory_engine.h"

#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <thread>

#include "base/executor.h"
#include "engine/memory/model.h"

namespace postern::engine {
namespace {

// What waits in the one queue: a commit, or an acquire (then `epoch_out` is set).
struct Entry {
  AccountId account;
  Epoch epoch;
  Batch batch;
  Engine::Urgency urgency = Engine::Urgency::kNormal;
  Engine::Done done;
  std::optional<OneShot<Result<Epoch>>> epoch_out;
};

struct Fault {
  Errc code;
  MemoryEngine::Effect effect;
};

class MemoryEngineImpl final : public MemoryEngine {
 public:
  explicit MemoryEngineImpl(Delivery delivery) {
    if (delivery == Delivery::kThread) thread_ = std::thread([this] { run_thread(); });
  }
  ~MemoryEngineImpl() override {
    stop();
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  task<Result<Epoch>> acquire(AccountId account) override {
    OneShot<Result<Epoch>> out;
    Entry entry;
    entry.account = account;
    entry.epoch_out = out;
    enqueue(std::move(entry));
    co_return co_await out.wait();
  }

  void commit(AccountId account, Epoch epoch, Batch batch, Urgency urgency, Done done) override {
    Entry entry;
    entry.account = account;
    entry.epoch = epoch;
    entry.batch = std::move(batch);
    entry.urgency = urgency;
    entry.done = std::move(done);
    enqueue(std::move(entry));
  }

  task<Result<std::vector<Item>>> scan(AccountId account, std::string first, std::string last,
                                       std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    POSTERN_CO_CHECK_OK(next_read());
    co_return model_.scan(account, first, last, limit);
  }

  task<Result<std::vector<std::optional<std::string>>>> get(
      AccountId account, std::vector<std::string> keys) override {
    const std::lock_guard lock(mutex_);
    POSTERN_CO_CHECK_OK(next_read());
    co_return model_.get(account, keys);
  }

  Result<std::unique_ptr<BlobWriter>> create_blob(AccountId account, const BlobId& id,
                                                  std::uint64_t size_hint) override {
    const std::lock_guard lock(mutex_);
    if (stopped_) return fail(Errc::kUnavailable, "the engine was stopped");
    if (free_bytes_ == 0 || size_hint > free_bytes_)
      return fail(Errc::kFull, "no space for a blob");
    return std::make_unique<MemoryBlobWriter>(account, id);
  }

  task<Result<std::string>> read_blob(AccountId account, const BlobId& id, std::uint64_t offset,
                                      std::size_t length) override {
    const std::lock_guard lock(mutex_);
    POSTERN_CO_CHECK_OK(next_read());
    co_return model_.read_blob(account, id, offset, length);
  }

  task<Result<std::vector<AccountId>>> list_accounts() override {
    const std::lock_guard lock(mutex_);
    POSTERN_CO_CHECK_OK(next_read());
    co_return model_.accounts();
  }

  Space space() const override {
    const std::lock_guard lock(mutex_);
    return {.free_bytes = free_bytes_,
            .used_bytes = model_.used_bytes(),
            .accepting = !stopped_ && free_bytes_ > 0};
  }

  void stop() override {
    std::unique_lock lock(mutex_);
    stopped_ = true;
    held_ = false;
    lock.unlock();
    changed_.notify_all();
    if (!thread_.joinable()) {
      drain_inline();
      return;
    }
    lock.lock();
    changed_.wait(lock, [this] { return queue_.empty() && !running_; });
  }

  void fail_next_commit(Errc code, Effect effect) override {
    const std::lock_guard lock(mutex_);
    commit_faults_.push_back({code, effect});
  }
  void fail_next_read(Errc code) override {
    const std::lock_guard lock(mutex_);
    read_faults_.push_back(code);
  }
  void hold_commits() override {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release_commits() override {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    wake();
  }
  std::size_t queued_commits() const override {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }
  void set_free_bytes(std::uint64_t bytes) override {
    const std::lock_guard lock(mutex_);
    free_bytes_ = bytes;
  }

 private:
  struct Queued {
    Entry entry;
    bool late;  // came after stop()
  };

  void enqueue(Entry entry) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back({std::move(entry), stopped_});
    }
    wake();
  }

  void wake() {
    if (thread_.joinable()) {
      changed_.notify_all();
    } else {
      drain_inline();
    }
  }

  // One thread drains at a time; a `done` that commits again, or another thread, only adds to the
  // queue.
  void drain_inline() {
    std::unique_lock lock(mutex_);
    if (running_) return;
    while (!held_ && !queue_.empty()) run_one(lock);
  }

  void run_thread() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ending_ || (!held_ && !queue_.empty()); });
      while (!held_ && !queue_.empty()) run_one(lock);
      changed_.notify_all();
      if (ending_ && queue_.empty()) return;
    }
  }

  void run_one(std::unique_lock<std::mutex>& lock) {
    running_ = true;
    Queued next = std::move(queue_.front());
    queue_.pop_front();
    Entry& entry = next.entry;
    if (entry.epoch_out) {
      Result<Epoch> epoch = next.late
                                ? Result<Epoch>(fail(Errc::kUnavailable, "the engine was stopped"))
                                : Result<Epoch>(model_.acquire(entry.account));
      lock.unlock();
      entry.epoch_out->set(std::move(epoch));
    } else {
      Result<void> result = next.late
                                ? Result<void>(fail(Errc::kUnavailable, "the engine was stopped"))
                                : take_effect(entry);
      lock.unlock();
      entry.done(std::move(result));
    }
    lock.lock();
    running_ = false;
  }

  Result<void> take_effect(Entry& entry) {
    POSTERN_CHECK_OK(model_.check(entry.account, entry.epoch, entry.batch));
    if (!commit_faults_.empty()) {
      const Fault fault = commit_faults_.front();
      commit_faults_.pop_front();
      if (fault.effect == Effect::kApplied) model_.apply(entry.account, std::move(entry.batch));
      return fail(fault.code, "injected fault");
    }
    if (entry.urgency == Urgency::kNormal && free_bytes_ == 0 && !entry.batch.empty()) {
      return fail(Errc::kFull, "below min_free");
    }
    model_.apply(entry.account, std::move(entry.batch));
    return {};
  }

  Result<void> next_read() {
    if (read_faults_.empty()) return {};
    const Errc code = read_faults_.front();
    read_faults_.pop_front();
    return fail(code, "injected fault");
  }

  mutable std::mutex mutex_;  // guards everything below but thread_
  std::condition_variable changed_;
  Model model_;
  std::deque<Queued> queue_;
  std::deque<Fault> commit_faults_;
  std::deque<Errc> read_faults_;
  std::uint64_t free_bytes_ = std::numeric_limits<std::uint64_t>::max() / 2;
  bool held_ = false;
  bool running_ = false;  // a `done` is running, outside the lock
  bool stopped_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<MemoryEngine> MemoryEngine::create(Delivery delivery) {
  return std::make_unique<MemoryEngineImpl>(delivery);
}

}  // namespace postern::engine
