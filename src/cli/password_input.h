// Reads a new password: one line of standard input, or twice from the terminal without echo.
#pragma once

#include "base/result.h"
#include "crypto/secret.h"

namespace postern::cli {

// Refuses what no mail app could send: an empty one, NUL, what is not UTF-8 (RFC 4616 §2).
[[nodiscard]] Result<void> check_password(const crypto::Secret& password);

// One line of `fd` without its newline.
[[nodiscard]] Result<crypto::Secret> read_password_line(int fd);
// kInvalid when there is no terminal, or the two differ.
[[nodiscard]] Result<crypto::Secret> ask_password_twice();

}  // namespace postern::cli
