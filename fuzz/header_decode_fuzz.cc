// Header fields: whatever a sender writes, decoded text is UTF-8 on one line, structured fields
// hold no NUL and keep to their limits, and a transfer encoding cut anywhere decodes to the same
// octets.
#include <cstdint>

#include "mime/address.h"
#include "mime/content.h"
#include "mime/date.h"
#include "mime/decode.h"
#include "mime/fields.h"
#include "mime/html_text.h"
#include "mime/limits.h"

using namespace postern::mime;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

void check_transfer(Encoding encoding, std::string_view text, std::size_t split) {
  std::string whole, pieces;
  TransferDecoder one(encoding), two(encoding);
  one.feed(text, whole);
  one.finish(whole);
  two.feed(text.substr(0, split), pieces);
  two.feed(text.substr(split), pieces);
  two.finish(pieces);
  require(whole == pieces && one.clean() == two.clean());
}

void check_text(std::string_view charset, std::string_view octets, std::size_t split) {
  std::string pieces;
  TextDecoder decoder(charset);
  decoder.feed(octets.substr(0, split), pieces);
  decoder.feed(octets.substr(split), pieces);
  decoder.finish(pieces);
  require(valid_utf8(pieces) && pieces == text_to_utf8(octets, charset));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view raw(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t split = data[0] % (raw.size() + 1);

  const std::string decoded = decode_header(raw);
  require(valid_utf8(decoded) &&
          decoded.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  const std::string folded = fold(decoded);
  require(valid_utf8(folded) && fold(folded) == folded);

  const std::string text = unfold(raw);
  require(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  require(parse_addresses(text, kMaxAddresses).size() <= kMaxAddresses + 2);
  if (const auto type = parse_content_type(text))
    require(type->parameters.size() <= kMaxParameters);
  (void)parse_disposition(text);
  (void)parse_date(text);
  require(valid_utf8(html_to_text(decoded)));

  for (const Encoding encoding :
       {Encoding::kBase64, Encoding::kQuotedPrintable, Encoding::kIdentity}) {
    check_transfer(encoding, raw, split);
  }
  for (const char* charset : {"", "utf-8", "shift_jis", "iso-2022-jp", "gb18030"})
    check_text(charset, raw, split);
  return 0;
}
