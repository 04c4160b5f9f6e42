#include "session/cmd/fetch_body.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "imap/encoder.h"
#include "mime/message.h"
#include "session/cmd/fetch_binary.h"
#include "session/cmd/fetch_range.h"

namespace postern::session {
namespace {

using imap::FetchItem;
using imap::SectionText;

// LIMIT: header octets looked at for HEADER.FIELDS; the parser indexes no more of a header either.
constexpr std::uint64_t kMaxHeader = 1024 * 1024;

void append_name(std::string& out, const imap::FetchAtt& item) {
  switch (item.item) {
    case FetchItem::kRfc822:
      out += "RFC822 ";
      return;
    case FetchItem::kRfc822Header:
      out += "RFC822.HEADER ";
      return;
    case FetchItem::kRfc822Text:
      out += "RFC822.TEXT ";
      return;
    case FetchItem::kBinary:
      out += "BINARY";
      break;
    case FetchItem::kBinarySize:
      out += "BINARY.SIZE";
      break;
    default:
      out += "BODY";
      break;
  }
  imap::append_section(out, item.section, item.partial);
  out += ' ';
}

// Announces and streams the octets in pieces. Nothing is written when the first piece cannot be
// read.
task<Result<void>> stream(Context& context, EmailId email, OctetRange range) {
  if (range.size() == 0) {
    context.out.append("\"\"");
    co_return Result<void>();
  }
  bool announced = false;
  while (range.begin < range.end) {
    const std::size_t want =
        static_cast<std::size_t>(std::min<std::uint64_t>(kFetchPiece, range.size()));
    Result<std::string> piece = co_await context.account().read_body(email, range.begin, want);
    if (piece && piece->empty())
      piece = fail(Errc::kCorrupt, "message is shorter than its record says");
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

task<Result<std::string>> read_all(Context& context, EmailId email, OctetRange range) {
  std::string bytes;
  while (range.begin < range.end) {
    const std::size_t want =
        static_cast<std::size_t>(std::min<std::uint64_t>(kFetchPiece, range.size()));
    POSTERN_CO_TRY(const std::string piece,
                   co_await context.account().read_body(email, range.begin, want));
    if (piece.empty()) break;
    bytes += piece;
    range.begin += piece.size();
  }
  co_return Result<std::string>(std::move(bytes));
}

// HEADER.FIELDS and HEADER.FIELDS.NOT.
task<Result<void>> write_fields(Context& context, const FetchSource& source,
                                const imap::FetchAtt& item, OctetRange header) {
  const imap::Section& section = item.section;
  const bool exclude = section.text == SectionText::kHeaderFieldsNot;
  const mime::MessageInfo& info = source.stored->info;
  const bool hot =
      !exclude && section.part.empty() &&
      std::all_of(section.fields.begin(), section.fields.end(),
                  [](const std::string& f) { return mime::is_hot_field(to_lower(f)); });
  std::string fields;
  if (hot) {
    fields = mime::select_fields(info.hot_header, section.fields, false);
  } else {
    header.end = std::min(header.end, header.begin + kMaxHeader);
    POSTERN_CO_TRY(const std::string raw,
                   co_await read_all(context, source.row.row->email, header));
    fields = mime::select_fields(raw, section.fields, exclude);
  }
  const OctetRange part = clip({0, fields.size()}, item.partial);
  context.out.append("{");
  imap::append_number(context.out.buffer(), part.size());
  context.out.append("}\r\n");
  static_cast<void>(co_await context.out.write(std::string_view(fields).substr(
      static_cast<std::size_t>(part.begin), static_cast<std::size_t>(part.size()))));
  co_return Result<void>();
}

task<Result<void>> write_section(Context& context, const FetchSource& source,
                                 const imap::FetchAtt& item) {
  const EmailId email = source.row.row->email;
  imap::Section section = item.section;
  switch (item.item) {
    case FetchItem::kRfc822Header:
      section.text = SectionText::kHeader;
      break;
    case FetchItem::kRfc822Text:
      section.text = SectionText::kText;
      break;
    default:
      break;
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
    case FetchItem::kBinarySize:
      return true;
    default:
      return false;
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
    case FetchItem::kBinarySize:
    case FetchItem::kThreadId:
    case FetchItem::kPreview:
      return true;
    case FetchItem::kBodySection:
      return !item.section.part.empty() || item.section.text != SectionText::kAll;
    default:
      return false;
  }
}

bool sets_seen(const imap::FetchAtt& item) {
  switch (item.item) {
    case FetchItem::kRfc822:
    case FetchItem::kRfc822Text:
      return true;
    case FetchItem::kBodySection:
    case FetchItem::kBinary:
      return !item.peek;
    default:
      return false;
  }
}

task<Result<void>> write_body_item(Context& context, const FetchSource& source,
                                   const imap::FetchAtt& item) {
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
