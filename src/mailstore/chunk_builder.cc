#include "mailstore/chunk_builder.h"

#include <utility>

namespace postern::mailstore {

std::uint16_t intern_flags(Chunk& chunk, const FlagSet& flags) {
  // Neighbours mostly share their flags, so the newest entries are looked at first.
  for (std::size_t i = chunk.flag_sets.size(); i-- > 0;) {
    if (chunk.flag_sets[i] == flags) return static_cast<std::uint16_t>(i);
  }
  chunk.flag_sets.push_back(flags);
  return static_cast<std::uint16_t>(chunk.flag_sets.size() - 1);
}

void ChunkBuilder::add(MessageRow row, const FlagSet& flags) {
  if (!chunk_) chunk_ = std::make_shared<Chunk>();
  row.flags = intern_flags(*chunk_, flags);
  chunk_->rows.push_back(row);
  if (chunk_->rows.size() == kChunkRows) finish();
}

void ChunkBuilder::add_chunk(const ChunkPtr& chunk) {
  if (!chunk_) {
    out_.push_back(chunk);
    return;
  }
  for (const MessageRow& row : chunk->rows) add(row, chunk->flags_of(row));
}

void ChunkBuilder::finish() {
  if (!chunk_) return;
  chunk_->rows.shrink_to_fit();
  chunk_->flag_sets.shrink_to_fit();
  out_.push_back(std::exchange(chunk_, nullptr));
}

}  // namespace postern::mailstore
