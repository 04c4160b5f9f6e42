#include "session/result_set.h"

#include "imap/encoder.h"

namespace postern::session {

Positions positions_of(const imap::PartialRange& range, std::uint64_t count) {
  // RFC 9394 §4: 500:400 is 400:500.
  const std::uint64_t low = std::min(range.first, range.last);
  const std::uint64_t high = std::min<std::uint64_t>(std::max(range.first, range.last), count);
  if (low > high) return {};
  return range.from_end ? Positions{count - high, count - low + 1} : Positions{low - 1, high};
}

void append_partial_range(std::string& out, const imap::PartialRange& range) {
  const std::string_view sign = range.from_end ? "-" : "";
  out += sign;
  imap::append_number(out, range.first);
  out += ':';
  out += sign;
  imap::append_number(out, range.last);
}

std::string ordered_set(std::span<const std::uint32_t> numbers) {
  std::string out;
  for (std::size_t at = 0; at < numbers.size();) {
    std::size_t last = at;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (at != 0) out += ',';
    imap::append_number(out, numbers[at]);
    if (last != at) {
      out += ':';
      imap::append_number(out, numbers[last]);
    }
    at = last + 1;
  }
  return out;
}

}  // namespace postern::session
