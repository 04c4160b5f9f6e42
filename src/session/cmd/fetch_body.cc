#include "session/cmd/fetch_body.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "base/log.h"
#include "imap/encoder.h"
#include "mime/decode.h"
#include "mime/message.h"

namespace postern::session {
namespace {

using imap::FetchItem;
using imap::SectionText;

constexpr std::size_t kPiece = 64 * 1024;
// LIMIT: header octets looked at for HEADER.FIELDS; the parser indexes no more of a header either.
constexpr std::uint64_t kMaxHeader = 1024 * 1024;

struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] std::uint64_t size() const { return end - begin; }
};

Range clip(Range range, const std::optional<imap::Partial>& partial) {
  if (!partial) return range;
  const std::uint64_t begin = std::min(range.end, range.begin + partial->offset);
  return {begin, std::min(range.end, begin + partial->length)};
}

// The octets of a section; nullopt: there is no such part (NIL).
std::optional<Range> find_range(const mime::MessageInfo& info, const imap::Section& section) {
  const auto index = mime::find_part(info, section.part);
  if (!index) return std::nullopt;
  const mime::PartInfo* part = &info.parts[*index];
  if (section.part.empty()) {
    switch (section.text) {
      case SectionText::kAll: return Range{0, info.size};
      case SectionText::kText: return Range{part->body_begin, info.size};
      default: return Range{0, part->body_begin};
    }
  }
  switch (section.text) {
    case SectionText::kAll: return Range{part->body_begin, part->body_end};
    case SectionText::kMime: return Range{part->header_begin, part->body_begin};
    default: break;
  }
  // RFC 9051 §6.4.5.1: HEADER and TEXT of a part are those of the message it carries.
  if (!part->message || part->children.empty()) return std::nullopt;
  part = &info.parts[part->children.front()];
  if (section.text == SectionText::kText) return Range{part->body_begin, part->body_end};
  return Range{part->header_begin, part->body_begin};
}

void append_name(std::string& out, const imap::FetchAtt& item) {
  switch (item.item) {
    case FetchItem::kRfc822: out += "RFC822 "; return;
    case FetchItem::kRfc822Header: out += "RFC822.HEADER "; return;
    case FetchItem::kRfc822Text: out += "RFC822.TEXT "; return;
    case FetchItem::kBinary: out += "BINARY"; break;
    case FetchItem::kBinarySize: out += "BINARY.SIZE"; break;
    default: out += "BODY"; break;
  }
  imap::append_section(out, item.section, item.partial);
  out += ' ';
}

// The announced literal can neither be completed nor taken back.
void break_off(Context& context, const Error& error) {
  log_error("fetch_broken_off", {{"session", context.entry->number()},
                                 {"code", to_string(error.code)},
                                 {"detail", error.detail}});
  context.out.fail();
}

// Announces and streams the octets in pieces. Nothing is written when the first piece cannot be read.
task<Result<void>> stream(Context& context, EmailId email, Range range) {
  if (range.size() == 0) {
    context.out.append("\"\"");
    co_return Result<void>();
  }
  bool announced = false;
  while (range.begin < range.end) {
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, range.size()));
    Result<std::string> piece = co_await context.account().read_body(email, range.begin, want);
    if (piece && piece->empty()) piece = fail(Errc::kCorrupt, "message is shorter than its record says");
    if (!piece) {
      if (!announced) co_return std::unexpected(piece.error());
      break_off(context, piece.error());
      co_return Result<void>();
    }
    if (!std::exchange(announced, true)) {
      context.out.append("{");
      imap::append_number(context.out.buffer(), range.size());
      context.out.append("}\r\n");
    }
    range.begin += piece->size();
    if (!co_await context.out.write(*piece)) co_return Result<void>();
    if (context.pace.due_now()) co_await context.pace.yield();
  }
  co_return Result<void>();
}

task<Result<std::string>> read_all(Context& context, EmailId email, Range range) {
  std::string bytes;
  while (range.begin < range.end) {
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, range.size()));
    POSTERN_CO_TRY(const std::string piece, co_await context.account().read_body(email, range.begin, want));
    if (piece.empty()) break;
    bytes += piece;
    range.begin += piece.size();
  }
  co_return Result<std::string>(std::move(bytes));
}

