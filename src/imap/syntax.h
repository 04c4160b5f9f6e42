// Character classes of RFC 9051 §9 (atoms, tags) and UTF-8 validity: what a byte of a command may
// be.
#pragma once

#include <cstddef>
#include <string_view>

namespace postern::imap {

// LIMIT: a tag is echoed in every answer to its command; real clients use up to 10 octets.
inline constexpr std::size_t kMaxTag = 64;

[[nodiscard]] bool is_atom_char(char c);     // ATOM-CHAR
[[nodiscard]] bool is_astring_char(char c);  // ASTRING-CHAR: also "]"
[[nodiscard]] bool is_list_char(char c);     // list-char: also "]", "%" and "*"
// tag: 1 to kMaxTag ASTRING-CHARs except "+".
[[nodiscard]] bool is_tag(std::string_view text);

// RFC 3629: no overlong form, no surrogate, nothing past U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);
[[nodiscard]] bool is_ascii(std::string_view text);

}  // namespace postern::imap
