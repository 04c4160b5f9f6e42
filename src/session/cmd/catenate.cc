#include "session/cmd/catenate.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "imap/imap_url.h"
#include "mime/message.h"
#include "session/open.h"

namespace postern::session {
namespace {

using imap::SectionText;

// LIMIT: header octets looked at for HEADER.FIELDS, as in FETCH.
constexpr std::uint64_t kMaxHeader = 1024 * 1024;

Result<MailboxHandle> open_base(const Context& context, const imap::ImapUrl& url) {
  if (!url.mailbox.empty()) return open_mailbox(context.principal, url.mailbox, Right::kRead);
  // RFC 4469 §3: the selected mailbox is the base, when there is one.
  if (context.view == nullptr) return fail(Errc::kNotFound, "no mailbox is selected");
  return context.view->handle();
}

}  // namespace

task<Result<UrlOctets>> UrlOctets::open(Context& context, std::string url) {
  POSTERN_CO_TRY(const imap::ImapUrl parsed, imap::parse_imap_url(url));
  POSTERN_CO_TRY(const MailboxHandle mailbox, open_base(context, parsed));
  // RFC 5092 §5: a stale URL is one of a mailbox that is not there.
  if (parsed.uid_validity && *parsed.uid_validity != mailbox.uid_validity.value())
    co_return fail(Errc::kNotFound, "another UIDVALIDITY");
  POSTERN_CO_TRY(const mailstore::VersionPtr version,
                 co_await mailbox.account->version(mailbox.id));
  const auto message = version->by_uid(Uid(parsed.uid));
  if (!message) co_return fail(Errc::kNotFound, "no such UID");

  UrlOctets octets;
  octets.account_ = mailbox.account;
  octets.email_ = message->row->email;
  octets.range_ = {0, message->row->size};
  const imap::Section& section = parsed.section;
  if (!section.part.empty() || section.text != SectionText::kAll) {
    std::vector<EmailId> wanted{octets.email_};
    POSTERN_CO_TRY(const auto stored, co_await octets.account_->read_info(std::move(wanted)));
    const auto range = find_range(stored.front().info, section);
    if (!range) co_return fail(Errc::kNotFound, "no such part");
    octets.range_ = *range;
  }
  if (section.text == SectionText::kHeaderFields || section.text == SectionText::kHeaderFieldsNot) {
    octets.range_.end = std::min(octets.range_.end, octets.range_.begin + kMaxHeader);
    std::string header;
    while (octets.range_.size() != 0) {
      POSTERN_CO_TRY(const std::string piece, co_await octets.next());
      header += piece;
    }
    octets.fields_ =
        mime::select_fields(header, section.fields, section.text == SectionText::kHeaderFieldsNot);
    octets.selected_ = true;
    octets.range_ = {0, octets.fields_.size()};
  }
  octets.range_ = clip(octets.range_, parsed.partial);
  co_return Result<UrlOctets>(std::move(octets));
}

std::uint64_t UrlOctets::size() const {
  return range_.size();
}

task<Result<std::string>> UrlOctets::next() {
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(kFetchPiece, range_.size()));
  std::string piece;
  if (want == 0) co_return Result<std::string>(std::move(piece));
  if (selected_) {
    piece = fields_.substr(static_cast<std::size_t>(range_.begin), want);
  } else {
    POSTERN_CO_TRY(piece, co_await account_->read_body(email_, range_.begin, want));
    if (piece.empty()) co_return fail(Errc::kCorrupt, "message is shorter than its record says");
  }
  range_.begin += piece.size();
  co_return Result<std::string>(std::move(piece));
}

}  // namespace postern::session
