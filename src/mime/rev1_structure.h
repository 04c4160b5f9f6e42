// BODY and BODYSTRUCTURE for clients of IMAP4rev1. The stored text is that of RFC 9051 §9, where
// message/global is a body-type-msg and MUST NOT be a body-type-basic; in RFC 3501 §9 it is the
// other way round, and such a client cannot read the envelope, body and lines that follow.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::mime {

// `text` is what render_structure() gave. nullopt when it serves both. Parts inside of a
// message/global that is hidden this way can still be fetched by their numbers. Linear, iterative.
[[nodiscard]] std::optional<std::string> rev1_structure(std::string_view text);

}  // namespace postern::mime
