// The stored form of a chunk: columns, each a base value and fixed-width differences to it, so that
// a chunk decodes in one tight loop per column. docs/formats/mailstore.md has the bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "mailstore/version.h"

namespace postern::mailstore {

[[nodiscard]] std::string encode_chunk(const Chunk& chunk);
[[nodiscard]] Result<ChunkPtr> decode_chunk(std::string_view bytes);  // kCorrupt

}  // namespace postern::mailstore
