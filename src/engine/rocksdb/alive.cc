#include "engine/rocksdb/alive.h"

#include "base/log.h"

namespace postern::engine {

Result<SegmentUse> count_alive(const Database& db, SegmentFiles& files, std::uint64_t segment) {
  POSTERN_TRY(const auto file, files.open(segment));
  SegmentUse alive;
  const auto count = [&](const Locator& locator) {
    ++alive.frames;
    alive.bytes += frame_extent(locator.length);
  };
  Result<void> failed;
  POSTERN_TRY(const bool complete,
              file->each_frame([&](std::uint64_t offset, const FrameHeader& frame) {
                const auto locator = *db.find_locator(ReadFrom::kDisk, frame.account, frame.id);
                if (locator.has_value()) {
                  if (locator->segment == segment && locator->offset == offset) count(*locator);
                } else if (locator.error().code != Errc::kNotFound) {
                  failed = std::unexpected(locator.error());
                }
              }));
  POSTERN_CHECK_OK(failed);
  if (complete) return alive;
  // The rest of the file is torn or damaged, and frames may lie behind it.
  alive = {};
  POSTERN_CHECK_OK(db.each_locator([&](const Locator& locator) {
    if (locator.segment == segment) count(locator);
  }));
  return alive;
}

bool is_dead(const Database& db, SegmentFiles& files, std::uint64_t segment, SegmentUse& alive) {
  const auto found = count_alive(db, files, segment);
  if (!found.has_value()) {
    if (found.error().code == Errc::kNotFound) return true;
    log_warn("segment_kept", {{"path", files.path(segment).string()},
                              {"code", to_string(found.error().code)},
                              {"detail", found.error().detail}});
    return false;
  }
  alive = *found;
  if (alive.frames == 0) return true;
  log_error("segment_count_wrong",
            {{"path", files.path(segment).string()}, {"alive", alive.frames}});
  return false;
}

}  // namespace postern::engine
