// A blob being written. Up to kBufferedBlob bytes stay here until the committer writes them into
// the shared segment; a larger blob goes to a segment file of its own as it comes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "engine/engine.h"
#include "engine/rocksdb/segment_files.h"
#include "engine/rocksdb/space_guard.h"

namespace postern::engine {

inline constexpr std::size_t kBufferedBlob = 256 << 10;

class SegmentBlobWriter final : public BlobWriter {
 public:
  // The references outlive the writer: they belong to the engine.
  SegmentBlobWriter(AccountId account, const BlobId& id, SegmentFiles& files, SpaceGuard& space,
                    ThreadPool& pool);
  ~SegmentBlobWriter() override;

  task<Result<void>> append(std::string_view bytes) override;
  task<Result<void>> finish() override;
  [[nodiscard]] const BlobId& id() const override { return id_; }
  [[nodiscard]] std::uint64_t size() const override { return size_; }

  // For the committer. A finished writer has its bytes either in payload() or in a file of its own.
  [[nodiscard]] bool finished() const { return state_ == State::kFinished; }
  [[nodiscard]] bool exclusive() const { return segment_ != 0; }
  [[nodiscard]] std::uint64_t segment() const { return segment_; }
  [[nodiscard]] const SegmentFiles& files() const { return files_; }
  [[nodiscard]] FrameHeader frame() const;
  [[nodiscard]] std::string_view payload() const { return buffer_; }
  // The file stays: a commit names it, or may name it.
  void keep_file() { keep_ = true; }

 private:
  enum class State : std::uint8_t { kOpen, kFinished, kFailed };
  Result<void> spill();  // on the pool
  Result<void> seal();   // on the pool

  AccountId account_;
  BlobId id_;
  SegmentFiles& files_;
  SpaceGuard& space_;
  ThreadPool& pool_;
  State state_ = State::kOpen;
  std::string buffer_;
  std::uint64_t size_ = 0;
  std::uint32_t crc_ = 0;
  Fd file_;                    // exclusive, while it is written
  std::uint64_t segment_ = 0;  // exclusive; 0: none
  std::uint64_t spilled_ = 0;  // payload bytes in the file
  bool keep_ = false;
};

}  // namespace postern::engine
