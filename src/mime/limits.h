// The bounds of the MIME pass. Past any of them the rest is opaque: stored and served byte-exact,
// described as well as possible, never an error.
#pragma once

#include <cstddef>
#include <cstdint>

namespace postern::mime {

inline constexpr std::size_t kMaxDepth = 100;             // LIMIT: parts inside parts
inline constexpr std::size_t kMaxParts = 1000;            // LIMIT: parts of one message
inline constexpr std::size_t kMaxParameters = 128;        // LIMIT: of one Content-* field
inline constexpr std::size_t kMaxAddresses = 1000;        // LIMIT: of one address field
inline constexpr std::size_t kMaxFieldBytes = 256 << 10;  // LIMIT: of one header field
inline constexpr std::size_t kMaxHeaderBytes = 1 << 20;   // LIMIT: of all headers that are parsed
inline constexpr std::size_t kMaxStructure = 256 << 10;   // LIMIT: BODYSTRUCTURE text
inline constexpr std::size_t kMaxHotHeader = 64 << 10;    // LIMIT: MessageInfo::hot_header
inline constexpr std::size_t kMaxBoundary =
    998;  // LIMIT: a line; RFC 2046 §5.1.1 says 70, mail has more
inline constexpr std::size_t kMaxTypeName = 127;        // LIMIT: RFC 6838 §4.2
inline constexpr std::size_t kPreviewCharacters = 200;  // RFC 8970 §3.3; at most 256

}  // namespace postern::mime
