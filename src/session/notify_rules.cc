#include "session/notify_rules.h"

#include "mailstore/folders.h"

namespace postern::session {

using imap::NotifyFilter;
using imap::NotifyGroup;

NotifyRules::NotifyRules(const imap::NotifyArgs& args) {
  // RFC 5465 §3.1: without SELECTED the client wants no message events of the selected mailbox.
  selected_.messages = false;
  selected_.flags = false;
  for (const NotifyGroup& group : args.groups) {
    switch (group.filter) {
      case NotifyFilter::kSelected:
      case NotifyFilter::kSelectedDelayed:
        selected_.messages = (group.events & imap::kMessageNew) != 0;
        selected_.flags = (group.events & imap::kFlagChange) != 0;
        selected_.immediate = group.filter == NotifyFilter::kSelected;
        selected_.fetch = group.fetch;
        continue;
      case NotifyFilter::kInboxes:
        inboxes_ |= group.events;
        break;
      case NotifyFilter::kPersonal:
        personal_ |= group.events;
        break;
      case NotifyFilter::kSubscribed:
        subscribed_ |= group.events;
        break;
      case NotifyFilter::kSubtree:
        add(subtrees_, group);
        break;
      case NotifyFilter::kMailboxes:
        add(mailboxes_, group);
        break;
    }
    watches_messages_ |= (group.events & imap::kMessageNew) != 0;
    watches_server_ |= (group.events & imap::kServerMetadataChange) != 0;
    watches_metadata_ |= watches_server_ || (group.events & imap::kMailboxMetadataChange) != 0;
  }
}

void NotifyRules::add(Rules& rules, const NotifyGroup& group) {
  for (const std::string& mailbox : group.mailboxes) {
    // RFC 5465 §3.1: what cannot be a mailbox is passed over, like what is none yet.
    auto name = mailstore::canonical_name(mailbox);
    if (!name) continue;
    Rule& rule = rules[std::move(*name)];
    rule.events |= group.events;
    rule.none |= group.events == 0;
  }
}

std::uint8_t NotifyRules::events_of(std::string_view name, Subscribed subscribed) const {
  std::uint8_t events = 0;
  if (const auto found = mailboxes_.find(name); found != mailboxes_.end()) {
    events |= found->second.events;
    if (found->second.none) return events;
  }
  if (!subtrees_.empty()) {
    for (std::string_view root = name;;) {
      if (const auto found = subtrees_.find(root); found != subtrees_.end()) {
        events |= found->second.events;
        if (found->second.none) return events;
      }
      const std::size_t end = root.rfind(mailstore::kDelimiter);
      if (end == std::string_view::npos) break;
      root = root.substr(0, end);
    }
  }
  // Every name is in the user's personal namespace; INBOX alone gets mail from outside (§6.3).
  events |= personal_;
  if (name == "INBOX") events |= inboxes_;
  if (subscribed == Subscribed::kYes) events |= subscribed_;
  return events;
}

}  // namespace postern::session
