// ChunkBuilder: makes chunks of up to kChunkRows rows, interning the flag sets they use.
//
// Rows are added in UID order. Not thread-safe; the chunks it gives out are immutable.
#pragma once

#include <vector>

#include "mailstore/version.h"

namespace postern::mailstore {

class ChunkBuilder {
 public:
  // Full chunks go to `out`; it outlives the builder.
  explicit ChunkBuilder(std::vector<ChunkPtr>& out) : out_(out) {}

  // `row.flags` is set here.
  void add(MessageRow row, const FlagSet& flags);
  // All rows of a chunk, sharing the chunk itself when nothing is open before it.
  void add_chunk(const ChunkPtr& chunk);
  // Emits what is open.
  void finish();
  [[nodiscard]] std::size_t open_rows() const { return chunk_ ? chunk_->size() : 0; }

 private:
  std::vector<ChunkPtr>& out_;
  std::shared_ptr<Chunk> chunk_;  // shared_ptr: becomes the ChunkPtr that versions share
};

}  // namespace postern::mailstore
