#include "engine/rocksdb/segment_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "engine/rocksdb/crc32c.h"

namespace postern::engine {

std::optional<Result<std::string>> SegmentFile::read(ReadFrom from, AccountId account,
                                                     const BlobId& id, const Locator& locator,
                                                     std::uint64_t offset,
                                                     std::size_t length) const {
  if (offset >= locator.length) return std::string();
  const auto wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(length, locator.length - offset));
  const auto fetch = [&](std::uint64_t at,
                         std::size_t count) -> std::optional<Result<std::string>> {
    if (from == ReadFrom::kDisk) return read_some(fd_, at, count, path_);
    auto cached = read_cached(fd_, at, count);
    if (!cached) return std::nullopt;
    return std::move(*cached);
  };
  // From the start, header and bytes come in one read.
  const std::size_t with_header = kFrameHeaderSize + (offset == 0 ? wanted : 0);
  auto head = fetch(locator.offset, with_header);
  if (!head || !head->has_value()) return head;
  if ((*head)->size() != with_header)
    return fail(Errc::kCorrupt, path_.string() + " ends inside a blob");
  const auto frame = parse_frame_header(std::string_view(**head).substr(0, kFrameHeaderSize));
  if (!frame.has_value()) return std::unexpected(frame.error());
  if (frame->account != account || frame->id != id || frame->length != locator.length ||
      frame->payload_crc != locator.payload_crc) {
    return fail(Errc::kCorrupt,
                path_.string() + " holds another blob at " + std::to_string(locator.offset));
  }
  if (offset > 0) {
    auto bytes = fetch(locator.offset + kFrameHeaderSize + offset, wanted);
    if (!bytes || !bytes->has_value()) return bytes;
    if ((*bytes)->size() != wanted)
      return fail(Errc::kCorrupt, path_.string() + " ends inside a blob");
    return bytes;
  }
  std::string bytes = std::move(**head);
  bytes.erase(0, kFrameHeaderSize);
  if (wanted == locator.length && crc32c(bytes) != locator.payload_crc) {
    return fail(Errc::kCorrupt,
                path_.string() + ": check sum of the blob at " + std::to_string(locator.offset));
  }
  return bytes;
}

Result<bool> SegmentFile::each_frame(
    const std::function<void(std::uint64_t, const FrameHeader&)>& visit) const {
  std::uint64_t at = kSegmentHeaderSize;
  for (;;) {
    POSTERN_TRY(const std::string bytes, read_some(fd_, at, kFrameHeaderSize, path_));
    if (bytes.empty()) return true;
    const auto frame = parse_frame_header(bytes);
    if (!frame.has_value()) return false;
    visit(at, *frame);
    at += frame_extent(frame->length);
  }
}

Result<SegmentHeader> SegmentFile::header() const {
  POSTERN_TRY(const std::string bytes, read_some(fd_, 0, kSegmentHeaderSize, path_));
  return parse_segment_header(bytes);
}

SegmentFiles::SegmentFiles(std::filesystem::path dir) : dir_(std::move(dir)) {}

Result<std::vector<std::uint64_t>> SegmentFiles::list(std::uint64_t at_least) {
  std::vector<std::uint64_t> numbers;
  std::uint64_t next = std::max<std::uint64_t>(at_least, 1);
  std::error_code error;
  std::filesystem::directory_iterator entries(dir_, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const auto number = parse_segment_file_name(entries->path().filename().string());
    if (!number) continue;
    numbers.push_back(*number);
    next = std::max(next, *number + 1);
    std::error_code ignored;
    const auto size = entries->file_size(ignored);
    if (!ignored) bytes_ += size;
  }
  if (error) return fail_errno(error.value(), "read directory " + dir_.string());
  std::ranges::sort(numbers);
  next_ = next;
  return numbers;
}

std::shared_ptr<const SegmentFile> SegmentFiles::find_open(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(number);
  if (found == open_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second.used);
  return found->second.file;
}

Result<std::shared_ptr<const SegmentFile>> SegmentFiles::open(std::uint64_t number) {
  if (auto file = find_open(number)) return file;
  POSTERN_TRY(Fd fd, open_file(path(number), O_RDONLY));
  auto file = std::make_shared<const SegmentFile>(std::move(fd), path(number));
  const std::lock_guard lock(mutex_);
  if (const auto found = open_.find(number); found != open_.end()) return found->second.file;
  recent_.push_front(number);
  open_.emplace(number, Open{file, recent_.begin()});
  if (open_.size() > kMaxOpen) {
    open_.erase(recent_.back());
    recent_.pop_back();
  }
  return file;
}

void SegmentFiles::unlink(std::uint64_t number) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = open_.find(number); found != open_.end()) {
      recent_.erase(found->second.used);
      open_.erase(found);
    }
  }
  std::error_code error;
  const auto size = std::filesystem::file_size(path(number), error);
  if (!error) bytes_ -= std::min<std::uint64_t>(size, bytes_);
  if (::unlink(path(number).c_str()) != 0 && errno != ENOENT) {
    log_warn("segment_unlink_failed", {{"path", path(number).string()}, {"errno", errno}});
  }
}

}  // namespace postern::engine
