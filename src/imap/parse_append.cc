// APPEND (RFC 9051 §6.3.12, RFC 6855 §4): everything but the message, which is streamed.
#include "base/ascii.h"
#include "imap/parse_rules.h"

namespace postern::imap {

AppendArgs parse_append(Cursor& in) {
  AppendArgs args;
  in.space();
  args.mailbox = in.mailbox();
  in.space();
  if (in.peek() == '(') {
    args.flags = in.flag_list();
    in.space();
  }
  if (in.peek() == '"') {
    const std::size_t start = in.offset();
    const Result<DateTime> date = parse_date_time(in.quoted("a date-time"));
    if (date.has_value()) {
      args.date = *date;
    } else {
      in.fail_at(start, Errc::kInvalid, "a date-time such as \"17-Jul-1996 02:44:25 -0700\"");
    }
    in.space();
  }
  if (in.try_keyword("UTF8")) {
    args.utf8 = true;
    in.space();
    in.expect('(', "\"(\" after UTF8");
    in.expect('~', "a literal8 in the UTF8 form");
  }
  // A plain literal8 belongs to the BINARY extension, which is not announced.
  in.expect('{', "the message as a literal");
  args.size = in.number64("the size of the message");
  in.try_char('+');
  in.expect('}', "\"}\" after the size of the message");
  in.expect('\r', "CRLF after the size of the message");
  in.expect('\n', "CRLF after the size of the message");
  return args;
}

void parse_append_suffix(Cursor& in, const AppendArgs& args) {
  if (args.utf8) in.expect(')', "\")\" after the message");
}

}  // namespace postern::imap
