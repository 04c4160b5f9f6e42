// GETQUOTA and SETQUOTA (RFC 9208 §7); GETQUOTAROOT has a mailbox name only.
#include "imap/parse_rules.h"

namespace postern::imap {

GetQuotaArgs parse_getquota(Cursor& in) {
  in.space();
  return {.root = in.astring("a quota root")};
}

SetQuotaArgs parse_setquota(Cursor& in) {
  SetQuotaArgs args;
  in.space();
  args.root = in.astring("a quota root");
  in.space();
  in.expect('(', "resource limits in parentheses");
  if (in.try_char(')')) return args;
  while (in.ok()) {
    std::string resource(in.atom("a resource name"));
    in.space();
    const std::uint64_t limit = in.number64("a limit");
    if (args.limits.size() == kMaxItems) {
      in.fail_at(in.offset(), Errc::kLimit, "too many resource limits in one command");
    }
    args.limits.emplace_back(std::move(resource), limit);
    if (in.try_char(')')) break;
    in.expect(' ', "one space or \")\" in the list of resource limits");
  }
  return args;
}

}  // namespace postern::imap
