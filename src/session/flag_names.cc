#include "session/flag_names.h"

#include <algorithm>

#include "base/ascii.h"
#include "mailstore/flags.h"

namespace postern::session {
namespace {

constexpr std::size_t kMaxKeywordOctets = 50;  // LIMIT

std::uint8_t system_flag(std::string_view name) {
  if (iequals(name, "\\Seen")) return mailstore::kSeen;
  if (iequals(name, "\\Answered")) return mailstore::kAnswered;
  if (iequals(name, "\\Flagged")) return mailstore::kFlagged;
  if (iequals(name, "\\Deleted")) return mailstore::kDeleted;
  if (iequals(name, "\\Draft")) return mailstore::kDraft;
  return 0;
}

}  // namespace

Result<FlagNames> sort_flags(const std::vector<imap::Flag>& flags) {
  FlagNames names;
  for (const imap::Flag& flag : flags) {
    if (flag.starts_with('\\')) {
      names.system |= system_flag(flag);
      continue;
    }
    if (flag.size() > kMaxKeywordOctets) return fail(Errc::kLimit, "keyword too long");
    const bool twice = std::any_of(names.keywords.begin(), names.keywords.end(),
                                   [&](const std::string& k) { return iequals(k, flag); });
    if (twice) continue;
    if (names.keywords.size() >= mailstore::kMaxKeywords)
      return fail(Errc::kLimit, "too many keywords");
    names.keywords.push_back(flag);
  }
  return names;
}

}  // namespace postern::session
