// What is alive in a shared segment, told by the locators and not by the count that is kept of it:
// mail hangs on the count, so nothing is deleted on its word alone.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "engine/rocksdb/database.h"
#include "engine/rocksdb/segment_files.h"

namespace postern::engine {

// kNotFound: there is no such file. Any other error: not known, so the file must stay. Looks at
// every frame of the file; where bytes that are none come before its end, at every locator.
[[nodiscard]] Result<SegmentUse> count_alive(const Database& db, SegmentFiles& files,
                                             std::uint64_t segment);

// Whether the file of a segment that counts as empty may be deleted: count_alive() agrees, or there
// is none. Logs why not; `alive` is then what was found.
[[nodiscard]] bool is_dead(const Database& db, SegmentFiles& files, std::uint64_t segment,
                           SegmentUse& alive);

}  // namespace postern::engine
