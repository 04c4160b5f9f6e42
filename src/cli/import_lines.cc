#include "cli/import_lines.h"

#include "auth/directory.h"
#include "auth/password.h"

namespace postern::cli {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

Result<std::optional<ImportEntry>> parse_import_line(std::string_view line) {
  line = trim(line);
  if (line.empty() || line.front() == '#') return std::optional<ImportEntry>();
  const std::size_t end = line.find_first_of(" \t:");
  if (end == std::string_view::npos)
    return fail(Errc::kInvalid, "expected an address and a password hash");
  std::string_view hash = trim(line.substr(end + 1));
  hash = hash.substr(0, hash.find_first_of(": \t"));  // no hash has either
  ImportEntry entry;
  POSTERN_TRY(entry.address, auth::canonical_address(line.substr(0, end)));
  POSTERN_TRY(entry.password_hash, auth::import_hash(hash));
  return std::optional(std::move(entry));
}

}  // namespace postern::cli
