// The command handlers, one family per file in cmd/. Each answers with the tagged reply; what the
// client must be told before it was appended to the output. State and literals were checked by the
// table.
#pragma once

#include <string_view>

#include "base/task.h"
#include "imap/command.h"
#include "session/context.h"
#include "session/reply.h"

namespace postern::session {

// Calls the handler of `command.id`. `command` outlives the await; secrets in it are wiped.
task<Reply> execute(Context& context, imap::Command& command);

// any.cc
task<Reply> do_capability(Context& context);
task<Reply> do_logout(Context& context);
task<Reply> do_id(Context& context, const imap::IdArgs& args);
// auth.cc
task<Reply> do_login(Context& context, imap::LoginArgs& args);
task<Reply> do_authenticate(Context& context, imap::AuthenticateArgs& args);
// enable.cc
task<Reply> do_enable(Context& context, const imap::EnableArgs& args);
// select.cc
task<Reply> do_select(Context& context, const imap::SelectArgs& args, View::Access access);
task<Reply> do_close(Context& context);
task<Reply> do_unselect(Context& context);
// list.cc
task<Reply> do_list(Context& context, const imap::ListArgs& args);
task<Reply> do_lsub(Context& context, const imap::ListArgs& args);
task<Reply> do_namespace(Context& context);
// "* LIST (...) "/" name" for one existing mailbox (SELECT in rev2), with OLDNAME when `sent` is
// another spelling of its name.
void append_list_line(Context& context, const mailstore::Folders& folders,
                      const mailstore::Folder& folder, std::string_view sent);
// Whether the client sent another spelling than the canonical `name`, so that it must be told what
// became of its own. INBOX is one name in any case (RFC 9051 §5.1), also in front of others.
[[nodiscard]] bool denormalized(std::string_view sent, std::string_view name);
// In rev2: the LIST line of `name` with OLDNAME; \NonExistent when the mailbox is gone.
void append_old_name(Context& context, std::string_view name, std::string_view old_name);
// mailbox.cc
task<Reply> do_create(Context& context, const imap::CreateArgs& args);
task<Reply> do_delete(Context& context, const imap::MailboxArgs& args);
task<Reply> do_rename(Context& context, const imap::RenameArgs& args);
task<Reply> do_subscribe(Context& context, const imap::MailboxArgs& args, bool on);
task<Reply> do_status(Context& context, const imap::StatusArgs& args);
// "* STATUS name (...)". An error when the mailbox is not there (any more).
task<Result<void>> append_status(Context& context, const MailboxHandle& mailbox,
                                 const std::vector<imap::StatusItem>& items);
// append.cc: reads the streamed literal and the rest of the command itself. `prefix` is the
// framer's command at the announcement of the literal.
task<Reply> do_append(Context& context, std::string prefix);
// fetch.cc
task<Reply> do_fetch(Context& context, const imap::FetchArgs& args);
// store.cc
task<Reply> do_store(Context& context, const imap::StoreArgs& args);
// copy_move.cc
task<Reply> do_copy(Context& context, const imap::CopyArgs& args);
task<Reply> do_move(Context& context, const imap::CopyArgs& args);
// expunge.cc
task<Reply> do_expunge(Context& context, const imap::ExpungeArgs& args);
// search.cc
task<Reply> do_search(Context& context, std::string_view tag, imap::SearchArgs& args);
task<Reply> do_cancel_update(Context& context, const imap::CancelUpdateArgs& args);
// sort.cc
task<Reply> do_sort(Context& context, std::string_view tag, imap::SortArgs& args);
task<Reply> do_thread(Context& context, std::string_view tag, imap::ThreadArgs& args);
// esearch.cc
task<Reply> do_esearch(Context& context, std::string_view tag, imap::EsearchArgs& args);
// unauthenticate.cc
task<Reply> do_unauthenticate(Context& context);
// language.cc
task<Reply> do_language(Context& context, const imap::LanguageArgs& args);
// uid_batches.cc
task<Reply> do_uid_batches(Context& context, std::string_view tag,
                           const imap::UidBatchesArgs& args);
// idle.cc
task<Reply> do_idle(Context& context);
// quota.cc
task<Reply> do_getquota(Context& context, const imap::GetQuotaArgs& args);
task<Reply> do_getquotaroot(Context& context, const imap::MailboxArgs& args);
task<Reply> do_setquota(Context& context, const imap::SetQuotaArgs& args);
// The octets that EXPUNGE would free in the mailbox (RFC 9208 §4.1.4).
task<Result<std::uint64_t>> deleted_storage(Context& context, const MailboxHandle& mailbox);
// metadata.cc
task<Reply> do_getmetadata(Context& context, const imap::GetMetadataArgs& args);
task<Reply> do_setmetadata(Context& context, imap::SetMetadataArgs& args);
// NO [METADATA MAXSIZE n], also for a literal that is refused when it is announced.
[[nodiscard]] Reply metadata_too_big();
// The METADATA response of a listed mailbox (RFC 9590). False when the peer is gone.
task<bool> append_metadata(Context& context, const MailboxHandle& mailbox,
                           const std::vector<std::string>& wanted);
// compress.cc
task<Reply> do_compress(Context& context, const imap::CompressArgs& args);
// notify.cc
task<Reply> do_notify(Context& context, const imap::NotifyArgs& args);
// list.cc: "* LIST (...) "/" name" with all attributes, also for a name without mailbox; with
// OLDNAME unless `old_name` is empty.
void append_name_event(Context& context, const mailstore::Folders& folders, std::string_view name,
                       std::string_view old_name);
// fetch.cc: what NOTIFY wants of messages that are new to the client (RFC 5465 §5.2). Nothing
// becomes \Seen by it. False when the peer is gone.
task<bool> fetch_arrivals(Context& context, UidSet uids);

}  // namespace postern::session
