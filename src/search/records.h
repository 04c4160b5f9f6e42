// Reading stored records of many messages, a batch at a time.
#pragma once

#include <optional>
#include <vector>

#include "mailstore/account.h"

namespace postern::search {

// LIMIT: records held at a time; the largest ones are more than a megabyte.
inline constexpr std::size_t kRecordBatch = 32;

// In the order of `emails`, at most kRecordBatch of them. A message that cannot be read (kCorrupt,
// kNotFound, kExpunged) is nullopt; the account's error is returned. `account` outlives the await.
[[nodiscard]] task<Result<std::vector<std::optional<mime::MessageInfo>>>> read_records(
    mailstore::Account& account, std::vector<EmailId> emails);

}  // namespace postern::search
