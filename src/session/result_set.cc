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

void append_run(std::string& out, std::span<const std::uint32_t>& numbers) {
  std::size_t run = 1;
  while (run < numbers.size() && numbers[run] == numbers[run - 1] + 1) ++run;
  imap::append_number(out, numbers[0]);
  if (run > 1) {
    out += ':';
    imap::append_number(out, numbers[run - 1]);
  }
  numbers = numbers.subspan(run);
}

std::string ordered_set(std::span<const std::uint32_t> numbers) {
  std::string out;
  while (!numbers.empty()) {
    if (!out.empty()) out += ',';
    append_run(out, numbers);
  }
  return out;
}

}  // namespace postern::session
