// Lines of `account import`: an address and a password hash, apart by blanks or a colon.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::cli {

struct ImportEntry {
  std::string address;
  std::string password_hash;
};
// nullopt for an empty line and for a comment (#). kInvalid says what is wrong. Fields after a
// second colon are ignored, so that a passwd-file of another server can be read as it is.
[[nodiscard]] Result<std::optional<ImportEntry>> parse_import_line(std::string_view line);

}  // namespace postern::cli
