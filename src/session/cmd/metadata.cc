// GETMETADATA and SETMETADATA (RFC 5464), and METADATA responses of LIST (RFC 9590).
//
// Entries of the server: those below /private are the account's own; those below /shared are the
// operator's, from the settings, and read-only (RFC 5464 §3.3 lets a server restrict them).
// DEVIATION: RFC 5464 §4.1 would have entries on \Noselect names too. Names that cannot be selected
// are \NonExistent here: no mailbox, only a parent or a subscription, with nothing to tie an entry
// to (RFC 9590 §4 shows them without).
#include <set>
#include <utility>

#include "base/ascii.h"
#include "base/quote.h"
#include "imap/encoder.h"
#include "session/handlers.h"
#include "session/metadata_view.h"

namespace postern::session {
namespace {

using imap::MetadataDepth;
using mailstore::MetadataEntries;
using mailstore::MetadataEntriesPtr;
using mailstore::MetadataValue;

constexpr std::string_view kShared = "/shared";

bool is_shared(std::string_view entry) {
  return iequals(entry.substr(0, kShared.size()), kShared);
}

void append_value(std::string& out, const MetadataValue& value) {
  if (!value) {
    out += "NIL";
  } else if (value->find('\0') != std::string::npos) {
    // RFC 5464 §5: a value with NUL is a literal8.
    out += '~';
    append_literal(out, *value);
  } else {
    append_string(out, *value);
  }
}

// What a look-up found, in the order it was asked for, each entry once; the name as the client
// wrote it, where it wrote it.
struct Found {
  std::string_view name;
  MetadataValue value;
};

// Calls visit(name, value) for the entries below `entry`, children only or all.
template <class Visit>
void visit_below(const MetadataEntries& entries, std::string_view entry, MetadataDepth depth,
                 Visit visit) {
  const std::string prefix = std::string(entry) + '/';
  for (auto at = entries.lower_bound(prefix); at != entries.end() && at->first.starts_with(prefix);
       ++at) {
    const std::string_view below = std::string_view(at->first).substr(prefix.size());
    if (depth == MetadataDepth::kAll || below.find('/') == std::string_view::npos)
      visit(at->first, at->second);
  }
}

std::vector<Found> look_up(const MetadataEntries& entries, const std::vector<std::string>& wanted,
                           MetadataDepth depth) {
  std::vector<Found> found;
  std::set<std::string, std::less<>> seen;
  for (const std::string& name : wanted) {
    const std::string key = to_lower(name);
    const auto at = entries.find(key);
    // RFC 5464 §4.2.2: with a DEPTH the entry itself comes if it exists.
    if ((at != entries.end() || depth == MetadataDepth::kEntry) && seen.insert(key).second)
      found.push_back({name, at == entries.end() ? nullptr : at->second});
    if (depth == MetadataDepth::kEntry) continue;
    visit_below(entries, key, depth, [&](const std::string& below, const MetadataValue& value) {
      if (seen.insert(below).second) found.push_back({below, value});
    });
  }
  if (!found.empty()) return found;
  // RFC 5464 §4.2: a METADATA response is required.
  for (const std::string& name : wanted) found.push_back({name, nullptr});
  return found;
}

// METADATA responses for `mailbox`; a large answer is several (RFC 5464 §4.4). False when the peer
// is gone.
task<bool> append_found(Context& context, std::string_view mailbox, const std::vector<Found>& found,
                        std::uint64_t max_size, std::uint64_t& longest) {
  std::string& out = context.out.buffer();
  bool open = false;
  for (const Found& one : found) {
    if (one.value && one.value->size() > max_size) {
      longest = std::max<std::uint64_t>(longest, one.value->size());
      continue;
    }
    if (open && context.out.full()) {
      out += ")\r\n";
      open = false;
      if (!co_await context.out.flush()) co_return false;
    }
    if (open) {
      out += ' ';
    } else {
      out += "* METADATA ";
      imap::append_mailbox(out, mailbox, context.enabled.utf8_names());
      out += " (";
      open = true;
    }
    append_entry(out, one.name);
    out += ' ';
    append_value(out, one.value);
  }
  if (open) out += ")\r\n";
  if (context.out.full()) co_return co_await context.out.flush();
  co_return true;
}

MetadataEntries entries_of(const MetadataEntriesPtr& entries) {
  return entries ? *entries : MetadataEntries();
}

// RFC 6154 §4: tied to the special use of the mailbox, which CREATE gives; read-only.
constexpr std::string_view kSpecialUse = "/private/specialuse";

MetadataEntries mailbox_entries(const MailboxHandle& mailbox) {
  MetadataEntries entries = entries_of(mailbox.account->metadata()->find(mailbox.id));
  const mailstore::FoldersPtr folders = mailbox.account->folders();
  const mailstore::Folder* folder = folders->find(mailbox.id);
  if (folder != nullptr && folder->special_use != mailstore::SpecialUse::kNone) {
    entries[std::string(kSpecialUse)] =
        std::make_shared<const std::string>(mailstore::to_attribute(folder->special_use));
  }
  return entries;
}

// The account's own, and what the operator says of the server (RFC 5464 §6.2).
MetadataEntries server_entries(const Context& context) {
  MetadataEntries entries =
      entries_of(context.account().metadata()->find(mailstore::kServerMetadata));
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) entries[name] = std::make_shared<const std::string>(value);
  };
  add("/shared/admin", context.settings->contact);
  add("/shared/comment", context.settings->comment);
  return entries;
}

