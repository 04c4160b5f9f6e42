// Encoder: typed appends of response syntax (RFC 9051 §9) to an output buffer. The only way in
// which text of others (mailbox names, flags, header bytes) reaches the wire: everything is quoted
// or counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/interval_set.h"
#include "imap/command.h"

namespace postern::imap {

// mailbox: UTF-8 in a quoted string when `utf8` (UTF8=ACCEPT or rev2), else modified UTF-7; an
// atom-safe name is quoted all the same, as most servers do.
void append_mailbox(std::string& out, std::string_view name, bool utf8);
// BODY section as the response repeats it: "[1.2.HEADER.FIELDS (SUBJECT FROM)]", with "<offset>" if
// given.
void append_section(std::string& out, const Section& section,
                    const std::optional<Partial>& partial);
void append_date_time(std::string& out, const DateTime& when);  // quoted
void append_number(std::string& out, std::uint64_t value);
[[nodiscard]] std::string_view to_string(StatusItem item);

}  // namespace postern::imap