// HEADER.FIELDS and HEADER.FIELDS.NOT.
task<Result<void>> write_fields(Context& context, const FetchSource& source, const imap::FetchAtt& item,
                                Range header) {
  const imap::Section& section = item.section;
  const bool exclude = section.text == SectionText::kHeaderFieldsNot;
  const mime::MessageInfo& info = source.stored->info;
  const bool hot = !exclude && section.part.empty() &&
                   std::all_of(section.fields.begin(), section.fields.end(),
                               [](const std::string& f) { return mime::is_hot_field(to_lower(f)); });
  std::string fields;
  if (hot) {
    fields = mime::select_fields(info.hot_header, section.fields, false);
  } else {
    header.end = std::min(header.end, header.begin + kMaxHeader);
    POSTERN_CO_TRY(const std::string raw, co_await read_all(context, source.row.row->email, header));
    fields = mime::select_fields(raw, section.fields, exclude);
  }
  const Range part = clip({0, fields.size()}, item.partial);
  context.out.append("{");
  imap::append_number(context.out.buffer(), part.size());
  context.out.append("}\r\n");
  static_cast<void>(co_await context.out.write(
      std::string_view(fields).substr(static_cast<std::size_t>(part.begin), static_cast<std::size_t>(part.size()))));
  co_return Result<void>();
}

// One pass of transfer decoding over a part: octets go to `sink`, at most `limit` of decoded output.
struct DecodedSize {
  std::uint64_t size = 0;
  bool has_nul = false;  // within the wanted range
};

class Decoding {
 public:
  Decoding(Context& context, EmailId email, mime::Encoding encoding, Range encoded)
      : context_(context), email_(email), encoded_(encoded), decoder_(encoding) {}

  // Next decoded piece; empty at the end.
  task<Result<std::string>> next() {
    std::string decoded;
    while (decoded.empty() && !done_) {
      if (encoded_.begin == encoded_.end) {
        decoder_.finish(decoded);
        done_ = true;
        break;
      }
      const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, encoded_.size()));
      POSTERN_CO_TRY(const std::string piece, co_await context_.account().read_body(email_, encoded_.begin, want));
      if (piece.empty()) co_return fail(Errc::kCorrupt, "message is shorter than its record says");
      encoded_.begin += piece.size();
      decoder_.feed(piece, decoded);
      if (context_.pace.due_now()) co_await context_.pace.yield();
    }
    co_return Result<std::string>(std::move(decoded));
  }

 private:
  Context& context_;
  EmailId email_;
  Range encoded_;
  mime::TransferDecoder decoder_;
  bool done_ = false;
};

// First pass of BINARY: how long the decoded part is, and whether a NUL lies in `wanted` of it.
task<Result<DecodedSize>> measure(Context& context, EmailId email, mime::Encoding encoding, Range encoded,
                                  const std::optional<imap::Partial>& partial) {
  Decoding decoding(context, email, encoding, encoded);
  DecodedSize result;
  const Range wanted = clip({0, UINT64_MAX}, partial);
  while (true) {
    POSTERN_CO_TRY(const std::string piece, co_await decoding.next());
    if (piece.empty()) break;
    const Range here{result.size, result.size + piece.size()};
    const std::uint64_t from = std::clamp(wanted.begin, here.begin, here.end);
    const std::uint64_t to = std::clamp(wanted.end, here.begin, here.end);
    const auto part = std::string_view(piece).substr(static_cast<std::size_t>(from - here.begin),
                                                     static_cast<std::size_t>(to - from));
    result.has_nul = result.has_nul || part.find('\0') != std::string_view::npos;
    result.size = here.end;
  }
  co_return Result<DecodedSize>(result);
}

// Second pass: the announced octets. The store is immutable, so both passes decode the same.
task<void> stream_decoded(Context& context, EmailId email, mime::Encoding encoding, Range encoded, Range wanted) {
  Decoding decoding(context, email, encoding, encoded);
  std::uint64_t at = 0;
  while (at < wanted.end) {
    Result<std::string> piece = co_await decoding.next();
    if (piece && piece->empty()) piece = fail(Errc::kCorrupt, "decoding came out shorter");
    if (!piece) {
      break_off(context, piece.error());
      co_return;
    }
    const std::uint64_t from = std::clamp(wanted.begin, at, at + piece->size());
    const std::uint64_t to = std::clamp(wanted.end, at, at + piece->size());
    const auto part = std::string_view(*piece).substr(static_cast<std::size_t>(from - at),
                                                      static_cast<std::size_t>(to - from));
    at += piece->size();
    if (!part.empty() && !co_await context.out.write(part)) co_return;
  }
}

