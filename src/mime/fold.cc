// Folding and normalization (ICU).
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "base/ascii.h"
#include "mime/decode.h"

namespace postern::mime {
namespace {

bool all_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

using GetInstance = const icu::Normalizer2* (*)(UErrorCode&);

icu::UnicodeString normalize(const icu::UnicodeString& text, GetInstance form) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = form(status);
  if (U_FAILURE(status)) return text;
  icu::UnicodeString result = normalizer->normalize(text, status);
  return U_FAILURE(status) ? text : result;
}

icu::UnicodeString from_utf8(std::string_view utf8) {
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())));
}

// Each character by its simple titlecase mapping, which is the property that RFC 5051 §2 (2)(a)
// names.
icu::UnicodeString titlecase(const icu::UnicodeString& text) {
  icu::UnicodeString result;
  for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1))
    result.append(u_totitle(text.char32At(at)));
  return result;
}

}  // namespace

std::string fold(std::string_view utf8) {
  if (all_ascii(utf8)) return to_lower(utf8);
  std::string out;
  // Titlecased first: "ı" has a titlecase form, "I", and no folded one.
  normalize(normalize(titlecase(from_utf8(utf8)), &icu::Normalizer2::getNFKCCasefoldInstance),
            &icu::Normalizer2::getNFKDInstance)
      .toUTF8String(out);
  return out;
}

std::string to_nfc(std::string_view utf8) {
  if (all_ascii(utf8)) return std::string(utf8);
  std::string out;
  normalize(from_utf8(utf8), &icu::Normalizer2::getNFCInstance).toUTF8String(out);
  return out;
}

}  // namespace postern::mime
