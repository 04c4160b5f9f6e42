// The data items of FETCH that need a message's bytes or its stored structure.
#pragma once

#include "base/task.h"
#include "imap/command.h"
#include "mailstore/account.h"
#include "session/context.h"

namespace postern::session {

// One row with what was loaded for it; everything outlives the calls.
struct FetchSource {
  mailstore::MailboxVersion::MessageRef row;
  const mailstore::StoredMessage* stored = nullptr;  // null: not needed, or not to be had
};

// True when the item can be answered from the row and the message's bytes alone.
[[nodiscard]] bool needs_structure(const imap::FetchAtt& item);
// BODY[...], RFC822*, BINARY[...] without PEEK set \Seen (RFC 9051 §6.4.5).
[[nodiscard]] bool sets_seen(const imap::FetchAtt& item);
[[nodiscard]] bool reads_bytes(const imap::FetchAtt& item);

// Appends `NAME value` for an item that reads_bytes(). On an error the value is NIL (0 for a size)
// and the error is returned; a failure in the middle of a literal ends the session, as nothing else
// can be said.
task<Result<void>> write_body_item(Context& context, const FetchSource& source,
                                   const imap::FetchAtt& item);

}  // namespace postern::session
