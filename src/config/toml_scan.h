// A look over a TOML text before the library sees it: what version 3.3 of it cannot be trusted
// with.
//
//  - Code points above ASCII outside strings and comments. TOML 1.0 has no place for them, and the
//    library's tables for them reach code that the compiler was told is unreachable.
//  - Dotted keys of any length. The library bounds the nesting of values, not that of keys, and
//  takes
//    its tables down by recursion.
#pragma once

#include <optional>
#include <string_view>

#include "config/value.h"

namespace postern::config {

// LIMIT: dots in one key.
inline constexpr std::size_t kMaxDots = 64;

// The first such place; nullopt when the library may have the text. A text that is broken in other
// ways may pass: the library stops at its first error, and up to there both see the same strings.
[[nodiscard]] std::optional<ParseError> scan_toml(std::string_view text);

}  // namespace postern::config
