// Sort keys (RFC 5256 §3, RFC 5957 §3): what a message is sorted by, as one octet string. Comparing
// two of them octet by octet compares criterion after criterion, each in its direction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imap/search_options.h"
#include "mailstore/chunk.h"
#include "mime/message.h"

namespace postern::search {

// LIMIT: octets of a text that count, after case folding: no header line is longer.
inline constexpr std::size_t kMaxCollated = 1024;

// i;unicode-casemap of the beginning of `utf8` (RFC 5256 §7).
[[nodiscard]] std::string collation_key(std::string_view utf8);

// RFC 5256 §2.2: of the Date field, else INTERNALDATE; seconds since 1970 in UTC. `info` may be
// null.
[[nodiscard]] std::int64_t sent_date(const mailstore::MessageRow& row,
                                     const mime::MessageInfo* info);

// Whether a criterion looks at more than the row.
[[nodiscard]] bool needs_record(const std::vector<imap::SortCriterion>& criteria);

// `info` may be null where it is not needed or cannot be read: its texts are empty then.
// `relevancy`: of the message, 1 to 100, where a criterion is that.
[[nodiscard]] std::string sort_key(const std::vector<imap::SortCriterion>& criteria,
                                   const mailstore::MessageRow& row, const mime::MessageInfo* info,
                                   std::uint8_t relevancy = 0);

}  // namespace postern::search
