// Address lists (RFC 5322 §3.4 with the obsolete forms of §4.4), as lenient as mail is broken.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mime {

// The four strings of an ENVELOPE address (RFC 9051 §7.5.2). A group is two entries around its
// members: one with only `mailbox` (the group's name), one with nothing.
struct Address {
  std::optional<std::string> name;  // phrase or comment, quoting undone, RFC 2047 words as they are
  std::optional<std::string> adl;   // obsolete source route, "@a,@b"
  std::optional<std::string> mailbox;  // quoting undone
  std::optional<std::string> host;
  friend bool operator==(const Address&, const Address&) = default;
};

// At most `limit` entries (a group cut off by it is still closed). An address without host or
// without local part gets an empty string there, not NIL, which would make it a group. Linear,
// iterative.
[[nodiscard]] std::vector<Address> parse_addresses(std::string_view unfolded, std::size_t limit);

}  // namespace postern::mime
