// CREATE (RFC 9051 §6.3.4, RFC 6154 §3), DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, STATUS (§6.3.11).
#include <array>

#include "base/ascii.h"
#include "imap/encoder.h"
#include "imap/parse_rules.h"

namespace postern::imap {

CreateArgs parse_create(Cursor& in) {
  CreateArgs args;
  in.space();
  args.mailbox = in.mailbox();
  if (!in.try_char(' ')) return args;
  in.expect('(', "create parameters in parentheses");
  in.keyword("USE");
  in.space();
  const std::size_t start = in.offset();
  args.special_use = in.flag_list();
  for (const std::string& use : args.special_use) {
    // use-attr = "\" atom
    if (!use.starts_with('\\')) in.fail_at(start, Errc::kInvalid, "special-use attributes");
  }
  in.expect(')', "\")\" after the create parameters");
  return args;
}

MailboxArgs parse_mailbox_args(Cursor& in) {
  in.space();
  return {.mailbox = in.mailbox()};
}

RenameArgs parse_rename(Cursor& in) {
  RenameArgs args;
  in.space();
  args.from = in.mailbox();
  in.space();
  args.to = in.mailbox();
  return args;
}

std::vector<StatusItem> parse_status_items(Cursor& in) {
  std::vector<StatusItem> items;
  in.expect('(', "status items in parentheses");
  while (in.ok()) {
    const std::size_t start = in.offset();
    const std::string_view name = in.atom("a status item");
    bool known = false;
    for (int i = 0; i <= static_cast<int>(kLastStatusItem); ++i) {
      const auto item = static_cast<StatusItem>(i);
      if (!iequals(name, to_string(item))) continue;
      known = true;
      // An item asked for twice is answered once.
      if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
    }
    if (!known) in.fail_at(start, Errc::kInvalid, "a status item");
    if (in.try_char(')')) break;
    in.expect(' ', "one space or \")\" in the list of status items");
  }
  return items;
}

StatusArgs parse_status(Cursor& in) {
  StatusArgs args;
  in.space();
  args.mailbox = in.mailbox();
  in.space();
  args.items = parse_status_items(in);
  return args;
}

}  // namespace postern::imap
