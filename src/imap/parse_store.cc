// STORE (RFC 9051 §6.4.6, RFC 7162 §3.1.3), COPY, MOVE, UID EXPUNGE.
#include "imap/parse_rules.h"

namespace postern::imap {
namespace {

// flag *(SP flag), the form without parentheses
std::vector<Flag> parse_bare_flags(Cursor& in) {
  std::vector<Flag> flags;
  do {
    flags.push_back(in.flag());
    if (flags.size() > kMaxItems)
      in.fail_at(in.offset(), Errc::kLimit, "too many flags in one command");
  } while (in.ok() && in.try_char(' '));
  return flags;
}

}  // namespace

StoreArgs parse_store(Cursor& in, Addressing by) {
  StoreArgs args{.by = by};
  in.space();
  args.set = in.sequence_set("a sequence set");
  in.space();
  if (in.try_char('(')) {
    in.keyword("UNCHANGEDSINCE");
    in.space();
    args.unchanged_since = in.number64("a mod-sequence");
    in.expect(')', "\")\" after UNCHANGEDSINCE");
    in.space();
  }
  if (in.try_char('+')) {
    args.mode = StoreMode::kAdd;
  } else if (in.try_char('-')) {
    args.mode = StoreMode::kRemove;
  }
  if (in.try_keyword("FLAGS.SILENT")) {
    args.silent = true;
  } else if (!in.try_keyword("FLAGS")) {
    in.fail("FLAGS or FLAGS.SILENT");
  }
  in.space();
  args.flags = in.peek() == '(' ? in.flag_list() : parse_bare_flags(in);
  return args;
}

CopyArgs parse_copy(Cursor& in, Addressing by) {
  CopyArgs args{.by = by};
  in.space();
  args.set = in.sequence_set("a sequence set");
  in.space();
  args.mailbox = in.mailbox();
  return args;
}

ExpungeArgs parse_uid_expunge(Cursor& in) {
  in.space();
  return {.uids = in.sequence_set("a sequence set")};
}

}  // namespace postern::imap
