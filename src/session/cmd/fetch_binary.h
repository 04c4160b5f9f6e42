// BINARY and BINARY.SIZE of FETCH: a part without its transfer encoding, in bounded memory.
#pragma once

#include "base/task.h"
#include "imap/command.h"
#include "mime/message.h"
#include "session/cmd/fetch_body.h"
#include "session/context.h"

namespace postern::session {

// False for an item that is BINARY.SIZE of a part with an encoding nobody knows: its size cannot be
// told.
[[nodiscard]] bool has_size(const mime::MessageInfo& info, const imap::FetchAtt& item);

// Appends the value of a BINARY or BINARY.SIZE item. kCannot for an encoding nobody knows; then,
// and on every other error, nothing was appended. Precondition: source.stored is set.
task<Result<void>> write_binary(Context& context, const FetchSource& source,
                                const imap::FetchAtt& item);

}  // namespace postern::session
