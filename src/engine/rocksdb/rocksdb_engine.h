// The embedded engine: metadata in RocksDB, bodies in append-only segment files, one committer
// thread. docs/formats/engine.md describes every file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "engine/engine.h"
#include "engine/rocksdb/faults.h"

namespace postern::engine {

// LIMIT: below it deliveries could use up what the reserve and the log's own files need.
inline constexpr std::uint64_t kLeastMinFree = 16 << 20;

struct RocksdbOptions {
  std::filesystem::path data_dir;
  std::size_t cache_bytes =
      64 << 20;  // block cache; memtables take up to as much as 2 * 32 MiB more
  std::uint64_t min_free = 256 << 20;  // deliveries stop below it
  std::uint64_t reserve = 32 << 20;    // preallocated for what must go on when the disk is full
  std::size_t pool_threads = 4;        // blocking reads, large blobs, deleting files
  std::uint64_t segment_bytes = 256u << 20;  // a shared segment ends at about this size

  // Tests only.
  std::size_t memtable_bytes = 32 << 20;
  std::function<std::uint64_t()> free_bytes;
  FaultHook faults;
};

// Blocks while it opens and recovers. kInUse: the data directory belongs to another process.
// kInvalid: a newer program wrote it. kCorrupt: acknowledged data may be missing; nothing was
// changed but a torn log tail. kIo: a file cannot be read or made. `detail` is one line for the
// operator.
[[nodiscard]] Result<std::unique_ptr<Engine>> create_rocksdb_engine(RocksdbOptions options);

}  // namespace postern::engine
