// What the server announces, before and after login; nothing is announced that is not whole.
#pragma once

#include <string>

#include "session/services.h"

namespace postern::session {

enum class Authenticated : std::uint8_t { kNo, kYes };

// "IMAP4rev1 IMAP4rev2 ...", for CAPABILITY and for the response code of greeting and login.
[[nodiscard]] std::string capabilities(const Settings& settings, Authenticated authenticated);

}  // namespace postern::session
