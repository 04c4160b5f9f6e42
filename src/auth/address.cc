#include "auth/address.h"

#include "auth/directory.h"
#include "base/ascii.h"

namespace postern::auth {
namespace {

bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

// atext and '.' of RFC 5322 §3.2.3: what needs no quoting. Quoted local parts are not account names.
bool is_local_char(char c) {
  if (static_cast<unsigned char>(c) >= 0x80) return true;
  if (c <= ' ' || c == 0x7f) return false;
  return std::string_view("\"(),:;<>@[\\]").find(c) == std::string_view::npos;
}

bool is_domain_char(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || ascii_digit(c) || c == '-' || c == '.' || c == '_' ||
         (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

bool valid_parts(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == address.size()) return false;
  if (at > kMaxLocal || address.size() - at - 1 > kMaxDomain) return false;
  for (const char c : address.substr(0, at)) {
    if (!is_local_char(c)) return false;
  }
  const std::string_view domain = address.substr(at + 1);
  if (domain.front() == '.' || domain.back() == '.') return false;
  if (domain.find("..") != std::string_view::npos) return false;
  for (const char c : domain) {
    if (!is_domain_char(c)) return false;
  }
  return true;
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    std::size_t more = 0;
    char32_t code = 0, least = 0;
    if (lead >= 0xc2 && lead <= 0xdf) {
      more = 1, code = lead & 0x1fu, least = 0x80;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2, code = lead & 0x0fu, least = 0x800;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3, code = lead & 0x07u, least = 0x10000;
    } else {
      return false;
    }
    if (text.size() - i <= more) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3fu);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
    i += more + 1;
  }
  return true;
}

bool is_detail(std::string_view text) {
  if (text.size() > kMaxAddress || !is_utf8(text)) return false;
  for (const char c : text) {
    if (!is_local_char(c)) return false;
  }
  return true;
}

std::optional<SplitAddress> split_detail(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const std::size_t plus = address.substr(0, at).find('+');
  if (plus == std::string_view::npos) return std::nullopt;
  SplitAddress result;
  result.base = address.substr(0, plus);
  result.base += address.substr(at);
  result.detail = address.substr(plus + 1, at - plus - 1);
  return result;
}

Result<std::string> canonical_address(std::string_view address) {
  if (address.size() > kMaxAddress) return fail(Errc::kInvalid, "too long");
  if (!valid_parts(address)) return fail(Errc::kInvalid, "not of the form name@domain, or a part is too long");
  if (is_ascii(address)) return to_lower(address);
  if (!is_utf8(address)) return fail(Errc::kInvalid, "not UTF-8");
  POSTERN_TRY(std::string folded, fold_unicode(address));
  // Normalising can bring forth ASCII (U+037E becomes ';') and can grow the text.
  if (!valid_parts(folded)) return fail(Errc::kInvalid, "not of the form name@domain");
  return folded;
}

}  // namespace postern::auth
