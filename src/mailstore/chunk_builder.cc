#include "mailstore/chunk_builder.h"

#include <utility>

namespace postern::mailstore {

void ChunkBuilder::add(MessageRow row, const FlagSet& flags) {
  if (!chunk_) chunk_ = std::make_shared<Chunk>();
  chunk_->add(row, flags);
  if (chunk_->size() == kChunkRows) finish();
}

void ChunkBuilder::add_chunk(const ChunkPtr& chunk) {
  if (!chunk_) {
    out_.push_back(chunk);
    return;
  }
  for (const MessageRow& row : chunk->rows()) add(row, chunk->flags_of(row));
}

void ChunkBuilder::finish() {
  if (!chunk_) return;
  chunk_->shrink_to_fit();
  out_.push_back(std::exchange(chunk_, nullptr));
}

}  // namespace postern::mailstore
