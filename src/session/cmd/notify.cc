// NOTIFY (RFC 5465 §3.1). What it brings about later is told by session/notify.cc.
#include <algorithm>
#include <utility>
#include <vector>

#include "session/handlers.h"

namespace postern::session {
namespace {

using imap::StatusItem;

// RFC 5465 §3.1: what the STATUS of the command itself has, by the events that are watched.
std::vector<StatusItem> first_items(std::uint8_t wanted, const Enabled& enabled) {
  std::vector<StatusItem> items = {StatusItem::kMessages, StatusItem::kUidNext,
                                   StatusItem::kUidValidity};
  const bool flags = (wanted & imap::kFlagChange) != 0;
  if (flags) items.push_back(StatusItem::kUnseen);
  if (flags || enabled.condstore) items.push_back(StatusItem::kHighestModSeq);
  return items;
}

task<void> tell_first_status(Context& context) {
  // The snapshot outlives the rules' changes: there are none before the next command.
  const mailstore::FoldersPtr folders = context.account().folders();
  for (const mailstore::Folder& folder : folders->all()) {
    if (context.pace.due()) co_await context.pace.yield();
    if (context.out.full() && !co_await context.out.flush()) co_return;
    if (!folder.exists()) continue;
    if (context.view != nullptr && context.view->handle().id == folder.id) continue;
    const std::uint8_t wanted = context.notify.rules().events_of(
        folder.name, folder.subscribed ? Subscribed::kYes : Subscribed::kNo);
    // MessageNew is in every group that watches messages.
    if ((wanted & imap::kMessageNew) == 0) continue;
    const auto handle = open_mailbox(context.principal, folder.name, Right::kRead);
    if (!handle) continue;
    static_cast<void>(
        co_await append_status(context, *handle, first_items(wanted, context.enabled)));
  }
}

}  // namespace

task<Reply> do_notify(Context& context, const imap::NotifyArgs& args) {
  if (args.bad_event) {
    co_return Reply::no(
        "BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange "
        "MailboxMetadataChange ServerMetadataChange)",
        "An event is not supported.");
  }
  if (args.overflow)
    co_return Reply::no("NOTIFICATIONOVERFLOW", "That is too many mailboxes to watch.");
  if (!args.set) {
    context.notify.none();
    context.apply_notify();
    co_return Reply::okay("NOTIFY completed; nothing is notified.");
  }
  NotifyRules rules(args);
  const auto& fetch = rules.selected().fetch;
  // RFC 7162 §3.1: as if the client fetched MODSEQ itself.
  if (std::any_of(fetch.begin(), fetch.end(),
                  [](const auto& att) { return att.item == imap::FetchItem::kModSeq; })) {
    context.enable_condstore();
  }
  // What arrived before and was told has no FETCH data any more; what was not told will have.
  if (context.view != nullptr) static_cast<void>(context.view->take_arrivals());
  // RFC 5465 §5.6: ENABLE METADATA is not needed for it.
  if (rules.watches_metadata()) context.metadata.start(context.account().metadata());
  const bool first_status = args.status && rules.watches_messages();
  context.notify.set(context.account(), std::move(rules));
  context.apply_notify();
  if (first_status) co_await tell_first_status(context);
  co_return Reply::okay("NOTIFY completed.");
}

}  // namespace postern::session