// BINARY and BINARY.SIZE (RFC 9051 §6.4.5, RFC 3516). What is no leaf, and the message itself, has no
// transfer encoding of its own and comes as it is.
task<Result<void>> write_binary(Context& context, const FetchSource& source, const imap::FetchAtt& item) {
  const mime::MessageInfo& info = source.stored->info;
  const EmailId email = source.row.row->email;
  const auto range = find_range(info, item.section);
  if (!range) {
    context.out.append(item.item == FetchItem::kBinarySize ? "0" : "NIL");
    co_return Result<void>();
  }
  const mime::PartInfo& part = info.parts[mime::find_part(info, item.section.part).value_or(0)];
  const bool leaf = !item.section.part.empty() && !part.multipart && !part.message;
  const mime::Encoding encoding = leaf ? part.encoding : mime::Encoding::kIdentity;
  // RFC 3516 §4.3: an encoding nobody knows is NO [UNKNOWN-CTE].
  if (encoding == mime::Encoding::kUnknown) co_return fail(Errc::kCannot, "unknown transfer encoding");
  POSTERN_CO_TRY(const DecodedSize decoded, co_await measure(context, email, encoding, *range, item.partial));
  if (item.item == FetchItem::kBinarySize) {
    imap::append_number(context.out.buffer(), decoded.size);
    co_return Result<void>();
  }
  const Range wanted = clip({0, decoded.size}, item.partial);
  // RFC 9051 §7.5.2: literal8 only where a NUL demands it.
  context.out.append(decoded.has_nul ? "~{" : "{");
  imap::append_number(context.out.buffer(), wanted.size());
  context.out.append("}\r\n");
  if (wanted.size() != 0) co_await stream_decoded(context, email, encoding, *range, wanted);
  co_return Result<void>();
}

task<Result<void>> write_section(Context& context, const FetchSource& source, const imap::FetchAtt& item) {
  const EmailId email = source.row.row->email;
  imap::Section section = item.section;
  switch (item.item) {
    case FetchItem::kRfc822Header: section.text = SectionText::kHeader; break;
    case FetchItem::kRfc822Text: section.text = SectionText::kText; break;
    default: break;
  }
  if (section.part.empty() && section.text == SectionText::kAll) {
    co_return co_await stream(context, email, clip({0, source.row.row->size}, item.partial));
  }
  const auto range = find_range(source.stored->info, section);
  if (!range) {
    context.out.append("NIL");
    co_return Result<void>();
  }
  if (section.text == SectionText::kHeaderFields || section.text == SectionText::kHeaderFieldsNot) {
    co_return co_await write_fields(context, source, item, *range);
  }
  co_return co_await stream(context, email, clip(*range, item.partial));
}

}  // namespace

bool reads_bytes(const imap::FetchAtt& item) {
  switch (item.item) {
    case FetchItem::kRfc822:
    case FetchItem::kRfc822Header:
    case FetchItem::kRfc822Text:
    case FetchItem::kBodySection:
    case FetchItem::kBinary:
    case FetchItem::kBinarySize: return true;
    default: return false;
  }
}

bool needs_structure(const imap::FetchAtt& item) {
  switch (item.item) {
    case FetchItem::kEnvelope:
    case FetchItem::kBody:
    case FetchItem::kBodyStructure:
    case FetchItem::kRfc822Header:
    case FetchItem::kRfc822Text:
    case FetchItem::kBinary:
    case FetchItem::kBinarySize: return true;
    case FetchItem::kBodySection:
      return !item.section.part.empty() || item.section.text != SectionText::kAll;
    default: return false;
  }
}

bool sets_seen(const imap::FetchAtt& item) {
  switch (item.item) {
    case FetchItem::kRfc822:
    case FetchItem::kRfc822Text: return true;
    case FetchItem::kBodySection:
    case FetchItem::kBinary: return !item.peek;
    default: return false;
  }
}

task<Result<void>> write_body_item(Context& context, const FetchSource& source, const imap::FetchAtt& item) {
  append_name(context.out.buffer(), item);
  const bool size = item.item == FetchItem::kBinarySize;
  Result<void> written;
  if (needs_structure(item) && source.stored == nullptr) {
    written = fail(Errc::kExpunged);
  } else if (item.item == FetchItem::kBinary || size) {
    written = co_await write_binary(context, source, item);
  } else {
    written = co_await write_section(context, source, item);
  }
  if (!written) context.out.append(size ? "0" : "NIL");
  co_return written;
}

}  // namespace postern::session
