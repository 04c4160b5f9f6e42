// The only file of this room that knows ICU.
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "auth/address.h"

namespace postern::auth {
namespace {

// RFC 8264 §9.10-9.18, the disallowed categories that matter in a name. U+FFFD is what a broken
// conversion leaves behind; two broken names must not become one.
bool is_forbidden(UChar32 c) {
  if (c == 0xfffd || u_isUWhiteSpace(c)) return true;
  const auto mask = U_GET_GC_MASK(c);
  return (mask & (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CS_MASK | U_GC_CO_MASK | U_GC_CN_MASK |
                  U_GC_Z_MASK)) != 0;
}

}  // namespace

Result<std::string> fold_unicode(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  if (U_FAILURE(status) != 0) return fail(Errc::kInternal, u_errorName(status));

  const icu::UnicodeString wide = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  icu::UnicodeString composed = nfc->normalize(wide, status);
  composed.toLower(icu::Locale::getRoot());
  const icu::UnicodeString folded = nfc->normalize(composed, status);
  if (U_FAILURE(status) != 0) return fail(Errc::kInvalid, u_errorName(status));

  for (std::int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
    if (is_forbidden(folded.char32At(i)))
      return fail(Errc::kInvalid, "a character that no name may hold");
  }
  std::string result;
  folded.toUTF8String(result);
  return result;
}

}  // namespace postern::auth
