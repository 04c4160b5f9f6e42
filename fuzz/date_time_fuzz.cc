// date-time: what parses survives being written and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "imap/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto when = postern::imap::parse_date_time(input);
  if (!when.has_value()) return 0;
  const auto again = postern::imap::parse_date_time(postern::imap::encode_date_time(*when));
  if (!again.has_value() || again->unix_seconds != when->unix_seconds ||
      again->zone_minutes != when->zone_minutes) {
    std::abort();
  }
  return 0;
}
