// How much of each shared segment is alive. Kept with every commit in the commit's own write, so
// the counts are exact after any crash; a segment with none left is deleted. Committer thread only.
//
// LIMIT: a segment that is only partly dead keeps its dead bytes; nothing compacts it yet.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "engine/rocksdb/database.h"

namespace postern::engine {

class Ledger {
 public:
  // As loaded at the start.
  void set(std::uint64_t segment, SegmentUse use) { uses_[segment] = use; }

  void add_frame(std::uint64_t segment, std::uint64_t bytes);
  void drop_frame(std::uint64_t segment, std::uint64_t bytes);
  // What changed since the last settle() goes into `changes`.
  void record(Database::Changes& changes) const;
  // The write is durable: takes over what changed. Returns the segments that are empty now.
  std::vector<std::uint64_t> settle();
  // The write did not happen.
  void revert() { changed_.clear(); }

  [[nodiscard]] bool empty(std::uint64_t segment) const;
  void forget(std::uint64_t segment) { uses_.erase(segment); }

 private:
  SegmentUse& changing(std::uint64_t segment);
  std::map<std::uint64_t, SegmentUse> uses_;
  std::map<std::uint64_t, SegmentUse> changed_;  // the new values
};

}  // namespace postern::engine
