#include "engine/rocksdb/segment_appender.h"

#include <fcntl.h>

namespace postern::engine {

SegmentAppender::SegmentAppender(SegmentFiles& files, std::uint64_t segment_bytes,
                                 const FaultHook& faults)
    : files_(files), segment_bytes_(segment_bytes), faults_(faults) {}

Result<SegmentAppender::Place> SegmentAppender::prepare(std::uint64_t bytes) {
  if (file_ && end_ + bytes <= segment_bytes_) return Place{number_, end_};
  const std::uint64_t number = files_.next_number();
  POSTERN_TRY(Fd fresh, open_file(files_.path(number), O_WRONLY | O_CREAT | O_EXCL));
  const std::string header = encode(SegmentHeader{.kind = SegmentKind::kShared, .number = number});
  const Result<void> wrote = write_all(fresh, header, 0, files_.path(number));
  if (!wrote.has_value()) {
    files_.unlink(number);
    return std::unexpected(wrote.error());
  }
  file_ = std::move(fresh);
  number_ = number;
  end_ = header.size();
  name_synced_ = false;
  files_.count_bytes(header.size());
  return Place{number_, end_};
}

Result<void> SegmentAppender::write(std::string_view frames) {
  Result<void> wrote;
  if (const int error = faults_ ? faults_(FaultPoint::kSegmentWrite) : 0; error != 0) {
    wrote = fail_errno(error, "write " + files_.path(number_).string());
  } else {
    wrote = write_all(file_, frames, end_, files_.path(number_));
  }
  if (!wrote.has_value()) {
    file_ = Fd();
    number_ = 0;
    return wrote;
  }
  end_ += frames.size();
  files_.count_bytes(frames.size());
  return {};
}

Result<void> SegmentAppender::sync() {
  if (const int error = faults_ ? faults_(FaultPoint::kSegmentSync) : 0; error != 0) {
    return fail_errno(error, "fdatasync " + files_.path(number_).string());
  }
  POSTERN_CHECK_OK(sync_data(file_, files_.path(number_)));
  if (!name_synced_) POSTERN_CHECK_OK(sync_directory(files_.dir()));
  name_synced_ = true;
  return {};
}

}  // namespace postern::engine
