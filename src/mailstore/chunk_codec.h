// The stored form of a chunk: columns, each a base value and fixed-width differences to it, so that
// a chunk is checked and unpacked in one tight loop per column. docs/formats/mailstore.md has the
// bytes.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "mailstore/chunk.h"
#include "mailstore/version.h"

namespace postern::mailstore {

[[nodiscard]] std::string encode_chunk(const Chunk& chunk);
// Checks every value and leaves the rows packed. What the rows count is added to `counts` (exists,
// unseen, deleted, bytes; uid_next is set behind them). kCorrupt.
[[nodiscard]] Result<ChunkPtr> decode_chunk(std::string bytes, MailboxCounts& counts);
// The rows of what decode_chunk() checked.
[[nodiscard]] std::vector<MessageRow> unpack_rows(const PackedRows& packed);

}  // namespace postern::mailstore
