// Which octets of a message a section names (RFC 9051 §6.4.5.1), and how a stream of them is broken
// off.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "imap/command.h"
#include "mime/message.h"
#include "session/context.h"

namespace postern::session {

// Message bytes go out in pieces of this size.
inline constexpr std::size_t kFetchPiece = 64 * 1024;

struct OctetRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] std::uint64_t size() const { return end - begin; }
};

// What a partial leaves of the range; empty when it begins behind the end.
[[nodiscard]] OctetRange clip(OctetRange range, const std::optional<imap::Partial>& partial);

// The octets of a section; nullopt: there is no such part (NIL).
[[nodiscard]] std::optional<OctetRange> find_range(const mime::MessageInfo& info,
                                                   const imap::Section& section);

// A literal that was announced can neither be completed nor taken back: the session ends.
void break_off(Context& context, const Error& error);

}  // namespace postern::session
