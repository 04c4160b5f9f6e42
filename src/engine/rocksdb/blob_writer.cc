#include "engine/rocksdb/blob_writer.h"

#include <fcntl.h>

#include "engine/rocksdb/crc32c.h"

namespace postern::engine {

SegmentBlobWriter::SegmentBlobWriter(AccountId account, const BlobId& id, SegmentFiles& files,
                                     SpaceGuard& space, ThreadPool& pool)
    : account_(account), id_(id), files_(files), space_(space), pool_(pool) {}

SegmentBlobWriter::~SegmentBlobWriter() {
  if (segment_ == 0 || keep_) return;
  pool_.submit([&files = files_, number = segment_] { files.unlink(number); });
}

FrameHeader SegmentBlobWriter::frame() const {
  return {.account = account_, .id = id_, .length = size_, .payload_crc = crc_};
}

task<Result<void>> SegmentBlobWriter::append(std::string_view bytes) {
  if (state_ != State::kOpen) co_return fail(Errc::kInvalid, "append to a blob that is not open");
  if (bytes.size() > kMaxBlobSize - size_) co_return fail(Errc::kTooBig, "blob");
  // A piece far larger than the buffer is taken apart, so that memory stays bounded by one buffer.
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kBufferedBlob);
    bytes.remove_prefix(part.size());
    crc_ = crc32c(part, crc_);
    size_ += part.size();
    buffer_ += part;
    if (size_ <= kBufferedBlob || buffer_.size() < kBufferedBlob) continue;
    Result<void> spilled = co_await pool_.run([this] { return spill(); });
    if (!spilled.has_value()) {
      state_ = State::kFailed;
      co_return spilled;
    }
  }
  co_return Result<void>{};
}

task<Result<void>> SegmentBlobWriter::finish() {
  if (state_ != State::kOpen) co_return fail(Errc::kInvalid, "finish of a blob that is not open");
  if (size_ > kBufferedBlob) {
    Result<void> sealed = co_await pool_.run([this] { return seal(); });
    if (!sealed.has_value()) {
      state_ = State::kFailed;
      co_return sealed;
    }
  }
  state_ = State::kFinished;
  co_return Result<void>{};
}

Result<void> SegmentBlobWriter::spill() {
  if (!space_.has_room(buffer_.size())) return fail(Errc::kFull, "below min_free");
  if (segment_ == 0) {
    const std::uint64_t number = files_.next_number();
    POSTERN_TRY(file_, open_file(files_.path(number), O_WRONLY | O_CREAT | O_EXCL));
    segment_ = number;
    // Says whose file it is from the start, so that one left by a crash is known for an orphan; the
    // length and the sum come in seal().
    const std::string head =
        encode(SegmentHeader{.kind = SegmentKind::kExclusive, .number = number}) +
        encode(FrameHeader{.account = account_, .id = id_});
    POSTERN_CHECK_OK(write_all(file_, head, 0, files_.path(number)));
    files_.count_bytes(head.size());
  }
  POSTERN_CHECK_OK(write_all(file_, buffer_, kSegmentHeaderSize + kFrameHeaderSize + spilled_,
                             files_.path(segment_)));
  files_.count_bytes(buffer_.size());
  spilled_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<void> SegmentBlobWriter::seal() {
  POSTERN_CHECK_OK(spill());
  buffer_ = std::string();
  const std::filesystem::path path = files_.path(segment_);
  POSTERN_CHECK_OK(write_all(file_, encode(frame()), kSegmentHeaderSize, path));
  POSTERN_CHECK_OK(sync_data(file_, path));
  POSTERN_CHECK_OK(sync_directory(files_.dir()));
  file_ = Fd();
  return {};
}

}  // namespace postern::engine
