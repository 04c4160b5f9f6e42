// Object ids (RFC 8474): what MAILBOXID, EMAILID and THREADID say. Each begins with a letter of its
// kind and has lower case and digits only (§8.1).
//
// They are made of numbers that the account gives out once: a mailbox keeps its id under every
// name, a message under every copy, and none is given to another. The account is part of them,
// since one client may see mailboxes of several.
//
// A THREADID is the digest of the Message-ID that the thread began with: the first of References,
// else the one of In-Reply-To, else the message's own. So it is the same in every mailbox, needs no
// table, and never changes. DEVIATION: §5.2 would have all related messages share it; an answer
// whose program wrote only In-Reply-To shares it with the message it answers when that one began
// the thread, and else begins one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "mime/message.h"

namespace postern::mailstore {

[[nodiscard]] std::string mailbox_object_id(AccountId account, MailboxId mailbox);
[[nodiscard]] std::string email_object_id(AccountId account, EmailId email);
// nullopt for what email_object_id() does not make for this account.
[[nodiscard]] std::optional<EmailId> parse_email_object_id(AccountId account,
                                                           std::string_view text);
// Of a message without any Message-ID: its own.
[[nodiscard]] std::string thread_object_id(AccountId account, EmailId email,
                                           const mime::MessageInfo& info);

}  // namespace postern::mailstore
