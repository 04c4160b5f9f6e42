// Charsets: the allow-list and the ICU converters behind it.
#include <unicode/ucnv.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "mime/decode.h"
#include "mime/lexer.h"
#include "mime/utf8.h"

namespace postern::mime {
namespace {

struct Charset {
  std::string_view name;  // lower case
  const char* icu;        // null: read by us
};
// Sorted by name. SECURITY: converters with modes that hide ASCII (UTF-7, HZ, ISO-2022-KR,
// ISO-2022-CN, EBCDIC) are left out; ISO-2022-JP is what Japanese mail is written in. ISO-8859-1 is
// read as Windows-1252, its superset in all that is printed, as every mail reader does.
constexpr std::array kCharsets = std::to_array<Charset>({
    {"ansi_x3.4-1968", nullptr},
    {"ascii", nullptr},
    {"big5", "Big5"},
    {"big5-hkscs", "Big5-HKSCS"},
    {"cp1250", "windows-1250"},
    {"cp1251", "windows-1251"},
    {"cp1252", "windows-1252"},
    {"cp437", "ibm-437"},
    {"cp850", "ibm-850"},
    {"cp852", "ibm-852"},
    {"cp866", "ibm-866"},
    {"cp932", "windows-31j"},
    {"cp936", "GBK"},
    {"cp949", "windows-949"},
    {"cp950", "Big5"},
    {"euc-jp", "EUC-JP"},
    {"euc-kr", "windows-949"},
    {"gb18030", "GB18030"},
    {"gb2312", "GBK"},
    {"gbk", "GBK"},
    {"ibm437", "ibm-437"},
    {"ibm850", "ibm-850"},
    {"ibm852", "ibm-852"},
    {"ibm866", "ibm-866"},
    {"iso-2022-jp", "ISO-2022-JP"},
    {"iso-8859-1", "windows-1252"},
    {"iso-8859-10", "iso-8859-10"},
    {"iso-8859-13", "iso-8859-13"},
    {"iso-8859-14", "iso-8859-14"},
    {"iso-8859-15", "iso-8859-15"},
    {"iso-8859-2", "iso-8859-2"},
    {"iso-8859-3", "iso-8859-3"},
    {"iso-8859-4", "iso-8859-4"},
    {"iso-8859-5", "iso-8859-5"},
    {"iso-8859-6", "iso-8859-6"},
    {"iso-8859-7", "iso-8859-7"},
    {"iso-8859-8", "iso-8859-8"},
    {"iso-8859-8-i", "iso-8859-8"},
    {"iso-8859-9", "windows-1254"},
    {"koi8-r", "KOI8-R"},
    {"koi8-u", "KOI8-U"},
    {"ks_c_5601-1987", "windows-949"},
    {"latin1", "windows-1252"},
    {"macintosh", "macintosh"},
    {"shift-jis", "windows-31j"},
    {"shift_jis", "windows-31j"},
    {"tis-620", "windows-874"},
    {"us-ascii", nullptr},
    {"utf-8", nullptr},
    {"utf8", nullptr},
    {"windows-1250", "windows-1250"},
    {"windows-1251", "windows-1251"},
    {"windows-1252", "windows-1252"},
    {"windows-1253", "windows-1253"},
    {"windows-1254", "windows-1254"},
    {"windows-1255", "windows-1255"},
    {"windows-1256", "windows-1256"},
    {"windows-1257", "windows-1257"},
    {"windows-1258", "windows-1258"},
    {"windows-31j", "windows-31j"},
    {"windows-874", "windows-874"},
    {"x-sjis", "windows-31j"},
});
static_assert(std::is_sorted(kCharsets.begin(), kCharsets.end(),
                             [](const Charset& a, const Charset& b) { return a.name < b.name; }));

const Charset* find_charset(std::string_view name) {
  std::string lower = to_lower(trim(name).substr(0, 64));
  if (lower.starts_with("iso8859") || lower.starts_with("iso_8859"))
    lower = "iso-" + lower.substr(lower.find('8'));
  const auto at =
      std::lower_bound(kCharsets.begin(), kCharsets.end(), lower,
                       [](const Charset& c, const std::string& n) { return c.name < n; });
  return at != kCharsets.end() && at->name == lower ? &*at : nullptr;
}

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using ConverterPtr = std::unique_ptr<UConverter, CloseConverter>;

ConverterPtr open_converter(const char* name) {
  UErrorCode status = U_ZERO_ERROR;
  ConverterPtr converter(ucnv_open(name, &status));
  return U_FAILURE(status) ? nullptr : std::move(converter);
}

// Windows-1252 where it differs from ISO-8859-1 (0x80 to 0x9F); 0 is unassigned.
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

enum class Malformed { kReplace, kWindows1252 };

// Octets that could still become a character when more follow.
bool cut_short(std::string_view tail) {
  if (tail.size() >= 4) return false;
  const auto lead = static_cast<unsigned char>(tail.front());
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || tail.size() >= length) return false;
  return std::all_of(tail.begin() + 1, tail.end(),
                     [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; });
}

// Copies UTF-8, mending what is none. Returns how many octets at the end were left because they may
// be the start of a character (none if `last`).
std::size_t mend_utf8(std::string_view in, Malformed malformed, bool last, std::string& out) {
  while (!in.empty()) {
    std::size_t plain = 0;
    while (plain < in.size() && static_cast<unsigned char>(in[plain]) < 0x80) ++plain;
    out += in.substr(0, plain);
    in.remove_prefix(plain);
    if (in.empty()) break;
    if (const std::size_t length = utf8_length(in); length != 0) {
      out += in.substr(0, length);
      in.remove_prefix(length);
      continue;
    }
    if (!last && cut_short(in)) return in.size();
    const auto byte = static_cast<unsigned char>(in.front());
    if (malformed == Malformed::kReplace) {
      append_utf8(out, 0xFFFD);
    } else {
      append_utf8(out, byte < 0xA0 ? kWindows1252[byte - 0x80] : byte);
    }
    in.remove_prefix(1);
  }
  return 0;
}

}  // namespace

