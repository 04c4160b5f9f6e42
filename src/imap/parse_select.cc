// SELECT and EXAMINE with the parameters of RFC 7162 §3.1.8 and §3.2.5.
#include "imap/parse_rules.h"

namespace postern::imap {
namespace {

// known-uids, known-sequence-set, known-uid-set: a sequence-set without "*" (and without "$").
NumberSet parse_known_set(Cursor& in) {
  const std::size_t start = in.offset();
  NumberSet set = in.sequence_set("a set of numbers without \"*\"");
  if (set.uses_star() || set.is_saved_result()) {
    in.fail_at(start, Errc::kInvalid, "a set of numbers without \"*\"");
  }
  return set;
}

void parse_seq_match_data(Cursor& in, QresyncParam& param) {
  in.expect('(', "known sequence numbers in parentheses");
  param.known_seqs = parse_known_set(in);
  in.space();
  param.matching_uids = parse_known_set(in);
  in.expect(')', "\")\" after the known sequence numbers");
}

QresyncParam parse_qresync(Cursor& in) {
  QresyncParam param;
  in.space();
  in.expect('(', "QRESYNC values in parentheses");
  param.uid_validity = in.nz_number("a UIDVALIDITY");
  in.space();
  param.mod_seq = in.nz_number64("a mod-sequence");
  if (in.try_char(' ')) {
    if (in.peek() != '(') {
      param.known_uids = parse_known_set(in);
      if (in.try_char(' ')) parse_seq_match_data(in, param);
    } else {
      parse_seq_match_data(in, param);
    }
  }
  in.expect(')', "\")\" after the QRESYNC values");
  return param;
}

}  // namespace

SelectArgs parse_select(Cursor& in) {
  SelectArgs args;
  in.space();
  args.mailbox = in.mailbox();
  if (!in.try_char(' ')) return args;
  in.expect('(', "select parameters in parentheses");
  while (in.ok()) {
    if (!args.condstore && in.try_keyword("CONDSTORE")) {
      args.condstore = true;
    } else if (!args.qresync.has_value() && in.try_keyword("QRESYNC")) {
      args.qresync = parse_qresync(in);
    } else {
      in.fail("CONDSTORE or QRESYNC");
    }
    if (in.try_char(')')) break;
    in.space();
  }
  return args;
}

}  // namespace postern::imap
