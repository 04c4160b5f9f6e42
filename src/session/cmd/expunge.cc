// EXPUNGE and UID EXPUNGE (RFC 9051 §6.4.3, §6.4.9).
#include <optional>
#include <utility>

#include "imap/encoder.h"
#include "session/handlers.h"

namespace postern::session {

task<Reply> do_expunge(Context& context, const imap::ExpungeArgs& args) {
  if (context.view->read_only()) co_return reply_for(Error{Errc::kReadOnly, {}, {}});
  std::optional<UidSet> uids;
  if (args.uids) {
    auto resolved = context.resolve(*args.uids, imap::Addressing::kUid);
    if (!resolved) co_return std::move(resolved.error());
    uids = std::move(*resolved);
  }
  const auto expunged =
      co_await context.account().expunge(context.view->handle().id, std::move(uids));
  if (!expunged) co_return reply_for(expunged.error());
  if (!co_await context.sync(View::Expunges::kTell)) co_return Reply::okay("EXPUNGE completed.");
  if (context.enabled.condstore && expunged->modseq.valid()) {
    // RFC 7162 §3.2.7: the client learns the state that has these expunges.
    std::string code = "HIGHESTMODSEQ ";
    imap::append_number(code, context.view->safe_modseq().value());
    co_return Reply::okay(std::move(code), "EXPUNGE completed.");
  }
  co_return Reply::okay("EXPUNGE completed.");
}

}  // namespace postern::session
