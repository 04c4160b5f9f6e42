#include "engine/rocksdb/reaper.h"

#include "base/log.h"

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
  if (const auto file = files_.open(segment); file.has_value()) {
    // Mail hangs on the count: look at every frame before deleting.
    std::size_t alive = 0;
    (*file)->each_frame([&](std::uint64_t offset, const FrameHeader& frame) {
      const auto locator = *db_.find_locator(ReadFrom::kDisk, frame.account, frame.id);
      const bool absent = !locator.has_value() && locator.error().code == Errc::kNotFound;
      const bool elsewhere =
          locator.has_value() && (locator->segment != segment || locator->offset != offset);
      if (!absent && !elsewhere) ++alive;
    });
    if (alive > 0) {
      log_error("segment_count_wrong", {{"path", files_.path(segment).string()}, {"alive", alive}});
      return;
    }
    files_.unlink(segment);
  }
  add_stale(use_key(segment));
}

void Reaper::add_stale(std::string key) {
  const std::lock_guard lock(mutex_);
  stale_keys_.push_back(std::move(key));
}

}  // namespace postern::engine
