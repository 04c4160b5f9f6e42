#include "session/cmd/fetch_binary.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "imap/encoder.h"
#include "mime/decode.h"
#include "session/cmd/fetch_range.h"

namespace postern::session {
namespace {

using imap::FetchItem;

// One pass of transfer decoding over a part: octets go to `sink`, at most `limit` of decoded
// output.
struct DecodedSize {
  std::uint64_t size = 0;
  bool has_nul = false;  // within the wanted range
};

class Decoding {
 public:
  Decoding(Context& context, EmailId email, mime::Encoding encoding, OctetRange encoded)
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
      const std::size_t want =
          static_cast<std::size_t>(std::min<std::uint64_t>(kFetchPiece, encoded_.size()));
      POSTERN_CO_TRY(const std::string piece,
                     co_await context_.account().read_body(email_, encoded_.begin, want));
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
  OctetRange encoded_;
  mime::TransferDecoder decoder_;
  bool done_ = false;
};

// First pass of BINARY: how long the decoded part is, and whether a NUL lies in `wanted` of it.
task<Result<DecodedSize>> measure(Context& context, EmailId email, mime::Encoding encoding,
                                  OctetRange encoded, const std::optional<imap::Partial>& partial) {
  Decoding decoding(context, email, encoding, encoded);
  DecodedSize result;
  const OctetRange wanted = clip({0, UINT64_MAX}, partial);
  while (true) {
    POSTERN_CO_TRY(const std::string piece, co_await decoding.next());
    if (piece.empty()) break;
    const OctetRange here{result.size, result.size + piece.size()};
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
task<void> stream_decoded(Context& context, EmailId email, mime::Encoding encoding,
                          OctetRange encoded, OctetRange wanted) {
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

// What is no leaf, and the message itself, has no transfer encoding of its own.
mime::Encoding encoding_of(const mime::MessageInfo& info, const imap::Section& section) {
  const mime::PartInfo& part = info.parts[mime::find_part(info, section.part).value_or(0)];
  const bool leaf = !section.part.empty() && !part.multipart && !part.message;
  return leaf ? part.encoding : mime::Encoding::kIdentity;
}

}  // namespace

bool has_size(const mime::MessageInfo& info, const imap::FetchAtt& item) {
  return item.item != FetchItem::kBinarySize || !find_range(info, item.section) ||
         encoding_of(info, item.section) != mime::Encoding::kUnknown;
}

// BINARY and BINARY.SIZE (RFC 9051 §6.4.5, RFC 3516).
task<Result<void>> write_binary(Context& context, const FetchSource& source,
                                const imap::FetchAtt& item) {
  const mime::MessageInfo& info = source.stored->info;
  const EmailId email = source.row.row->email;
  const auto range = find_range(info, item.section);
  if (!range) {
    context.out.append(item.item == FetchItem::kBinarySize ? "0" : "NIL");
    co_return Result<void>();
  }
  const mime::Encoding encoding = encoding_of(info, item.section);
  // RFC 3516 §4.3: an encoding nobody knows is NO [UNKNOWN-CTE].
  if (encoding == mime::Encoding::kUnknown)
    co_return fail(Errc::kCannot, "unknown transfer encoding");
  POSTERN_CO_TRY(const DecodedSize decoded,
                 co_await measure(context, email, encoding, *range, item.partial));
  if (item.item == FetchItem::kBinarySize) {
    imap::append_number(context.out.buffer(), decoded.size);
    co_return Result<void>();
  }
  const OctetRange wanted = clip({0, decoded.size}, item.partial);
  // RFC 9051 §7.5.2: literal8 only where a NUL demands it.
  context.out.append(decoded.has_nul ? "~{" : "{");
  imap::append_number(context.out.buffer(), wanted.size());
  context.out.append("}\r\n");
  if (wanted.size() != 0) co_await stream_decoded(context, email, encoding, *range, wanted);
  co_return Result<void>();
}

}  // namespace postern::session
