// date of SEARCH (RFC 9051 §9); date-time is in parser.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::imap {

// date-text: "1-Feb-1994". Days since 1970-01-01, nullopt for a bad form or a day that does not
// exist.
[[nodiscard]] std::optional<std::int32_t> parse_date(std::string_view text);

}  // namespace postern::imap