Reply refused(const Error& error) {
  // RFC 5464 §4.3.
  if (error.code == Errc::kLimit)
    return Reply::no("METADATA TOOMANY", "There is no room for more entries.");
  if (error.code == Errc::kTooBig) return metadata_too_big();
  return reply_for(error);
}

}  // namespace

Reply metadata_too_big() {
  return Reply::no("METADATA MAXSIZE " + std::to_string(mailstore::kMaxMetadataValue),
                   "A value is larger than this server keeps.");
}

task<Reply> do_getmetadata(Context& context, const imap::GetMetadataArgs& args) {
  MetadataEntries entries;
  if (args.mailbox.empty()) {
    entries = server_entries(context);
  } else {
    const auto mailbox = open_mailbox(context.principal, args.mailbox, Right::kRead);
    if (!mailbox) co_return reply_for(mailbox.error());
    entries = mailbox_entries(*mailbox);
  }
  std::uint64_t longest = 0;
  const std::vector<Found> found = look_up(entries, args.entries, args.depth);
  static_cast<void>(co_await append_found(context, args.mailbox, found,
                                          args.max_size.value_or(UINT64_MAX), longest));
  if (longest != 0) {
    co_return Reply::okay("METADATA LONGENTRIES " + std::to_string(longest),
                          "GETMETADATA completed.");
  }
  co_return Reply::okay("GETMETADATA completed.");
}

task<Reply> do_setmetadata(Context& context, imap::SetMetadataArgs& args) {
  bool shared = false;
  std::vector<mailstore::MetadataChange> changes;
  for (auto& [entry, value] : args.values) {
    shared = shared || is_shared(entry);
    changes.push_back({to_lower(entry), std::move(value)});
  }
  auto account = context.principal.account;
  MailboxId id = mailstore::kServerMetadata;
  if (args.mailbox.empty()) {
    if (shared)
      co_return Reply::no("NOPERM", "Shared entries of the server are set by the operator.");
  } else {
    // RFC 5464 §3.3: what others read takes more than reading.
    const auto mailbox =
        open_mailbox(context.principal, args.mailbox, shared ? Right::kWriteFlags : Right::kRead);
    if (!mailbox) co_return reply_for(mailbox.error());
    account = mailbox->account;
    id = mailbox->id;
    for (const mailstore::MetadataChange& change : changes) {
      if (change.entry == kSpecialUse)
        co_return Reply::no("USEATTR", "A mailbox gets its special use when it is created.");
    }
  }
  const Result<void> set = co_await account->set_metadata(id, changes);
  if (!set) co_return refused(set.error());
  context.metadata.note_own(id, changes);
  co_return Reply::okay("SETMETADATA completed.");
}

task<bool> append_metadata(Context& context, const MailboxHandle& mailbox,
                           const std::vector<std::string>& wanted) {
  const MetadataEntries entries = mailbox_entries(mailbox);
  const std::vector<Found> found = look_up(entries, wanted, MetadataDepth::kEntry);
  std::uint64_t longest = 0;
  co_return co_await append_found(context, mailbox.name, found, UINT64_MAX, longest);
}

}  // namespace postern::session
