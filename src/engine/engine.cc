#include "engine/engine.h"

namespace postern::engine {

std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty()) {
    const auto last = static_cast<unsigned char>(end.back());
    if (last != 0xff) {
      end.back() = static_cast<char>(last + 1);
      return end;
    }
    end.pop_back();
  }
  return end;
}

std::size_t byte_size(const Batch& batch) {
  std::size_t total = 0;
  for (const auto& [key, value] : batch.puts) total += key.size() + value.size();
  for (const auto& key : batch.deletes) total += key.size();
  for (const auto& [first, last] : batch.delete_ranges) total += first.size() + last.size();
  for (const auto& blob : batch.blobs) total += blob ? static_cast<std::size_t>(blob->size()) : 0;
  return total + batch.drops.size() * sizeof(BlobId);
}

}  // namespace postern::engine
