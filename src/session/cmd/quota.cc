// GETQUOTA, GETQUOTAROOT, SETQUOTA and STATUS DELETED-STORAGE (RFC 9208).
//
// One root an account, named by its address. STORAGE counts the messages' octets in units of 1,024,
// both numbers rounded up, so that what is within its limit never reads as beyond it. Usage and
// limits are those of the commit that was published last.
#include <algorithm>
#include <cstdint>

#include "base/quote.h"
#include "imap/encoder.h"
#include "mailstore/folders.h"
#include "session/handlers.h"

namespace postern::session {
namespace {

constexpr std::uint64_t kUnit = 1024;  // RFC 9208 §5.1

std::uint64_t in_units(std::uint64_t octets) {
  return octets / kUnit + (octets % kUnit == 0 ? 0 : 1);
}

class ResourceList {
 public:
  explicit ResourceList(std::string& out) : out_(out) {}
  // RFC 9208 §4.2.1: a resource without a limit is left out.
  void add(std::string_view resource, std::uint64_t used, std::uint64_t limit) {
    if (limit == 0) return;
    if (!first_) out_ += ' ';
    first_ = false;
    out_ += resource;
    append(used);
    append(limit);
  }

 private:
  void append(std::uint64_t number) {
    out_ += ' ';
    // RFC 9051 §9 number64 ends at 63 bits.
    imap::append_number(out_, std::min<std::uint64_t>(number, INT64_MAX));
  }
  std::string& out_;
  bool first_ = true;
};

void append_quota(Context& context, const QuotaRoot& root) {
  const mailstore::Account::Usage usage = root.account->usage();
  std::string& out = context.out.buffer();
  out += "* QUOTA ";
  append_string(out, root.name);
  out += " (";
  ResourceList list(out);
  list.add("STORAGE", in_units(usage.bytes), in_units(usage.limit.bytes));
  list.add("MESSAGE", usage.messages, usage.limit.messages);
  // RFC 9208 §3.2: a limit that the server has by itself is told like one that was set. So the list
  // is never empty, which its grammar does not allow.
  const std::uint64_t most = mailstore::kMaxMailboxes;
  list.add("MAILBOX", usage.mailboxes,
           usage.limit.mailboxes == 0 ? most : std::min(most, usage.limit.mailboxes));
  out += ")\r\n";
}

Reply refused(const Error& error) {
  if (error.code == Errc::kNotFound)
    return Reply::no("NONEXISTENT", "There is no such quota root.");
  if (error.code == Errc::kNoPermission)
    return Reply::no("NOPERM", "The limits of this account are set by the operator.");
  return reply_for(error);
}

}  // namespace

task<Reply> do_getquota(Context& context, const imap::GetQuotaArgs& args) {
  const auto root = open_quota_root(context.principal, args.root, Right::kRead);
  if (!root) co_return refused(root.error());
  append_quota(context, *root);
  co_return Reply::okay("GETQUOTA completed.");
}

task<Reply> do_getquotaroot(Context& context, const imap::MailboxArgs& args) {
  const auto root = quota_root_of(context.principal, args.mailbox);
  if (!root) co_return refused(root.error());
  std::string& out = context.out.buffer();
  out += "* QUOTAROOT ";
  imap::append_mailbox(out, args.mailbox, context.enabled.utf8_names());
  out += ' ';
  append_string(out, root->name);
  out += "\r\n";
  append_quota(context, *root);
  co_return Reply::okay("GETQUOTAROOT completed.");
}

task<Reply> do_setquota(Context& context, const imap::SetQuotaArgs& args) {
  // RFC 9208 §6: SETQUOTA takes the right to administer the root. Nobody who signs in over IMAP has
  // it: the operator's way to the limits is `postern account set`.
  const auto root = open_quota_root(context.principal, args.root, Right::kAdminister);
  co_return refused(root ? Error{Errc::kNoPermission, {}, {}} : root.error());
}

task<Result<std::uint64_t>> deleted_storage(Context& context, const MailboxHandle& mailbox) {
  POSTERN_CO_TRY(const mailstore::MailboxCounts counts, mailbox.account->status(mailbox.id));
  // The common case needs no rows.
  if (counts.deleted == 0) co_return std::uint64_t{0};
  POSTERN_CO_TRY(const mailstore::VersionPtr version,
                 co_await mailbox.account->version(mailbox.id));
  std::uint64_t octets = 0;
  for (const mailstore::ChunkPtr& chunk : version->chunks()) {
    for (const mailstore::MessageRow& row : chunk->rows()) {
      if ((chunk->flags_of(row).system & mailstore::kDeleted) != 0) octets += row.size;
    }
    if (context.pace.due_now()) co_await context.pace.yield();
  }
  co_return octets;
}

}  // namespace postern::session
