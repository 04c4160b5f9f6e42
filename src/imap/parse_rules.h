// The rules of the command table (parse_command.cc), one file per family. Each reads what follows
// the command's name, from the SP before the first argument on, and leaves failures in the cursor.
#pragma once

#include "imap/cursor.h"

namespace postern::imap {

// parse_auth.cc
IdArgs parse_id(Cursor& in);
AuthenticateArgs parse_authenticate(Cursor& in);
LoginArgs parse_login(Cursor& in);
EnableArgs parse_enable(Cursor& in);

// parse_select.cc
SelectArgs parse_select(Cursor& in);

// parse_folder.cc
CreateArgs parse_create(Cursor& in);
MailboxArgs parse_mailbox_args(Cursor& in);
RenameArgs parse_rename(Cursor& in);
StatusArgs parse_status(Cursor& in);
// "(" status-att *(SP status-att) ")"
std::vector<StatusItem> parse_status_items(Cursor& in);

// parse_list.cc
ListArgs parse_list(Cursor& in);
ListArgs parse_lsub(Cursor& in);

// parse_append.cc
AppendArgs parse_append(Cursor& in);  // up to and including the announcement
void parse_append_suffix(Cursor& in, const AppendArgs& args);

// parse_search.cc
SearchArgs parse_search(Cursor& in, Addressing by);
// partial-range (RFC 9394 §4)
PartialRange parse_partial_range(Cursor& in);
// ["RETURN" SP "(" ... ")" SP], for the commands that search
void parse_search_return_opts(Cursor& in, SearchArgs& args);
void parse_search_charset(Cursor& in, SearchArgs& args);   // charset SP
void parse_search_criteria(Cursor& in, SearchArgs& args);  // search-key *(SP search-key)

// parse_sort.cc
SortArgs parse_sort(Cursor& in, Addressing by);
ThreadArgs parse_thread(Cursor& in, Addressing by);
// parse_esearch.cc
EsearchArgs parse_esearch(Cursor& in);
CancelUpdateArgs parse_cancel_update(Cursor& in);

// parse_fetch.cc, parse_section.cc
FetchArgs parse_fetch(Cursor& in, Addressing by);
// "[" section-spec "]"
Section parse_section(Cursor& in);
Section parse_section_binary(Cursor& in);
std::optional<Partial> parse_partial(Cursor& in);
// "(" fetch-att *(SP fetch-att) ")"
std::vector<FetchAtt> parse_fetch_att_list(Cursor& in);

// parse_store.cc
StoreArgs parse_store(Cursor& in, Addressing by);
CopyArgs parse_copy(Cursor& in, Addressing by);
ExpungeArgs parse_uid_expunge(Cursor& in);

// parse_uid_batches.cc
UidBatchesArgs parse_uid_batches(Cursor& in);
// parse_notify.cc
NotifyArgs parse_notify(Cursor& in);

// parse_quota.cc
GetQuotaArgs parse_getquota(Cursor& in);
SetQuotaArgs parse_setquota(Cursor& in);

// parse_metadata.cc
GetMetadataArgs parse_getmetadata(Cursor& in);
SetMetadataArgs parse_setmetadata(Cursor& in);
// "(" entry *(SP entry) ")"
std::vector<std::string> parse_metadata_entries(Cursor& in);

// parse_compress.cc
CompressArgs parse_compress(Cursor& in);

// parse_language.cc
LanguageArgs parse_language(Cursor& in);

}  // namespace postern::imap
