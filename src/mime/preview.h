// Preview text (RFC 8970): the beginning of what a reader would see first, as one line of UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "mime/message.h"

namespace postern::mime {

// The first octets of a text part's body, still encoded.
struct PreviewSource {
  std::string bytes;
  Encoding encoding = Encoding::kIdentity;
  std::string charset;  // "" when not declared
  bool html = false;
};

inline constexpr std::size_t kPlainCapture = 8 << 10;  // LIMIT: octets kept of text/plain
inline constexpr std::size_t kHtmlCapture =
    64 << 10;  // LIMIT: of text/html, which begins with style sheets

// At most kPreviewCharacters characters; blanks and invisible characters collapse. Empty when
// nothing readable is there.
[[nodiscard]] std::string make_preview(const PreviewSource& source);

}  // namespace postern::mime
