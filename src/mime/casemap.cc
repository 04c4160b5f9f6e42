// i;unicode-casemap (RFC 5051).
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "base/ascii.h"
#include "mime/decode.h"
#include "mime/utf8.h"

namespace postern::mime {

std::string unicode_casemap(std::string_view utf8) {
  const bool ascii = std::all_of(utf8.begin(), utf8.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) return to_upper(utf8);
  // RFC 5051 §2 (1)(b): what is no UTF-8 is compared as it is.
  if (!valid_utf8(utf8)) return std::string(utf8);
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfkd = icu::Normalizer2::getNFKDInstance(status);
  std::string out;
  out.reserve(utf8.size());
  icu::UnicodeString parts;
  while (!utf8.empty()) {
    const std::size_t length = utf8_length(utf8);
    // §2 (2)(a), then (b): titlecase, and that decomposed, character by character.
    const UChar32 title = u_totitle(static_cast<UChar32>(utf8_code(utf8, length)));
    utf8.remove_prefix(length);
    if (U_SUCCESS(status) && nfkd->getDecomposition(title, parts) != 0) {
      parts.toUTF8String(out);
    } else {
      append_utf8(out, static_cast<char32_t>(title));
    }
  }
  return out;
}

}  // namespace postern::mime
