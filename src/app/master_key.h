// The master key: 32 random bytes in a file of mode 0600, made on the first start.
#pragma once

#include <optional>
#include <string>

#include "app/privileges.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace postern::app {

// nullopt: there is no such file. kIo, kInvalid (not 32 bytes): one line that names it.
[[nodiscard]] Result<std::optional<crypto::Secret>> read_master_key(const std::string& path);

// Whether `key` is the one the store in `data_dir` was written with, told by the file KEYCHECK beside the
// store (docs/formats/master-key.md): before the engine is opened, which would touch its files. kInvalid
// when it is another; fine when there is no such file.
[[nodiscard]] Result<void> check_master_key(const std::string& data_dir, const std::string& path,
                                            const crypto::Secret& key);
// Writes KEYCHECK if it is not there. After the store was opened with `key`.
[[nodiscard]] Result<void> keep_key_check(const std::string& data_dir, const crypto::Secret& key);

// Writes a new key and flushes it, file and folder, before it is used. Never replaces one: kAlreadyExists.
[[nodiscard]] Result<crypto::Secret> create_master_key(const std::string& path, const ServiceUser& owner,
                                                       Random& random);

}  // namespace postern::app
