// list-mailbox patterns (RFC 9051 §6.3.9): "*" matches anything, "%" anything without a delimiter.
//
// SECURITY (B7): no backtracking. A match costs at most pattern length times name length, counted
// in steps so that a whole LIST can be bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::session {

class ListPattern {
 public:
  // `reference` and `pattern` together, in UTF-8 (NFC, as names are).
  ListPattern(std::string_view reference, std::string_view pattern);

  // `name` is canonical. INBOX matches in any case, also as first component. Adds its cost to
  // `steps`.
  [[nodiscard]] bool matches(std::string_view name, std::uint64_t& steps);

  // LIMIT: steps of all matches of one LIST command together, about a tenth of a second.
  static constexpr std::uint64_t kMaxSteps = 50'000'000;

 private:
  void close_over_wildcards(std::vector<std::uint8_t>& set) const;

  std::string pattern_;      // runs of wildcards collapsed: "*%", "%*" and "**" are "*"
  std::size_t literal_ = 0;  // octets before the first wildcard
  std::vector<std::uint8_t> now_, next_;  // positions in pattern_ that the name so far leads to
};

}  // namespace postern::session
