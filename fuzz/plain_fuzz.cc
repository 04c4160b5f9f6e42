// SASL PLAIN: what is accepted is exactly authzid NUL authcid NUL passwd (RFC 4616), nothing
// dropped.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "auth/authenticator.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto message = postern::auth::parse_plain(input);
  if (!message.has_value()) return 0;
  std::string again = message->authzid;
  again += '\0';
  again += message->authcid;
  again += '\0';
  again += message->password.view();
  if (again != input) std::abort();
  return 0;
}
