// The shared segment being written: frames of small blobs, a group at a time. Committer thread
// only.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "engine/rocksdb/faults.h"
#include "engine/rocksdb/segment_files.h"

namespace postern::engine {

class SegmentAppender {
 public:
  struct Place {
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;
  };

  SegmentAppender(SegmentFiles& files, std::uint64_t segment_bytes, const FaultHook& faults);

  // Where the next `bytes` will go; begins a new segment when they do not fit or there is none.
  // After an error nothing was promised and nothing changed that anyone refers to.
  Result<Place> prepare(std::uint64_t bytes);
  // At the prepared place. After an error the segment is given up: nothing is ever written to it
  // again.
  Result<void> write(std::string_view frames);
  // The bytes written, and for a new segment its name, are durable.
  Result<void> sync();

  // The segment that may still grow; 0 for none.
  [[nodiscard]] std::uint64_t current() const { return number_; }

 private:
  SegmentFiles& files_;
  std::uint64_t segment_bytes_;
  const FaultHook& faults_;
  Fd file_;
  std::uint64_t number_ = 0;
  std::uint64_t end_ = 0;
  bool name_synced_ = false;
};

}  // namespace postern::engine
