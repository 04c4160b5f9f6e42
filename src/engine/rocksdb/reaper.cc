#include "engine/rocksdb/reaper.h"

#include "engine/rocksdb/alive.h"

namespace postern::engine {

void Reaper::retire_shared(ThreadPool& pool, std::uint64_t segment) {
  pool.submit([this, segment] { retire(segment); });
}

void Reaper::unlink_exclusive(ThreadPool& pool, std::uint64_t segment) {
  pool.submit([this, segment] {
    files_.unlink(segment);
    add_stale(unlink_key(segment));
  });
}

std::vector<std::string> Reaper::take_stale_keys() {
  const std::lock_guard lock(mutex_);
  return std::exchange(stale_keys_, {});
}

void Reaper::retire(std::uint64_t segment) {
  SegmentUse alive;
  if (!is_dead(db_, files_, segment, alive)) return;
  files_.unlink(segment);
  add_stale(use_key(segment));
}

void Reaper::add_stale(std::string key) {
  const std::lock_guard lock(mutex_);
  stale_keys_.push_back(std::move(key));
}

}  // namespace postern::engine
