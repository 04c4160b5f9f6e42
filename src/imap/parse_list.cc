// LIST in the basic and the extended form (RFC 9051 §6.3.9, RFC 5258, RFC 5819, RFC 6154) and LSUB.
#include "imap/parse_rules.h"

namespace postern::imap {
namespace {

constexpr std::size_t kMaxPatterns = 64;
constexpr std::size_t kMaxPattern = 1'024;

// list-select-opts; an option given twice counts once (RFC 5258 §3).
void parse_select_opts(Cursor& in, ListArgs& args) {
  const std::size_t start = in.offset();
  in.expect('(', "selection options in parentheses");
  if (in.try_char(')')) return;
  while (in.ok()) {
    if (in.try_keyword("SUBSCRIBED")) {
      args.select_subscribed = true;
    } else if (in.try_keyword("REMOTE")) {
      args.select_remote = true;
    } else if (in.try_keyword("RECURSIVEMATCH")) {
      args.select_recursive_match = true;
    } else if (in.try_keyword("SPECIAL-USE")) {
      args.select_special_use = true;
    } else {
      in.fail("SUBSCRIBED, REMOTE, RECURSIVEMATCH or SPECIAL-USE");
    }
    if (in.try_char(')')) break;
    in.space();
  }
  // RFC 5258 §3: RECURSIVEMATCH modifies another option that selects names.
  if (in.ok() && args.select_recursive_match && !args.select_subscribed) {
    in.fail_at(start, Errc::kInvalid, "SUBSCRIBED beside RECURSIVEMATCH");
  }
}

void parse_return_opts(Cursor& in, ListArgs& args) {
  in.keyword("RETURN");
  in.space();
  in.expect('(', "return options in parentheses");
  if (in.try_char(')')) return;
  while (in.ok()) {
    if (in.try_keyword("SUBSCRIBED")) {
      args.return_subscribed = true;
    } else if (in.try_keyword("CHILDREN")) {
      args.return_children = true;
    } else if (in.try_keyword("SPECIAL-USE")) {
      args.return_special_use = true;
    } else if (in.try_keyword("STATUS")) {
      in.space();
      args.return_status = parse_status_items(in);
    } else if (in.try_keyword("METADATA")) {
      in.space();
      args.return_metadata = parse_metadata_entries(in);
    } else {
      in.fail("SUBSCRIBED, CHILDREN, SPECIAL-USE, STATUS or METADATA");
    }
    if (in.try_char(')')) break;
    in.space();
  }
}

void parse_pattern(Cursor& in, ListArgs& args) {
  const std::size_t start = in.offset();
  std::string pattern = in.list_mailbox();
  if (pattern.size() > kMaxPattern || args.patterns.size() == kMaxPatterns) {
    in.fail_at(start, Errc::kInvalid, "at most 64 patterns of 1,024 octets");
  }
  args.patterns.push_back(std::move(pattern));
}

// mbox-or-pat
void parse_patterns(Cursor& in, ListArgs& args) {
  if (!in.try_char('(')) {
    parse_pattern(in, args);
    return;
  }
  args.extended = true;
  while (in.ok()) {
    parse_pattern(in, args);
    if (in.try_char(')')) break;
    in.expect(' ', "one space or \")\" in the list of patterns");
  }
}

}  // namespace

ListArgs parse_list(Cursor& in) {
  ListArgs args;
  in.space();
  if (in.peek() == '(') {
    args.extended = true;
    parse_select_opts(in, args);
    in.space();
  }
  args.reference = in.mailbox();
  in.space();
  parse_patterns(in, args);
  if (in.try_char(' ')) {
    args.extended = true;
    parse_return_opts(in, args);
  }
  return args;
}

ListArgs parse_lsub(Cursor& in) {
  ListArgs args;
  in.space();
  args.reference = in.mailbox();
  in.space();
  parse_pattern(in, args);
  return args;
}

}  // namespace postern::imap
