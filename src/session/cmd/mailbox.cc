// CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, STATUS (RFC 9051 §6.3, CREATE USE of RFC 6154,
// MAILBOXID of RFC 8474).
#include <algorithm>
#include <utility>

#include "imap/encoder.h"
#include "mailstore/object_id.h"
#include "session/handlers.h"

namespace postern::session {
namespace {

using mailstore::SpecialUse;

Reply use_refused(std::string_view text) {
  return Reply::no("USEATTR", text);
}

task<std::uint64_t> count_recent(const MailboxHandle& mailbox, Uid uid_next) {
  const Uid from = mailbox.account->claim_recent(mailbox.id, true);
  // The common case needs no rows.
  if (from >= uid_next) co_return 0;
  auto version = co_await mailbox.account->version(mailbox.id);
  if (!version) co_return 0;
  std::uint64_t count = 0;
  (*version)->visit_uids(UidSet::range(from.value(), UINT32_MAX),
                         [&](const mailstore::MailboxVersion::MessageRef&) {
                           ++count;
                           return true;
                         });
  co_return count;
}

}  // namespace

task<Reply> do_create(Context& context, const imap::CreateArgs& args) {
  SpecialUse use = SpecialUse::kNone;
  for (const std::string& attribute : args.special_use) {
    const auto parsed = mailstore::parse_special_use(attribute);
    // RFC 6154 §3: a use the server cannot give is NO [USEATTR]; one mailbox has one use here.
    if (!parsed || *parsed == SpecialUse::kNone)
      co_return use_refused("That special use is not known.");
    if (use != SpecialUse::kNone && use != *parsed)
      co_return use_refused("A mailbox has one special use.");
    use = *parsed;
  }
  // \All and \Flagged would be views over other mailboxes; there is no such mailbox to create.
  if (use == SpecialUse::kAll || use == SpecialUse::kFlagged) {
    co_return use_refused("That special use cannot be given to a mailbox.");
  }
  const Result<std::string> name = mailstore::canonical_name(args.mailbox);
  if (!name) co_return reply_for(name.error());
  const mailstore::FoldersPtr folders = context.account().folders();
  const auto created = co_await context.account().create(*name, use);
  if (!created) {
    const mailstore::Folder* there = folders->find(*name);
    const bool taken = there != nullptr && there->exists();
    if (created.error().code == Errc::kAlreadyExists && use != SpecialUse::kNone && !taken) {
      co_return use_refused("Another mailbox has that special use.");
    }
    co_return reply_for(created.error());
  }
  context.notify.made(*name);
  // RFC 9051 §6.3.4: a delimiter at the end only says that names below it will follow.
  std::string_view sent = args.mailbox;
  if (sent.ends_with(mailstore::kDelimiter)) sent.remove_suffix(1);
  if (denormalized(sent, *name)) append_old_name(context, *name, sent);
  // RFC 8474 §4.1.
  std::string id = mailstore::mailbox_object_id(context.account().id(), *created);
  co_return Reply::okay("MAILBOXID (" + id + ")", "CREATE completed.");
}

task<Reply> do_delete(Context& context, const imap::MailboxArgs& args) {
  auto handle = open_mailbox(context.principal, args.mailbox, Right::kAdminister);
  if (!handle) {
    // A \NonExistent parent is a name without mailbox; RFC 9051 §6.3.5 refuses it while it has
    // children.
    co_return reply_for(handle.error());
  }
  const auto removed = co_await context.account().remove(handle->name);
  if (!removed) co_return reply_for(removed.error());
  context.notify.made(handle->name);
  if (denormalized(args.mailbox, handle->name)) {
    append_old_name(context, handle->name, args.mailbox);
  }
  if (context.view != nullptr && context.view->handle().id == handle->id) {
    context.unselect();
    context.out.append("* OK [CLOSED] The selected mailbox was deleted.\r\n");
  }
  co_return Reply::okay("DELETE completed.");
}

task<Reply> do_rename(Context& context, const imap::RenameArgs& args) {
  const Result<std::string> from = mailstore::canonical_name(args.from);
  const Result<std::string> to = mailstore::canonical_name(args.to);
  if (!from) co_return reply_for(Error{Errc::kNotFound, {}, {}});
  if (!to) co_return reply_for(to.error());
  const auto renamed = co_await context.account().rename(*from, *to);
  if (!renamed) co_return reply_for(renamed.error());
  context.notify.made(*to);
  // RFC 9051 §6.3.6: INBOX stays, so it is no old name; the mailbox was created as what was sent.
  if (*from == "INBOX") {
    if (denormalized(args.to, *to)) append_old_name(context, *to, args.to);
  } else if (denormalized(args.from, *from) || denormalized(args.to, *to)) {
    append_old_name(context, *to, args.from);
  }
  co_return Reply::okay("RENAME completed.");
}

task<Reply> do_subscribe(Context& context, const imap::MailboxArgs& args, bool on) {
  const Result<std::string> name = mailstore::canonical_name(args.mailbox);
  if (!name) co_return reply_for(Error{Errc::kNotFound, {}, {}});
  const mailstore::FoldersPtr before = context.account().folders();
  const mailstore::Folder* folder = before->find(*name);
  const bool changes = folder != nullptr && folder->subscribed != on;
  const auto done = co_await context.account().subscribe(*name, on);
  if (!done) co_return reply_for(done.error());
  if (changes) context.notify.made(*name);
  co_return Reply::okay(on ? "SUBSCRIBE completed." : "UNSUBSCRIBE completed.");
}

task<Result<void>> append_status(Context& context, const MailboxHandle& mailbox,
                                 const std::vector<imap::StatusItem>& items) {
  POSTERN_CO_TRY(const mailstore::MailboxCounts counts, mailbox.account->status(mailbox.id));
  std::string line = "* STATUS ";
  imap::append_mailbox(line, mailbox.name, context.enabled.utf8_names());
  line += " (";
  bool first = true;
  for (const imap::StatusItem item : items) {
    if (!std::exchange(first, false)) line += ' ';
    line += imap::to_string(item);
    line += ' ';
    if (item == imap::StatusItem::kMailboxId) {
      // RFC 8474 §4.3.
      line += '(' + mailstore::mailbox_object_id(mailbox.account->id(), mailbox.id) + ')';
      continue;
    }
    std::uint64_t value = 0;
    switch (item) {
      case imap::StatusItem::kMessages:
        value = counts.exists;
        break;
      case imap::StatusItem::kRecent:
        value = co_await count_recent(mailbox, counts.uid_next);
        break;
      case imap::StatusItem::kUidNext:
        value = counts.uid_next.value();
        break;
      case imap::StatusItem::kUidValidity:
        value = mailbox.uid_validity.value();
        break;
      case imap::StatusItem::kUnseen:
        value = counts.unseen;
        break;
      case imap::StatusItem::kDeleted:
        value = counts.deleted;
        break;
      case imap::StatusItem::kSize:
        value = counts.bytes;
        break;
      case imap::StatusItem::kHighestModSeq:
        value = counts.highest_modseq.value();
        break;
      case imap::StatusItem::kAppendLimit:
        value = context.settings->max_message_size;
        break;
      case imap::StatusItem::kDeletedStorage: {
        POSTERN_CO_TRY(value, co_await deleted_storage(context, mailbox));
        break;
      }
      case imap::StatusItem::kMailboxId:
        break;
    }
    imap::append_number(line, value);
  }
  line += ")\r\n";
  context.out.append(line);
  co_return Result<void>();
}

task<Reply> do_status(Context& context, const imap::StatusArgs& args) {
  auto handle = open_mailbox(context.principal, args.mailbox, Right::kRead);
  if (!handle) co_return reply_for(handle.error());
  // RFC 7162 §3.1.7: asking for HIGHESTMODSEQ is a CONDSTORE enabling command.
  if (std::find(args.items.begin(), args.items.end(), imap::StatusItem::kHighestModSeq) !=
      args.items.end()) {
    context.enable_condstore();
  }
  const auto done = co_await append_status(context, *handle, args.items);
  if (!done) co_return reply_for(done.error());
  co_return Reply::okay("STATUS completed.");
}

}  // namespace postern::session
