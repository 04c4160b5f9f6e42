// Modified UTF-7: a name has one spelling, and every UTF-8 text without NUL survives the way there
// and back.
#include <cstdint>
#include <string>

#include "imap/parser.h"
#include "imap/syntax.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::imap;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto text = decode_mutf7(bytes); text.has_value()) {
    if (!is_utf8(*text) || encode_mutf7(*text) != bytes) __builtin_trap();
  }
  if (is_utf8(bytes) && bytes.find('\0') == std::string_view::npos) {
    const auto text = decode_mutf7(encode_mutf7(bytes));
    if (!text.has_value() || *text != bytes) __builtin_trap();
  }
  return 0;
}
