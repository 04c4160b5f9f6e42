// One search-key that is no operator (RFC 9051 §9).
#pragma once

#include "imap/cursor.h"

namespace postern::imap {

// What the strings of a SEARCH are made of.
enum class SearchText : std::uint8_t {
  kUtf8,   // CHARSET UTF-8, or none: octets are checked
  kAscii,  // CHARSET US-ASCII
  kOther,  // another charset: octets are kept as they came, for the session to convert or to refuse
};

SearchNode parse_search_key(Cursor& in, SearchText text);

}  // namespace postern::imap
