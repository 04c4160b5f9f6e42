// What is done once, at the start, before anything is served: segment files that no commit names
// are deleted, the counts are loaded, and the store notes that it was opened.
//
// What a crash can leave behind:
//  - a blob's own file whose commit never came: its frame header names the blob, and the blob's
//  locator is
//    missing or names another place. Only files younger than the last start's are looked at.
//  - a shared segment without one committed frame: it has no count.
//  - files that a durable commit condemned and that were not deleted yet: they are noted in that
//  commit.
//  - bytes behind the last committed frame of a shared segment: nobody refers to them; old segments
//  are
//    never written again, so they are left alone.
// A file whose header cannot be read is deleted only after every locator was looked at.
#pragma once

#include <cstdint>

#include "engine/rocksdb/database.h"
#include "engine/rocksdb/ledger.h"
#include "engine/rocksdb/segment_files.h"

namespace postern::engine {

struct Recovered {
  std::uint64_t opens = 0;  // this one included
  Ledger ledger;
};

[[nodiscard]] Result<Recovered> recover(Database& db, SegmentFiles& files);

}  // namespace postern::engine
