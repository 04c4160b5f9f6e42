#include "session/handlers.h"

namespace postern::session {

task<Reply> execute(Context& context, imap::Command& command) {
  using imap::CommandId;
  auto& args = command.args;
  switch (command.id) {
    case CommandId::kCapability:
      co_return co_await do_capability(context);
    case CommandId::kNoop:
      co_return Reply::okay("NOOP completed.");
    case CommandId::kCheck:
      co_return Reply::okay("CHECK completed.");
    case CommandId::kLogout:
      co_return co_await do_logout(context);
    case CommandId::kId:
      co_return co_await do_id(context, std::get<imap::IdArgs>(args));
    case CommandId::kAuthenticate:
      co_return co_await do_authenticate(context, std::get<imap::AuthenticateArgs>(args));
    case CommandId::kLogin:
      co_return co_await do_login(context, std::get<imap::LoginArgs>(args));
    case CommandId::kEnable:
      co_return co_await do_enable(context, std::get<imap::EnableArgs>(args));
    case CommandId::kSelect:
      co_return co_await do_select(context, std::get<imap::SelectArgs>(args),
                                   View::Access::kReadWrite);
    case CommandId::kExamine:
      co_return co_await do_select(context, std::get<imap::SelectArgs>(args),
                                   View::Access::kReadOnly);
    case CommandId::kCreate:
      co_return co_await do_create(context, std::get<imap::CreateArgs>(args));
    case CommandId::kDelete:
      co_return co_await do_delete(context, std::get<imap::MailboxArgs>(args));
    case CommandId::kRename:
      co_return co_await do_rename(context, std::get<imap::RenameArgs>(args));
    case CommandId::kSubscribe:
      co_return co_await do_subscribe(context, std::get<imap::MailboxArgs>(args), true);
    case CommandId::kUnsubscribe:
      co_return co_await do_subscribe(context, std::get<imap::MailboxArgs>(args), false);
    case CommandId::kList:
      co_return co_await do_list(context, std::get<imap::ListArgs>(args));
    case CommandId::kLsub:
      co_return co_await do_lsub(context, std::get<imap::ListArgs>(args));
    case CommandId::kNamespace:
      co_return co_await do_namespace(context);
    case CommandId::kStatus:
      co_return co_await do_status(context, std::get<imap::StatusArgs>(args));
    // Its message is a literal, so a whole APPEND never gets here.
    case CommandId::kAppend:
      co_return Reply::bad("APPEND needs a message literal.");
    case CommandId::kIdle:
      co_return co_await do_idle(context);
    case CommandId::kClose:
      co_return co_await do_close(context);
    case CommandId::kUnselect:
      co_return co_await do_unselect(context);
    case CommandId::kExpunge:
      co_return co_await do_expunge(context, std::get<imap::ExpungeArgs>(args));
    case CommandId::kSearch:
      co_return co_await do_search(context, command.tag, std::get<imap::SearchArgs>(args));
    case CommandId::kFetch:
      co_return co_await do_fetch(context, std::get<imap::FetchArgs>(args));
    case CommandId::kStore:
      co_return co_await do_store(context, std::get<imap::StoreArgs>(args));
    case CommandId::kCopy:
      co_return co_await do_copy(context, std::get<imap::CopyArgs>(args));
    case CommandId::kMove:
      co_return co_await do_move(context, std::get<imap::CopyArgs>(args));
    case CommandId::kUidBatches:
      co_return co_await do_uid_batches(context, command.tag, std::get<imap::UidBatchesArgs>(args));
    case CommandId::kGetQuota:
      co_return co_await do_getquota(context, std::get<imap::GetQuotaArgs>(args));
    case CommandId::kGetQuotaRoot:
      co_return co_await do_getquotaroot(context, std::get<imap::MailboxArgs>(args));
    case CommandId::kSetQuota:
      co_return co_await do_setquota(context, std::get<imap::SetQuotaArgs>(args));
    case CommandId::kGetMetadata:
      co_return co_await do_getmetadata(context, std::get<imap::GetMetadataArgs>(args));
    case CommandId::kSetMetadata:
      co_return co_await do_setmetadata(context, std::get<imap::SetMetadataArgs>(args));
    case CommandId::kCompress:
      co_return co_await do_compress(context, std::get<imap::CompressArgs>(args));
    case CommandId::kNotify:
      co_return co_await do_notify(context, std::get<imap::NotifyArgs>(args));
    case CommandId::kSort:
      co_return co_await do_sort(context, command.tag, std::get<imap::SortArgs>(args));
    case CommandId::kThread:
      co_return co_await do_thread(context, command.tag, std::get<imap::ThreadArgs>(args));
    case CommandId::kEsearch:
      co_return co_await do_esearch(context, command.tag, std::get<imap::EsearchArgs>(args));
    case CommandId::kCancelUpdate:
      co_return co_await do_cancel_update(context, std::get<imap::CancelUpdateArgs>(args));
    case CommandId::kUnauthenticate:
      co_return co_await do_unauthenticate(context);
    case CommandId::kLanguage:
      co_return co_await do_language(context, std::get<imap::LanguageArgs>(args));
  }
  co_return Reply::bad("Unknown command.");
}

}  // namespace postern::session
