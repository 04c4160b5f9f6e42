// SASL PLAIN (RFC 4616).
#include "auth/address.h"
#include "auth/authenticator.h"

namespace postern::auth {

Result<PlainMessage> parse_plain(std::string_view message) {
  // §2: message = [authzid] UTF8NUL authcid UTF8NUL passwd, where the three hold no NUL.
  const std::size_t first = message.find('\0');
  if (first == std::string_view::npos) return fail(Errc::kInvalid, "PLAIN message without NUL");
  const std::size_t second = message.find('\0', first + 1);
  if (second == std::string_view::npos) return fail(Errc::kInvalid, "PLAIN message with one NUL");
  const std::string_view authzid = message.substr(0, first);
  const std::string_view authcid = message.substr(first + 1, second - first - 1);
  const std::string_view password = message.substr(second + 1);
  if (password.find('\0') != std::string_view::npos)
    return fail(Errc::kInvalid, "PLAIN message with three NULs");
  if (authcid.empty() || password.empty())
    return fail(Errc::kInvalid, "PLAIN message with an empty part");
  if (!is_utf8(message)) return fail(Errc::kInvalid, "PLAIN message is not UTF-8");

  PlainMessage result;
  result.authzid = authzid;
  result.authcid = authcid;
  result.password = crypto::Secret(password);
  return result;
}

}  // namespace postern::auth
