// COPY and MOVE by number and by UID (RFC 9051 §6.4.7, §6.4.8, RFC 6851, COPYUID of RFC 4315).
#include <utility>

#include "imap/encoder.h"
#include "session/handlers.h"

namespace postern::session {
namespace {

std::string copyuid(const mailstore::CopyResult& result) {
  std::string code = "COPYUID ";
  imap::append_number(code, result.uid_validity.value());
  code += ' ';
  code += result.from.to_string();
  code += ' ';
  code += result.to.to_string();
  return code;
}

// What COPY and MOVE need alike: the rows and the target.
struct Plan {
  UidSet uids;
  MailboxHandle target;
  // Messages named by number: each was there for the client. UIDs, and the "$" that stands for
  // UIDs, may name what is gone (RFC 9051 §6.4.9).
  std::size_t numbered = 0;
};

Reply expunged() {
  return reply_for(Error{Errc::kExpunged, {}, {}});
}

// RFC 9051 §7.1 EXPUNGEISSUED: what another session expunged was left out.
void tell_left_out(Context& context) {
  append_reply(context.out.buffer(), {}, Reply::okay(expunged().code, expunged().text));
}

task<std::expected<Plan, Reply>> prepare(Context& context, const imap::CopyArgs& args) {
  using Out = std::expected<Plan, Reply>;
  if (args.by == imap::Addressing::kUid && !co_await context.sync_arrivals()) {
    co_return Out(std::unexpect, reply_for(Error{Errc::kUnavailable, {}, {}}));
  }
  auto uids = context.resolve(args.set, args.by);
  if (!uids) co_return Out(std::unexpect, std::move(uids.error()));
  auto target = open_target(context.principal, args.mailbox);
  if (!target) co_return Out(std::unexpect, reply_for(target.error()));
  const bool by_number = args.by == imap::Addressing::kSequence && !args.set.is_saved_result();
  const std::size_t numbered = by_number ? uids->count() : 0;
  co_return Out(Plan{std::move(*uids), std::move(*target), numbered});
}

}  // namespace

task<Reply> do_copy(Context& context, const imap::CopyArgs& args) {
  auto plan = co_await prepare(context, args);
  if (!plan) co_return std::move(plan.error());
  const auto copied = co_await context.account().copy(context.view->handle().id,
                                                      std::move(plan->uids), plan->target.id);
  if (!copied) co_return reply_for(copied.error());
  if (!copied->to.empty()) context.made(plan->target.id, copied->to);
  // RFC 2180 §4.4.1: nothing that was named by number is left to copy.
  if (copied->from.empty() && plan->numbered != 0) co_return expunged();
  // RFC 4315 §3: without a copy there is no COPYUID; UIDs that are not there are no error.
  if (copied->from.empty()) co_return Reply::okay("COPY completed; no messages were there.");
  if (copied->from.count() < plan->numbered) tell_left_out(context);
  co_return Reply::okay(copyuid(*copied), "COPY completed.");
}

task<Reply> do_move(Context& context, const imap::CopyArgs& args) {
  if (context.view->read_only()) co_return reply_for(Error{Errc::kReadOnly, {}, {}});
  auto plan = co_await prepare(context, args);
  if (!plan) co_return std::move(plan.error());
  const auto moved = co_await context.account().move(context.view->handle().id,
                                                     std::move(plan->uids), plan->target.id);
  if (!moved) co_return reply_for(moved.error());
  if (!moved->to.empty()) context.made(plan->target.id, moved->to);
  if (moved->from.empty() && plan->numbered != 0) co_return expunged();
  // RFC 6851 §3.3: stale UIDs are OK, or clients ask for ever.
  if (moved->from.empty()) co_return Reply::okay("MOVE completed; no messages were there.");
  // RFC 6851 §4.3: COPYUID goes ahead of the expunges, in an untagged OK.
  context.out.append("* OK [");
  static_cast<void>(co_await context.out.write(copyuid(*moved)));
  context.out.append("] Moved.\r\n");
  static_cast<void>(co_await context.sync(View::Expunges::kTell));
  if (moved->from.count() < plan->numbered) tell_left_out(context);
  if (context.enabled.condstore && context.view != nullptr) {
    // RFC 7162 §3.2.10: as for EXPUNGE, so that the client can advance its state.
    std::string code = "HIGHESTMODSEQ ";
    imap::append_number(code, context.view->safe_modseq().value());
    co_return Reply::okay(std::move(code), "MOVE completed.");
  }
  co_return Reply::okay("MOVE completed.");
}

}  // namespace postern::session
