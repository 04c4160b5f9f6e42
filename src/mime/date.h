// The Date field (RFC 5322 §3.3 with the obsolete forms of §4.3, and the ctime order old mail has).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::mime {

struct MailDate {
  std::int64_t unix_seconds = 0;
  std::int32_t day = 0;           // days since 1970-01-01 as written: time and zone are not applied
  std::int32_t zone_minutes = 0;  // east of UTC
  friend bool operator==(const MailDate&, const MailDate&) = default;
};

// nullopt without a valid day, month and year. A missing or impossible time counts as 00:00:00, an
// unknown zone as UTC (RFC 5322 §4.3: treat as -0000).
[[nodiscard]] std::optional<MailDate> parse_date(std::string_view unfolded);

}  // namespace postern::mime
