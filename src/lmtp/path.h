// Reverse-path and Forward-path of RFC 5321 §4.1.2, with the UTF-8 of RFC 6531.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::lmtp {

struct Path {
  std::string address;  // local@domain, a quoted local part decoded; "" for the null path <>
  bool utf8 = false;    // has non-ASCII octets (valid UTF-8)
};

// Reads "<...>" from the front of `text` and shortens it. A source route is read and dropped
// (RFC 5321 appendix C). kInvalid for anything else; control characters never pass, not even
// quoted.
[[nodiscard]] Result<Path> parse_path(std::string_view& text);

}  // namespace postern::lmtp
