#include "mailstore/chunk.h"

#include <utility>

#include "mailstore/chunk_codec.h"

namespace postern::mailstore {

Chunk::Chunk(std::vector<FlagSet> flag_sets, PackedRows packed)
    : flag_sets_(std::move(flag_sets)),
      size_(packed.count),
      first_uid_(packed.first_uid),
      last_uid_(packed.last_uid),
      packed_(std::move(packed)) {}

Chunk::Chunk(const Chunk& other)
    : flag_sets_(other.flag_sets_),
      size_(other.size_),
      first_uid_(other.first_uid_),
      last_uid_(other.last_uid_),
      rows_(other.rows()) {}

std::uint16_t Chunk::intern(const FlagSet& flags) {
  // Neighbours mostly share their flags, so the newest entries are looked at first.
  for (std::size_t i = flag_sets_.size(); i-- > 0;) {
    if (flag_sets_[i] == flags) return static_cast<std::uint16_t>(i);
  }
  flag_sets_.push_back(flags);
  return static_cast<std::uint16_t>(flag_sets_.size() - 1);
}

void Chunk::add(MessageRow row) {
  if (rows_.empty()) first_uid_ = row.uid;
  last_uid_ = row.uid;
  rows_.push_back(row);
  size_ = rows_.size();
}

void Chunk::add(MessageRow row, const FlagSet& flags) {
  row.flags = intern(flags);
  add(row);
}

void Chunk::shrink_to_fit() {
  rows_.shrink_to_fit();
  flag_sets_.shrink_to_fit();
}

const std::vector<MessageRow>& Chunk::rows() const {
  std::call_once(unpacked_, [this] {
    if (packed_.count == 0) return;
    rows_ = unpack_rows(packed_);
    packed_ = {};
  });
  return rows_;
}

}  // namespace postern::mailstore
