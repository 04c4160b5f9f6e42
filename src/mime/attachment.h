// Which parts of a message its reader sees as attachments, for $hasattachment (RFC 9979 §4).
#pragma once

#include <optional>

#include "mime/content.h"
#include "mime/message.h"

namespace postern::mime {

// A part that says "attachment", or one that is neither text, nor a picture that a text shows, nor
// a signature, nor a piece of a report. `parent` is the part itself for the message.
[[nodiscard]] bool is_attachment(const PartInfo& part, const PartInfo& parent,
                                 const std::optional<Disposition>& disposition);

}  // namespace postern::mime
