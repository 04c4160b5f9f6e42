// Chunk: up to kChunkRows rows of a mailbox in UID order, with the distinct flag sets they use.
//
// A chunk that was read from the store stays packed until somebody asks for its rows: opening a
// mailbox costs the bytes of its chunks, and only the rows that are looked at take memory.
//
// One thread fills a chunk; from then on it is shared, immutable, and may be read from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/ids.h"
#include "mailstore/flags.h"

namespace postern::mailstore {

struct MessageRow {
  Uid uid;
  std::uint32_t size = 0;  // RFC822.SIZE
  ModSeq modseq;
  EmailId email;                   // the immutable message; shared by copies
  std::int64_t internal_date = 0;  // unix seconds
  std::int16_t zone_minutes = 0;   // of INTERNALDATE
  std::uint16_t flags = 0;         // index into Chunk::flag_sets()
  std::uint32_t save_date = 0;     // unix seconds, for SAVEDATE
};

inline constexpr std::size_t kChunkRows = 512;

// Columns in the stored form (chunk_codec.h), checked, of `count` rows.
struct PackedRows {
  std::string bytes;
  std::size_t columns_at = 0;  // where in `bytes` the columns begin
  std::size_t count = 0;
  Uid first_uid;
  Uid last_uid;
};

class Chunk {
 public:
  Chunk() = default;
  Chunk(std::vector<FlagSet> flag_sets, PackedRows packed);
  Chunk(const Chunk& other);  // to be filled further: its rows are unpacked
  Chunk& operator=(const Chunk&) = delete;

  // -- filling it
  void reserve(std::size_t rows) { rows_.reserve(rows); }
  // Index of `flags` in flag_sets(), added when it is new.
  std::uint16_t intern(const FlagSet& flags);
  void add(MessageRow row);  // row.flags is an index that intern() gave
  void add(MessageRow row, const FlagSet& flags);
  void shrink_to_fit();

  // -- reading it
  [[nodiscard]] const std::vector<FlagSet>& flag_sets() const { return flag_sets_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] Uid first_uid() const { return first_uid_; }  // not empty
  [[nodiscard]] Uid last_uid() const { return last_uid_; }    // not empty
  // Unpacks on the first call. The rows live as long as the chunk.
  [[nodiscard]] const std::vector<MessageRow>& rows() const;
  [[nodiscard]] const FlagSet& flags_of(const MessageRow& row) const {
    return flag_sets_[row.flags];
  }

 private:
  std::vector<FlagSet> flag_sets_;
  std::size_t size_ = 0;
  Uid first_uid_;
  Uid last_uid_;
  // Written once under unpacked_ by whichever reader comes first; a chunk that was filled never has
  // packed_.
  mutable std::once_flag unpacked_;
  mutable PackedRows packed_;
  mutable std::vector<MessageRow> rows_;
};

// shared_ptr: versions held by sessions on other threads share chunks.
using ChunkPtr = std::shared_ptr<const Chunk>;

}  // namespace postern::mailstore