struct TextDecoder::Impl {
  Malformed malformed = Malformed::kWindows1252;
  std::string held;  // up to 3 octets of a cut UTF-8 character
  // Set for charsets that ICU reads; the pivot keeps what is between the two converters.
  ConverterPtr from, to;
  std::array<UChar, 512> pivot{};
  UChar* pivot_source = nullptr;
  UChar* pivot_target = nullptr;

  void reset() {
    ucnv_reset(from.get());
    ucnv_reset(to.get());
    pivot_source = pivot_target = pivot.data();
  }

  void convert(std::string_view octets, bool last, std::string& out) {
    std::array<char, 2048> buffer;
    const char* source = octets.data();
    const char* const source_end = source + octets.size();
    for (;;) {
      UErrorCode status = U_ZERO_ERROR;
      char* target = buffer.data();
      ucnv_convertEx(to.get(), from.get(), &target, buffer.data() + buffer.size(), &source,
                     source_end, pivot.data(), &pivot_source, &pivot_target,
                     pivot.data() + pivot.size(), false, last, &status);
      out.append(buffer.data(), static_cast<std::size_t>(target - buffer.data()));
      if (status != U_BUFFER_OVERFLOW_ERROR) return;
    }
  }
};

TextDecoder::TextDecoder(std::string_view charset) : impl_(std::make_unique<Impl>()) {
  const Charset* known = find_charset(charset);
  if (known == nullptr) return;
  if (known->icu == nullptr) {
    if (known->name.starts_with("utf")) impl_->malformed = Malformed::kReplace;
    return;
  }
  impl_->from = open_converter(known->icu);
  impl_->to = open_converter("UTF-8");
  if (impl_->to == nullptr) impl_->from.reset();
  if (impl_->from != nullptr) impl_->reset();
}
TextDecoder::~TextDecoder() = default;
TextDecoder::TextDecoder(TextDecoder&&) noexcept = default;
TextDecoder& TextDecoder::operator=(TextDecoder&&) noexcept = default;

void TextDecoder::feed(std::string_view octets, std::string& utf8) {
  if (octets.empty()) return;
  if (impl_->from != nullptr) {
    impl_->convert(octets, false, utf8);
    return;
  }
  std::string joined;
  if (!impl_->held.empty()) {
    joined = impl_->held + std::string(octets);
    octets = joined;
  }
  const std::size_t left = mend_utf8(octets, impl_->malformed, false, utf8);
  impl_->held = octets.substr(octets.size() - left);
}

void TextDecoder::finish(std::string& utf8) {
  if (impl_->from != nullptr) {
    impl_->convert({}, true, utf8);
    impl_->reset();
    return;
  }
  mend_utf8(impl_->held, impl_->malformed, true, utf8);
  impl_->held.clear();
}

std::string text_to_utf8(std::string_view octets, std::string_view charset) {
  std::string out;
  TextDecoder decoder(charset);
  decoder.feed(octets, out);
  decoder.finish(out);
  return out;
}

bool known_charset(std::string_view name) {
  return find_charset(name) != nullptr;
}

Result<std::string> to_utf8(std::string_view bytes, std::string_view charset) {
  const Charset* known = find_charset(charset);
  if (known == nullptr) return fail(Errc::kCannot, "charset");
  if (known->icu != nullptr) return text_to_utf8(bytes, charset);
  std::string out;
  mend_utf8(bytes, Malformed::kReplace, true, out);
  return out;
}

bool valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace postern::mime
