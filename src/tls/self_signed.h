// A certificate for a server that has none: self-signed ECDSA P-256.
//
// Valid for 397 days: Apple's mail apps refuse server certificates that live longer than 825 days,
// other platforms more than 398, even those a user has trusted by hand. It is made anew when it has
// less than 30 days left, at start or reload.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace postern::tls {

inline constexpr std::int64_t kSelfSignedDays = 397;
inline constexpr std::int64_t kSelfSignedRenewDays = 30;

struct SelfSigned {
  std::string certificate;  // "<directory>/self-signed.pem"
  std::string key;          // "<directory>/self-signed.key", mode 0600
  bool created = false;     // false: the pair that was there is still good
};

// Makes sure `directory` holds a pair for `hostname`, localhost, 127.0.0.1 and ::1. A pair that is
// whole, names `hostname` and is not about to expire is kept, byte for byte. Files are replaced
// atomically; a crash in between leaves a pair that does not fit and is made anew by the next call.
// One process at a time (the data directory's lock sees to that).
[[nodiscard]] Result<SelfSigned> ensure_self_signed(const std::string& directory,
                                                    std::string_view hostname,
                                                    const Clock& clock = system_clock());

}  // namespace postern::tls
