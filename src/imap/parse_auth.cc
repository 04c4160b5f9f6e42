// ID (RFC 2971), AUTHENTICATE (RFC 9051 §6.2.2, RFC 4959), LOGIN, ENABLE (RFC 9051 §6.3.1).
#include "base/ascii.h"
#include "imap/parse_rules.h"

namespace postern::imap {
namespace {

// RFC 2971 §3.3: at most 30 pairs, names of 30 and values of 1,024 octets.
constexpr std::size_t kMaxIdPairs = 30;
constexpr std::size_t kMaxIdName = 30;
constexpr std::size_t kMaxIdValue = 1'024;
constexpr std::size_t kMaxMechanism = 20;  // RFC 4422 §3.1

bool is_base64_char(char c) {
  return ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '+' ||
         c == '/' || c == '=';
}

}  // namespace

IdArgs parse_id(Cursor& in) {
  IdArgs args;
  in.space();
  if (in.try_keyword("NIL")) return args;
  in.expect('(', "NIL or a parenthesized list");
  if (in.try_char(')')) return args;
  while (in.ok()) {
    const std::size_t start = in.offset();
    std::string name = in.string("a field name in quotes");
    in.space();
    std::optional<std::string> value;
    if (!in.try_keyword("NIL")) value = in.string("a value in quotes or NIL");
    if (name.size() > kMaxIdName || (value.has_value() && value->size() > kMaxIdValue) ||
        args.params.size() == kMaxIdPairs) {
      in.fail_at(start, Errc::kInvalid, "at most 30 pairs of 30 and 1,024 octets");
    }
    args.params.emplace_back(std::move(name), std::move(value));
    if (in.try_char(')')) break;
    in.space();
  }
  return args;
}

AuthenticateArgs parse_authenticate(Cursor& in) {
  AuthenticateArgs args;
  in.keep_silent();
  in.space();
  const std::size_t start = in.offset();
  args.mechanism = to_upper(in.atom("a SASL mechanism"));
  if (args.mechanism.size() > kMaxMechanism) in.fail_at(start, Errc::kInvalid, "a SASL mechanism");
  if (in.try_char(' ')) {
    // Only the alphabet is checked here; the SASL layer decodes, strictly.
    args.initial_response = std::string(in.run(is_base64_char));
    if (args.initial_response->empty()) in.fail("an initial response in base64");
  }
  return args;
}

LoginArgs parse_login(Cursor& in) {
  // DEVIATION: RFC 6855 §5 leaves LOGIN without UTF-8, but clients send passwords with umlauts in
  // quotes, and refusing them here would only send a person looking for a wrong password.
  in.allow_utf8_quoted();
  in.keep_silent();
  LoginArgs args;
  in.space();
  args.user = in.astring("a user name");
  in.space();
  args.password = in.astring("a password");
  return args;
}

EnableArgs parse_enable(Cursor& in) {
  EnableArgs args;
  do {
    in.space();
    args.capabilities.push_back(to_upper(in.atom("a capability")));
    if (args.capabilities.size() > kMaxItems)
      in.fail_at(in.offset(), Errc::kLimit, "too many capabilities");
  } while (in.ok() && !in.at_end());
  return args;
}

}  // namespace postern::imap
