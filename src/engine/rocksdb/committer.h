// The committer: one thread that makes everything durable. It takes what queued up during the last
// flush (no artificial delay), writes the small blobs into the shared segment and flushes it,
// writes ONE metadata batch for all commits and flushes that, and runs the `done`s in order.
//
// States: accepting -> failed, for good, when a flush failed: the group's outcome is unknown, later
// commits get kUnavailable. A full disk is no failure: it is known before anything is written.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "engine/engine.h"
#include "engine/rocksdb/database.h"
#include "engine/rocksdb/faults.h"
#include "engine/rocksdb/ledger.h"
#include "engine/rocksdb/reaper.h"
#include "engine/rocksdb/segment_appender.h"
#include "engine/rocksdb/segment_files.h"
#include "engine/rocksdb/space_guard.h"

namespace postern::engine {

class Committer {
 public:
  // All outlive the committer.
  struct Parts {
    Database& db;
    SegmentFiles& files;
    SpaceGuard& space;
    Reaper& reaper;
    ThreadPool& pool;
    const FaultHook& faults;
  };
  // Epochs handed out are greater than `epoch_base`.
  Committer(Parts parts, Ledger ledger, std::uint64_t epoch_base, std::uint64_t segment_bytes);
  ~Committer();  // finishes what was accepted

  void commit(AccountId account, Epoch epoch, Batch batch, Engine::Urgency urgency,
              Engine::Done done);
  void acquire(AccountId account, OneShot<Result<Epoch>> out);
  void stop();
  [[nodiscard]] bool accepting() const { return !failed_ && !stopped_; }

 private:
  struct Request {
    AccountId account;
    Epoch epoch;
    Batch batch;
    Engine::Urgency urgency = Engine::Urgency::kNormal;
    Engine::Done done;
    std::optional<OneShot<Result<Epoch>>> epoch_out;  // an acquire
    bool late = false;                                // came after stop()
    std::size_t cost = 0;                             // bytes it will take on disk, about
    TimePoint queued;
    Result<void> result;
  };
  using Group = std::vector<Request>;

  void submit(Request request);
  void run();
  Group take_group();  // with the lock held
  void process(Group& group);
  Result<void> ready();
  void check(Request& request, std::uint64_t& room) const;
  Result<void> secure_space(Group& group);
  Result<void> write(Group& group);
  Result<void> write_bodies(const Group& group, SegmentAppender::Place& place);
  Result<void> plan(Group& group, SegmentAppender::Place place, Database::Changes& changes);
  void stop_for_good(const Error& error);

  Parts parts_;
  SegmentAppender appender_;  // from here to condemned_: committer thread only
  Ledger ledger_;
  std::uint64_t next_epoch_;
  std::unordered_map<AccountId, Epoch> epochs_;
  std::vector<std::uint64_t> condemned_;  // exclusive segments this group drops
  std::uint64_t last_segment_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request> queue_;  // guarded by mutex_
  bool busy_ = false;          // guarded by mutex_
  bool ending_ = false;        // guarded by mutex_
  std::atomic<bool> stopped_{false};
  std::atomic<bool> failed_{false};
  std::thread thread_;
};

}  // namespace postern::engine
