#include "mailstore/batch_merger.h"

#include <algorithm>

namespace postern::mailstore {
namespace {

// One engine group is about this big (RocksDB's write group is 1 MiB); a larger one only adds
// latency.
constexpr std::size_t kGroupBytes = 1u << 20;
// Bodies are appended to files on their own; this bounds how long the first of a group waits for
// the rest.
constexpr std::uint64_t kGroupBlobBytes = 16u << 20;

std::size_t weight(const engine::Batch& batch) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : batch.puts) bytes += key.size() + value.size();
  return bytes;
}

std::uint64_t blob_weight(const engine::Batch& batch) {
  std::uint64_t bytes = 0;
  for (const auto& blob : batch.blobs) bytes += blob->size();
  return bytes;
}

}  // namespace

bool BatchMerger::fits(const engine::Batch& next) const {
  if (batches_ == 0) return true;
  if (bytes_ + weight(next) > kGroupBytes) return false;
  if (blob_bytes_ + blob_weight(next) > kGroupBlobBytes) return false;
  return std::none_of(next.puts.begin(), next.puts.end(), [this](const auto& put) {
    return std::any_of(ranges_.begin(), ranges_.end(), [&](const auto& range) {
      return put.first >= range.first && put.first < range.second;
    });
  });
}

void BatchMerger::add(engine::Batch batch) {
  ++batches_;
  bytes_ += weight(batch);
  blob_bytes_ += blob_weight(batch);
  // The order inside one batch is the engine's: ranges, deletes, puts.
  for (auto& range : batch.delete_ranges) {
    writes_.erase(writes_.lower_bound(range.first), writes_.lower_bound(range.second));
    ranges_.push_back(std::move(range));
  }
  for (std::string& key : batch.deletes) writes_[std::move(key)] = std::nullopt;
  for (auto& [key, value] : batch.puts) writes_[std::move(key)] = std::move(value);
  std::move(batch.blobs.begin(), batch.blobs.end(), std::back_inserter(blobs_));
  drops_.insert(drops_.end(), batch.drops.begin(), batch.drops.end());
}

engine::Batch BatchMerger::take() {
  engine::Batch batch;
  batch.delete_ranges = std::move(ranges_);
  for (auto& [key, value] : writes_) {
    if (value) {
      batch.puts.emplace_back(key, std::move(*value));
    } else {
      batch.deletes.push_back(key);
    }
  }
  batch.blobs = std::move(blobs_);
  batch.drops = std::move(drops_);
  return batch;
}

}  // namespace postern::mailstore
