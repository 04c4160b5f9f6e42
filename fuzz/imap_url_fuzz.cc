// URLs of CATENATE: what is taken names a UID, and what is refused can stand in a response code.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "imap/imap_url.h"

using namespace postern::imap;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view url(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_imap_url(url);
  if (parsed && (parsed->uid == 0 || parsed->mailbox.size() > url.size())) __builtin_trap();
  const auto plain = [](char c) { return c > 0x20 && c < 0x7F && c != ']' && c != '\\'; };
  const std::string text = to_response_text(url);
  if (!std::all_of(text.begin(), text.end(), plain) || text.size() > 3 * size) __builtin_trap();
  return 0;
}
