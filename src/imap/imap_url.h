// IMAP URLs that name a message or a part of one on this server, as CATENATE takes them
// (RFC 4469 §3, RFC 5092 §6, §7, §11).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "imap/command.h"

namespace postern::imap {

struct ImapUrl {
  std::string mailbox;  // UTF-8, INBOX in upper case; empty: the selected one
  std::optional<std::uint32_t> uid_validity;
  std::uint32_t uid = 0;
  Section section;
  std::optional<Partial> partial;  // to the end: length 2^63-1
};

// LIMIT: octets of a URL: three for each of a mailbox name and a section of some length.
inline constexpr std::size_t kMaxUrl = 16 * 1024;

// imessagepart behind "/", and imsg-or-part that begins with iuid-only and is relative to the
// selected mailbox. kInvalid: everything else, that is absolute and network-path URLs, lists of
// messages, URLAUTH, octets that do not stand in a URL. Dot-segments are resolved (RFC 3986
// §5.2.4). Linear in the length.
//
// DEVIATION: RFC 5092 §7.2 forbids relative-path references; RFC 4469 §3 makes the selected mailbox
// the base URL, which only they can refer to, and RFC 2192, which it cites, allows them.
[[nodiscard]] Result<ImapUrl> parse_imap_url(std::string_view url);

// The URL as url-resp-text (RFC 4469 §5): what may not stand there is percent-encoded.
[[nodiscard]] std::string to_response_text(std::string_view url);

}  // namespace postern::imap
