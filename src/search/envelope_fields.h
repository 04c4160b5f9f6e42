// What sorting and threading need of a stored ENVELOPE (RFC 9051 §7.5.2): the record keeps it as
// wire text, complete whatever the header's size was.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::search {

// The first address structure of a list; a group's name is one (RFC 5957 §3).
struct FirstAddress {
  std::optional<std::string> name;  // addr-name, encoded words as they are
  std::optional<std::string> mailbox;
  std::optional<std::string> host;
};

struct EnvelopeFields {
  std::optional<std::string> subject;  // encoded words as they are
  std::optional<FirstAddress> from, to, cc;
  std::optional<std::string> in_reply_to, message_id;
};

// Linear. What does not parse, and all after it, is absent.
[[nodiscard]] EnvelopeFields read_envelope(std::string_view wire);

}  // namespace postern::search
