// Message IDs in References, In-Reply-To and Message-ID (RFC 5322 §3.6.4), normalized as RFC 5256
// §3 (REFERENCES) asks: however the local part is quoted, it is one ID.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::search {

// LIMIT: octets of an ID; a line of mail holds no longer one (RFC 5322 §2.1.1). Longer ones are not
// valid here.
inline constexpr std::size_t kMaxMessageId = 998;
// LIMIT: references kept of one message: the first, which names the thread, and the last ones.
inline constexpr std::size_t kMaxReferences = 64;

// The first valid ID, "local@domain"; "" when there is none.
[[nodiscard]] std::string first_message_id(std::string_view unfolded);
// All of them in order, within kMaxReferences. Linear.
[[nodiscard]] std::vector<std::string> message_ids(std::string_view unfolded);

}  // namespace postern::search
