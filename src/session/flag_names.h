// Flags as clients write them, sorted into what the store keeps.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "imap/command.h"

namespace postern::session {

struct FlagNames {
  std::uint8_t system = 0;
  std::vector<std::string> keywords;
};

// Unknown flags with a backslash, \Recent among them, are ignored (RFC 9051 §6.4.6: a flag outside
// PERMANENTFLAGS is ignored). kLimit for a keyword that is too long.
[[nodiscard]] Result<FlagNames> sort_flags(const std::vector<imap::Flag>& flags);

}  // namespace postern::session
