// CRC-32C (Castagnoli), as segment headers, frames, locators and RocksDB's log use it.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern::engine {

// Extends `crc` (0 to begin) by `bytes`: crc32c("123456789") is 0xe3069283.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc = 0);

}  // namespace postern::engine
