// Deletes segment files that a durable commit has emptied, on the pool, and remembers which of the
// engine's records about them a later commit may clear away.
//
// Thread-safe. Declared before the pool that runs it, so that it outlives what the pool still has
// to do.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/executor.h"
#include "engine/rocksdb/database.h"
#include "engine/rocksdb/segment_files.h"

namespace postern::engine {

class Reaper {
 public:
  Reaper(const Database& db, SegmentFiles& files) : db_(db), files_(files) {}

  // A shared segment whose count says that nothing in it is alive.
  void retire_shared(ThreadPool& pool, std::uint64_t segment);
  // The file of a large blob that was dropped.
  void unlink_exclusive(ThreadPool& pool, std::uint64_t segment);
  // Keys of records about files that are gone; each is handed out once. One that is lost costs a
  // look at the next start.
  [[nodiscard]] std::vector<std::string> take_stale_keys();

 private:
  void retire(std::uint64_t segment);
  void add_stale(std::string key);

  const Database& db_;
  SegmentFiles& files_;
  std::mutex mutex_;
  std::vector<std::string> stale_keys_;  // guarded by mutex_
};

}  // namespace postern::engine
