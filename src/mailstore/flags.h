// Message flags: five system flags as bits, keywords as bit positions in the mailbox's keyword
// table.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

namespace postern::mailstore {

inline constexpr std::size_t kMaxKeywords = 256;  // LIMIT: per mailbox

enum SystemFlag : std::uint8_t {
  kSeen = 1,
  kAnswered = 2,
  kFlagged = 4,
  kDeleted = 8,
  kDraft = 16,
};

struct FlagSet {
  std::uint8_t system = 0;             // SystemFlag bits
  std::bitset<kMaxKeywords> keywords;  // index into MailboxVersion::keywords()
  friend bool operator==(const FlagSet&, const FlagSet&) = default;
};

enum class FlagMode : std::uint8_t { kReplace, kAdd, kRemove };

// A wanted change by name; the store interns new keywords (kLimit past kMaxKeywords).
struct FlagChange {
  FlagMode mode = FlagMode::kReplace;
  std::uint8_t system = 0;
  std::vector<std::string> keywords;
};

}  // namespace postern::mailstore
