// The stored form of an AccountRecord: docs/formats/directory.md.
#pragma once

#include <string>
#include <string_view>

#include "auth/directory.h"

namespace postern::auth {

inline constexpr char kRecordPrefix = 'D';

// 'D' and the id, big-endian: nothing of the address is in the key.
[[nodiscard]] std::string record_key(AccountId id);
[[nodiscard]] std::string encode_record(const AccountRecord& record);
// kCorrupt for anything encode_record() does not make, an unknown version included.
[[nodiscard]] Result<AccountRecord> decode_record(std::string_view bytes);

}  // namespace postern::auth
