// The body segment files: their names and numbers, open descriptors, reading frames, deleting.
//
// Thread-safe. A file may be deleted while it is read: readers keep the descriptor.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engine/rocksdb/database.h"
#include "engine/rocksdb/files.h"
#include "engine/rocksdb/format.h"

namespace postern::engine {

class SegmentFile {
 public:
  SegmentFile(Fd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}

  // Bytes [offset, offset + length) of the blob, cut at its end. The frame header must be the
  // blob's own; a whole blob is checked against its CRC, too. kCorrupt otherwise. nullopt: kCache,
  // and not all is cached.
  [[nodiscard]] std::optional<Result<std::string>> read(ReadFrom from, AccountId account,
                                                        const BlobId& id, const Locator& locator,
                                                        std::uint64_t offset,
                                                        std::size_t length) const;
  // Visits every frame from the start; ends at the first bytes that are none. Whether that was the
  // end of the file.
  [[nodiscard]] Result<bool> each_frame(
      const std::function<void(std::uint64_t offset, const FrameHeader&)>& visit) const;
  [[nodiscard]] Result<SegmentHeader> header() const;

 private:
  Fd fd_;
  std::filesystem::path path_;
};

class SegmentFiles {
 public:
  explicit SegmentFiles(std::filesystem::path dir);

  // At start: the numbers of all files, and the first number that is free (files and `at_least`).
  Result<std::vector<std::uint64_t>> list(std::uint64_t at_least);
  [[nodiscard]] std::uint64_t next_number() { return next_++; }
  [[nodiscard]] std::uint64_t first_free() const { return next_; }

  [[nodiscard]] std::filesystem::path path(std::uint64_t number) const {
    return dir_ / segment_file_name(number);
  }
  [[nodiscard]] const std::filesystem::path& dir() const { return dir_; }

  // The file if its descriptor is open already; null otherwise.
  [[nodiscard]] std::shared_ptr<const SegmentFile> find_open(std::uint64_t number);
  // kNotFound if there is none.
  [[nodiscard]] Result<std::shared_ptr<const SegmentFile>> open(std::uint64_t number);
  // Absent is fine.
  void unlink(std::uint64_t number);
  // Bytes of all segment files.
  [[nodiscard]] std::uint64_t size_bytes() const { return bytes_; }
  void count_bytes(std::uint64_t more) { bytes_ += more; }

 private:
  // LIMIT: descriptors kept open for reading; the longest unused goes first.
  static constexpr std::size_t kMaxOpen = 256;
  struct Open {
    std::shared_ptr<const SegmentFile> file;  // shared with readers, so that closing waits for them
    std::list<std::uint64_t>::iterator used;
  };

  std::filesystem::path dir_;
  std::atomic<std::uint64_t> next_{1};
  std::atomic<std::uint64_t> bytes_{0};
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Open> open_;  // guarded by mutex_
  std::list<std::uint64_t> recent_;               // guarded by mutex_; latest first
};

}  // namespace postern::engine
