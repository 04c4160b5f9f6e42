// UIDBATCHES (RFC 10022): the messages of the mailbox in batches of equal size, newest first, so
// that an app can walk a large mailbox by UID ranges without knowing its UIDs.
#include <algorithm>
#include <utility>

#include "base/quote.h"
#include "imap/encoder.h"
#include "session/handlers.h"

namespace postern::session {
namespace {

// RFC 10022 §3.1.3: every server takes 500.
constexpr std::uint32_t kLeastSize = 500;
// LIMIT: ranges of one answer, about 20 octets each; 1,000,000 messages are 2,000 of them.
constexpr std::uint64_t kMostRanges = 20'000;

// RFC 10022 §3.1.1: the same question again before half a batch came or went. Another part of the
// same batches is another question.
bool repeats(const Context::AnsweredBatches& before, const imap::UidBatchesArgs& args,
             const mailstore::MailboxVersion& shown) {
  if (before.args.size != args.size) return false;
  if (before.args.last < args.first || args.last < before.args.first) return false;
  const mailstore::MailboxCounts& now = shown.counts();
  const std::uint32_t arrived =
      shown.count(UidSet::range(before.counts.uid_next.value(), UINT32_MAX));
  const std::uint64_t gone = std::uint64_t{before.counts.exists} + arrived - now.exists;
  return arrived <= args.size / 2 && gone <= args.size / 2;
}

}  // namespace

task<Reply> do_uid_batches(Context& context, std::string_view tag,
                           const imap::UidBatchesArgs& args) {
  if (args.size < kLeastSize) co_return Reply::no("TOOFEW", "A batch has at least 500 messages.");
  if (args.first > args.last)
    co_return Reply{Reply::Status::kBad, "CLIENTBUG", "The first batch comes before the last."};
  if (!co_await context.sync_arrivals()) co_return Reply::okay("UIDBATCHES ended.");
  const mailstore::VersionPtr shown = context.view->shown();
  if (context.answered_batches && repeats(*context.answered_batches, args, *shown))
    co_return Reply::no("LIMIT", "Nothing much has changed since these batches were told.");

  const std::uint64_t exists = shown->exists();
  const std::uint64_t batches = (exists + args.size - 1) / args.size;
  const std::uint64_t last = std::min<std::uint64_t>(args.last, batches);
  if (last >= args.first && last - args.first >= kMostRanges)
    co_return Reply::no("TOOMANY", "Too many batches at once; ask for some of them.");

  std::string& out = context.out.buffer();
  out += "* UIDBATCHES (TAG ";
  append_string(out, tag);
  out += ')';
  char separator = ' ';
  for (std::uint64_t batch = args.first; batch <= last; ++batch) {
    const std::uint64_t high = exists - (batch - 1) * args.size;
    const std::uint64_t low = high > args.size ? high - args.size + 1 : 1;
    out += std::exchange(separator, ',');
    imap::append_number(out,
                        shown->by_seq(SeqNum(static_cast<std::uint32_t>(high)))->row->uid.value());
    out += ':';
    // RFC 10022 §3.1.4: the last batch may end with UID 1, which says that it is the last.
    imap::append_number(
        out,
        low == 1 ? 1 : shown->by_seq(SeqNum(static_cast<std::uint32_t>(low)))->row->uid.value());
    if (context.out.full() && !co_await context.out.flush())
      co_return Reply::okay("UIDBATCHES ended.");
    if (context.pace.due()) co_await context.pace.yield();
  }
  context.out.append("\r\n");
  context.answered_batches = Context::AnsweredBatches{args, shown->counts()};
  co_return Reply::okay("UIDBATCHES completed.");
}

}  // namespace postern::session
