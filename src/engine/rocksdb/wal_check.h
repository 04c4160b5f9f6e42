// Examines RocksDB's newest write-ahead log before RocksDB reads it, and cuts off a torn tail.
//
// Why: none of RocksDB's recovery modes does what a mail store needs after a power loss.
//  - kPointInTimeRecovery stops silently at the first damaged record: with damage in the middle of
//  the log,
//    acknowledged records behind it would vanish without a word.
//  - kTolerateCorruptedTailRecords takes a log that ends early, but refuses one whose last record
//  has its
//    length and not its bytes, which is what power loss leaves behind; and it skips a zeroed record
//    inside.
//  - kAbsoluteConsistency refuses every unfinished record, so also what kill -9 leaves behind.
// There is one writer and each of its writes is flushed before the next begins. So at most the last
// record can be unfinished, and that one was never acknowledged. Damage with nothing whole behind
// it is that torn tail: it is cut off here. Damage with a whole record behind it is damage to
// acknowledged data: kCorrupt. After that RocksDB opens with kAbsoluteConsistency and verifies
// every byte again.
//
// LIMIT: bytes of the last acknowledged record that rot on the disk look like a torn tail.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace postern::engine {

struct WalTail {
  std::uint64_t kept = 0;  // bytes of the newest log that hold whole records
  std::uint64_t cut = 0;   // bytes after them that were cut off
};

// `meta` is RocksDB's directory; a missing or empty one is fine. Changes nothing but the newest
// log.
[[nodiscard]] Result<WalTail> repair_wal_tail(const std::filesystem::path& meta);

}  // namespace postern::engine
