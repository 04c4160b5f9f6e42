// Decoders over parts and headers: transfer encodings, RFC 2047 words, charsets, case folding.
//
// SECURITY: charsets go through an allow-list of ICU converters; no iconv.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mime/message.h"

namespace postern::mime {

// Streaming transfer decoding (BINARY FETCH, SEARCH BODY). Lenient: junk in base64 is skipped.
class TransferDecoder {
 public:
  explicit TransferDecoder(Encoding encoding);
  void feed(std::string_view encoded, std::string& out);  // appends decoded octets
  void finish(std::string& out);
  // False when the input was not clean: BINARY then answers with UNKNOWN-CTE only for kUnknown.
  [[nodiscard]] bool clean() const;

 private:
  Encoding encoding_;
  std::string carry_;  // undecoded tail: up to one quantum, or one soft-break candidate
  bool clean_ = true;
};

// A header field body to UTF-8: unfolded, RFC 2047 encoded words decoded, raw 8-bit taken as UTF-8 if
// valid, else Latin-1. Linear.
[[nodiscard]] std::string decode_header(std::string_view raw);

[[nodiscard]] bool known_charset(std::string_view name);  // in the allow-list
// Whole-buffer conversion to UTF-8; malformed input becomes U+FFFD. Unknown charset: kCannot.
[[nodiscard]] Result<std::string> to_utf8(std::string_view bytes, std::string_view charset);

// Case-folded and decomposed for comparison (i;unicode-casemap, RFC 5051).
[[nodiscard]] std::string fold(std::string_view utf8);
[[nodiscard]] std::string to_nfc(std::string_view utf8);
[[nodiscard]] bool valid_utf8(std::string_view text);

}  // namespace postern::mime
