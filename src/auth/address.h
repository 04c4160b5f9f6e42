// Addresses as names: the canonical form under which they are stored and compared.
//
// Pure functions, any thread. canonical_address() itself is declared in auth/directory.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::auth {

// LIMIT: RFC 5321 §4.5.3.1.
inline constexpr std::size_t kMaxLocal = 64;
inline constexpr std::size_t kMaxDomain = 255;
inline constexpr std::size_t kMaxAddress = kMaxLocal + 1 + kMaxDomain;

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

// "local+detail@domain" cut at the first '+' of the local part; nullopt without one. Not canonical:
// the detail keeps the case in which it was sent.
struct SplitAddress {
  std::string base;    // local@domain
  std::string detail;
};
[[nodiscard]] std::optional<SplitAddress> split_detail(std::string_view address);

// Of characters that may follow the '+': it goes into a header. May be longer than a local part.
[[nodiscard]] bool is_detail(std::string_view text);

// Lower case and NFC of well-formed UTF-8 (RFC 8265 §3.3, as far as it concerns an address). kInvalid
// for code points that no name may hold: controls, format and space characters, private use,
// unassigned ones, U+FFFD.
[[nodiscard]] Result<std::string> fold_unicode(std::string_view text);

}  // namespace postern::auth
