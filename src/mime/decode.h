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

// Streaming transfer decoding (BINARY FETCH, SEARCH BODY). Lenient: junk in base64 is skipped, a
// bad "=XX" of quoted-printable stays as it is. Fed in any split, bounded memory.
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

// Streaming conversion of text to UTF-8, for any input: a charset that is unknown, absent or
// "us-ascii" is read as UTF-8, and its octets that are none as Windows-1252, which is what
// undeclared text is. Fed in any split; characters cut by a split are held back.
class TextDecoder {
 public:
  explicit TextDecoder(std::string_view charset);
  ~TextDecoder();
  TextDecoder(TextDecoder&&) noexcept;
  TextDecoder& operator=(TextDecoder&&) noexcept;
  void feed(std::string_view octets, std::string& utf8);  // appends
  void finish(std::string& utf8);                         // ready for the next text then

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
// The same for a whole buffer.
[[nodiscard]] std::string text_to_utf8(std::string_view octets, std::string_view charset);

// A header field body to UTF-8: unfolded, RFC 2047 encoded words decoded, raw octets as TextDecoder
// reads them without a charset. Words of a charset that is not known stay as they are. Linear.
[[nodiscard]] std::string decode_header(std::string_view raw);

[[nodiscard]] bool known_charset(std::string_view name);  // in the allow-list
// Whole-buffer conversion to UTF-8; malformed input becomes U+FFFD. Unknown charset: kCannot.
[[nodiscard]] Result<std::string> to_utf8(std::string_view bytes, std::string_view charset);

// For comparison as people do: full folding, so that "ß" equals "ss" and "ı" equals "i", marks that
// nobody sees (soft hyphens) left out, compatibility forms equal to what they stand for. What
// i;unicode-casemap makes equal is equal here. Malformed input becomes U+FFFD.
[[nodiscard]] std::string fold(std::string_view utf8);
// The canonical form of i;unicode-casemap (RFC 5051 §2): comparing two of them octet by octet is
// comparing the texts. Keeps malformed input as it is.
[[nodiscard]] std::string unicode_casemap(std::string_view utf8);
[[nodiscard]] std::string to_nfc(std::string_view utf8);
[[nodiscard]] bool valid_utf8(std::string_view text);

}  // namespace postern::mime
