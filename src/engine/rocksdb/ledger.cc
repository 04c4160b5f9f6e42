#include "engine/rocksdb/ledger.h"

#include <algorithm>

namespace postern::engine {

SegmentUse& Ledger::changing(std::uint64_t segment) {
  const auto [at, fresh] = changed_.try_emplace(segment);
  if (fresh) {
    if (const auto found = uses_.find(segment); found != uses_.end()) at->second = found->second;
  }
  return at->second;
}

void Ledger::add_frame(std::uint64_t segment, std::uint64_t bytes) {
  SegmentUse& use = changing(segment);
  ++use.frames;
  use.bytes += bytes;
}

void Ledger::drop_frame(std::uint64_t segment, std::uint64_t bytes) {
  SegmentUse& use = changing(segment);
  use.frames -= std::min<std::uint64_t>(use.frames, 1);
  use.bytes -= std::min(use.bytes, bytes);
}

void Ledger::record(Database::Changes& changes) const {
  for (const auto& [segment, use] : changed_) changes.put_own(use_key(segment), encode(use));
}

std::vector<std::uint64_t> Ledger::settle() {
  std::vector<std::uint64_t> empty;
  for (const auto& [segment, use] : changed_) {
    uses_[segment] = use;
    if (use.frames == 0) empty.push_back(segment);
  }
  changed_.clear();
  return empty;
}

bool Ledger::empty(std::uint64_t segment) const {
  const auto found = uses_.find(segment);
  return found == uses_.end() || found->second.frames == 0;
}

}  // namespace postern::engine
