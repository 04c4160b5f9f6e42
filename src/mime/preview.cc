#include "mime/preview.h"

#include <utility>

#include "mime/decode.h"
#include "mime/html_text.h"
#include "mime/limits.h"
#include "mime/utf8.h"

namespace postern::mime {
namespace {

bool parts_words(char32_t code) {
  return code <= ' ' || (code >= 0x7F && code <= 0xA0) || (code >= 0x2000 && code <= 0x200A) ||
         code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

// Characters senders pad the visible preview with, and ones that would reorder or replace it.
bool invisible(char32_t code) {
  return code == 0xAD || code == 0x34F || code == 0x61C || code == 0x180E ||
         (code >= 0x200B && code <= 0x200F) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || code == 0xFFFD;
}

std::string one_line(std::string_view text) {
  std::string out;
  std::size_t characters = 0;
  bool gap = false;
  while (!text.empty() && characters < kPreviewCharacters) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      text.remove_prefix(1);
      continue;
    }
    const char32_t code = utf8_code(text, length);
    const std::string_view bytes = text.substr(0, length);
    text.remove_prefix(length);
    if (parts_words(code)) {
      gap = characters > 0;
      continue;
    }
    if (invisible(code)) continue;
    if (gap) {
      if (characters + 1 == kPreviewCharacters) break;
      out += ' ';
      ++characters;
      gap = false;
    }
    out += bytes;
    ++characters;
  }
  return out;
}

}  // namespace

std::string make_preview(const PreviewSource& source) {
  std::string octets;
  TransferDecoder decoder(source.encoding);
  decoder.feed(source.bytes, octets);
  decoder.finish(octets);
  std::string text = text_to_utf8(std::move(octets), source.charset);
  if (source.html) text = html_to_text(text);
  return one_line(text);
}

}  // namespace postern::mime
