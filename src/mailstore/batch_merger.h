// BatchMerger: several batches of one account, each computed on top of the one before, as one batch
// with the same effect. That is what keeps an account's changes a prefix of their order: there is
// one batch in the engine at a time, and what follows waits here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"

namespace postern::mailstore {

class BatchMerger {
 public:
  // False when `next` does not belong in the same batch: it puts a key into a range that is already
  // being deleted, or the whole grows past the size a group should have.
  [[nodiscard]] bool fits(const engine::Batch& next) const;
  void add(engine::Batch batch);
  [[nodiscard]] engine::Batch take();

 private:
  std::map<std::string, std::optional<std::string>> writes_;  // nullopt: delete
  std::vector<std::pair<std::string, std::string>> ranges_;
  std::vector<std::unique_ptr<engine::BlobWriter>> blobs_;
  std::vector<engine::BlobId> drops_;
  std::size_t bytes_ = 0;
  std::uint64_t blob_bytes_ = 0;
  std::size_t batches_ = 0;
};

}  // namespace postern::mailstore
