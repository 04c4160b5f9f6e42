// Spool: one message held until every recipient has it. Up to 1 MiB in memory, the rest in an
// unlinked file of the data directory, sealed under a key that exists only in this process's
// memory.
//
// One owner; not thread-safe. File access runs on the pool given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "base/fd.h"
#include "base/random.h"
#include "base/result.h"
#include "base/task.h"
#include "crypto/secret.h"

namespace postern::delivery {

class Spool {
 public:
  static constexpr std::size_t kInMemory = 1u << 20;
  static constexpr std::size_t kPiece = 64 * 1024;

  // All references outlive the spool.
  Spool(std::string directory, ThreadPool& pool, Random& random);
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  task<Result<void>> append(std::string_view bytes);
  task<Result<void>> finish();
  // The n-th piece (0-based) of at most kPiece octets; "" past the end. After finish().
  task<Result<std::string>> piece(std::uint64_t index);
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  task<Result<void>> spill();

  std::string directory_;
  ThreadPool& pool_;
  Random& random_;
  std::string memory_;  // everything while the file is closed, then the piece being filled
  Fd file_;
  crypto::Secret key_;
  std::uint64_t pieces_ = 0;  // sealed in the file; also the next nonce
  std::uint64_t size_ = 0;
};

}  // namespace postern::delivery
