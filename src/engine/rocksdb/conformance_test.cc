// The RocksDB engine as a backend of the conformance suite: once as shipped, once with tiny
// memtables and segments, so that flushes, compactions and segment changes happen within a test.
#include "engine/conformance/harness.h"
#include "engine/rocksdb/blob_writer.h"
#include "engine/rocksdb/rocksdb_engine.h"

namespace postern::engine {

std::vector<Backend> conformance_backends() {
  const auto opener = [](std::size_t memtable, std::uint64_t segment, std::size_t cache) {
    return [memtable, segment, cache](const std::filesystem::path& dir) {
      return create_rocksdb_engine({.data_dir = dir / "data",
                                    .cache_bytes = cache,
                                    .reserve = 1 << 20,
                                    .segment_bytes = segment,
                                    .memtable_bytes = memtable});
    };
  };
  return {{.name = "Rocksdb",
           .open = opener(32 << 20, 256 << 20, 64 << 20),
           .persistent = true,
           .blob_threshold = kBufferedBlob},
          {.name = "RocksdbTiny",
           .open = opener(64 << 10, 64 << 10, 64 << 10),
           .persistent = true,
           .blob_threshold = kBufferedBlob}};
}

}  // namespace postern::engine
