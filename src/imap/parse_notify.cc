// NOTIFY (RFC 5465 §8).
#include <array>

#include "base/ascii.h"
#include "imap/parse_rules.h"

namespace postern::imap {
namespace {

struct FilterRow {
  std::string_view name;
  NotifyFilter filter;
};
constexpr std::array<FilterRow, 7> kFilters = {{
    {"SELECTED", NotifyFilter::kSelected},
    {"SELECTED-DELAYED", NotifyFilter::kSelectedDelayed},
    {"INBOXES", NotifyFilter::kInboxes},
    {"PERSONAL", NotifyFilter::kPersonal},
    {"SUBSCRIBED", NotifyFilter::kSubscribed},
    {"SUBTREE", NotifyFilter::kSubtree},
    {"MAILBOXES", NotifyFilter::kMailboxes},
}};

struct EventRow {
  std::string_view name;
  NotifyEvent event;
};
constexpr std::array<EventRow, 7> kEvents = {{
    {"MessageNew", kMessageNew},
    {"MessageExpunge", kMessageExpunge},
    {"FlagChange", kFlagChange},
    {"MailboxName", kMailboxName},
    {"SubscriptionChange", kSubscriptionChange},
    {"MailboxMetadataChange", kMailboxMetadataChange},
    {"ServerMetadataChange", kServerMetadataChange},
}};

constexpr std::uint8_t kMessageEvents = kMessageNew | kMessageExpunge | kFlagChange;

bool is_selected(NotifyFilter filter) {
  return filter == NotifyFilter::kSelected || filter == NotifyFilter::kSelectedDelayed;
}

// one-or-more-mailbox
void parse_mailboxes(Cursor& in, NotifyArgs& args, NotifyGroup& group, std::size_t& named) {
  const bool many = in.try_char('(');
  while (in.ok()) {
    std::string mailbox = in.mailbox();
    if (named == kMaxNotifyMailboxes) {
      args.overflow = true;
    } else {
      ++named;
      group.mailboxes.push_back(std::move(mailbox));
    }
    if (!many || in.try_char(')')) break;
    in.expect(' ', "one space or \")\" in the list of mailboxes");
  }
}

// RFC 5465 §8: the fetch-att list stands behind MessageNew, and only for the selected mailbox.
void parse_event(Cursor& in, NotifyArgs& args, NotifyGroup& group) {
  const std::size_t start = in.offset();
  const std::string_view name = in.atom("an event");
  for (const EventRow& row : kEvents) {
    if (!iequals(row.name, name)) continue;
    group.events |= row.event;
    if (row.event == kMessageNew && in.rest().starts_with(" (")) {
      if (!is_selected(group.filter)) {
        in.fail("fetch items for SELECTED and SELECTED-DELAYED only");
        return;
      }
      in.space();
      group.fetch = parse_fetch_att_list(in);
    }
    // §6.1: other events are no business of the selected mailbox.
    if (is_selected(group.filter) && (row.event & kMessageEvents) == 0) {
      in.fail_at(start, Errc::kInvalid, "message events for the selected mailbox");
    }
    return;
  }
  // §3.1: refused with NO, so that the client learns what there is.
  args.bad_event = true;
}

void parse_events(Cursor& in, NotifyArgs& args, NotifyGroup& group) {
  if (in.try_keyword("NONE")) return;
  const std::size_t start = in.offset();
  in.expect('(', "events in parentheses, or NONE");
  while (in.ok()) {
    parse_event(in, args, group);
    if (in.try_char(')')) break;
    in.expect(' ', "one space or \")\" in the list of events");
  }
  if (!in.ok() || args.bad_event) return;
  // §5: none of the two without the other, and no FlagChange without them.
  constexpr std::uint8_t kBoth = kMessageNew | kMessageExpunge;
  if ((group.events & kMessageEvents) != 0 && (group.events & kBoth) != kBoth) {
    in.fail_at(start, Errc::kInvalid, "both MessageNew and MessageExpunge");
  }
}

NotifyGroup parse_event_group(Cursor& in, NotifyArgs& args, std::size_t& named) {
  NotifyGroup group;
  in.expect('(', "an event group in parentheses");
  const std::size_t start = in.offset();
  const std::string_view name = in.atom("a mailbox filter");
  bool known = false;
  for (const FilterRow& row : kFilters) {
    if (!iequals(row.name, name)) continue;
    known = true;
    group.filter = row.filter;
  }
  if (!known) in.fail_at(start, Errc::kInvalid, "a mailbox filter");
  for (const NotifyGroup& other : args.groups) {
    if (is_selected(group.filter) && is_selected(other.filter))
      in.fail_at(start, Errc::kInvalid, "one of SELECTED and SELECTED-DELAYED, once");
  }
  in.space();
  if (group.filter == NotifyFilter::kSubtree || group.filter == NotifyFilter::kMailboxes) {
    parse_mailboxes(in, args, group, named);
    in.space();
  }
  parse_events(in, args, group);
  in.expect(')', "\")\" after the events");
  return group;
}

}  // namespace

NotifyArgs parse_notify(Cursor& in) {
  NotifyArgs args;
  in.space();
  if (in.try_keyword("NONE")) return args;
  in.keyword("SET");
  args.set = true;
  in.space();
  if (in.try_keyword("STATUS")) {
    args.status = true;
    in.space();
  }
  std::size_t named = 0;
  do {
    if (args.groups.size() == kMaxItems) in.fail_at(in.offset(), Errc::kLimit, "fewer groups");
    args.groups.push_back(parse_event_group(in, args, named));
  } while (in.ok() && in.try_char(' '));
  return args;
}

}  // namespace postern::imap
