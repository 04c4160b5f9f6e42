// The string forms of RFC 9051 §4.3, shared by the response encoder and by the ENVELOPE and
// BODYSTRUCTURE builders, which render once at delivery.
//
// Text that a quoted string of plain IMAP4rev1 cannot carry (8-bit, CR, LF, NUL is the caller's to
// avoid) becomes a literal: valid in every mode, so a rendering made once serves all sessions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern {

// True when `text` fits a quoted string: 7-bit, no CR, LF or NUL, at most 1,024 octets.
[[nodiscard]] bool fits_quoted(std::string_view text);
// Appends "..." with \ and " escaped. Precondition: fits_quoted, or UTF-8 for a session that
// enabled it.
void append_quoted(std::string& out, std::string_view text);
// Appends {n}CRLF and the octets.
void append_literal(std::string& out, std::string_view text);
// string: quoted where it fits, a literal where not.
void append_string(std::string& out, std::string_view text);
// nstring: NIL for nullopt.
void append_nstring(std::string& out, std::optional<std::string_view> text);

}  // namespace postern
