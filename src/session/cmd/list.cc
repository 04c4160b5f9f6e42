// LIST in all forms (RFC 9051 §6.3.9, RFC 5258, RFC 5819, RFC 6154), LSUB (RFC 3501 §6.3.9),
// NAMESPACE.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "imap/encoder.h"
#include "session/handlers.h"
#include "session/list_match.h"

namespace postern::session {
namespace {

using mailstore::Folder;
using mailstore::Folders;
using mailstore::SpecialUse;

bool selected(const imap::ListArgs& args, const Folder& folder) {
  if (args.select_subscribed && !folder.subscribed) return false;
  if (args.select_special_use && (folder.special_use == SpecialUse::kNone || !folder.exists()))
    return false;
  return true;
}
// RFC 5258 §3.1: REMOTE selects nothing here, and RECURSIVEMATCH only modifies the others.
bool has_selection(const imap::ListArgs& args) {
  return args.select_subscribed || args.select_special_use;
}

class Patterns {
 public:
  explicit Patterns(const imap::ListArgs& args) {
    for (const std::string& pattern : args.patterns)
      patterns_.emplace_back(args.reference, pattern);
  }
  bool match(std::string_view name) {
    for (ListPattern& pattern : patterns_) {
      if (pattern.matches(name, steps_)) return true;
    }
    return false;
  }
  [[nodiscard]] bool exhausted() const { return steps_ > ListPattern::kMaxSteps; }

 private:
  std::vector<ListPattern> patterns_;
  std::uint64_t steps_ = 0;
};

// What lies below a name: some selected descendant, and one that no pattern matches.
struct Below {
  bool any = false;
  bool unmatched = false;
  bool listed = false;  // the name itself is in the folder table
};
using BelowMap = std::map<std::string, Below, std::less<>>;

void mark_ancestors(BelowMap& below, std::string_view name, bool matched) {
  for (std::size_t at = name.rfind(mailstore::kDelimiter); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : name.rfind(mailstore::kDelimiter, at - 1)) {
    const std::string_view parent = name.substr(0, at);
    auto found = below.find(parent);
    if (found == below.end()) found = below.emplace(std::string(parent), Below{}).first;
    // What is marked already has marked everything above it.
    if (found->second.any && (matched || found->second.unmatched)) return;
    found->second.any = true;
    found->second.unmatched |= !matched;
  }
}

struct ListLine {
  std::string_view name;
  bool exists = true;
  bool children = false;
  bool subscribed = false;
  SpecialUse special_use = SpecialUse::kNone;
  bool child_info_subscribed = false;
  bool child_info_special_use = false;
  std::string_view old_name;  // empty: none
};

// RFC 9051 §9 mbox-list-extended: all items share one pair of parentheses.
void append_extended_items(Context& context, const ListLine& line) {
  const bool child_info = line.child_info_subscribed || line.child_info_special_use;
  if (!child_info && line.old_name.empty()) return;
  std::string& out = context.out.buffer();
  out += " (";
  if (child_info) {
    out += "\"CHILDINFO\" (";
    if (line.child_info_subscribed) out += "\"SUBSCRIBED\"";
    if (line.child_info_subscribed && line.child_info_special_use) out += ' ';
    if (line.child_info_special_use) out += "\"SPECIAL-USE\"";
    out += ')';
  }
  if (!line.old_name.empty()) {
    if (child_info) out += ' ';
    out += "\"OLDNAME\" (";
    imap::append_mailbox(out, line.old_name, context.enabled.utf8_names());
    out += ')';
  }
  out += ')';
}

void append_line(Context& context, const ListLine& line) {
  std::string& out = context.out.buffer();
  out += "* LIST (";
  // RFC 5258 §3: \NonExistent implies \Noselect; the second is for clients of RFC 3501.
  if (!line.exists) out += "\\NonExistent \\Noselect ";
  out += line.children ? "\\HasChildren" : "\\HasNoChildren";
  if (line.subscribed) out += " \\Subscribed";
  if (line.special_use != SpecialUse::kNone) {
    out += ' ';
    out += mailstore::to_attribute(line.special_use);
  }
  out += ") \"/\" ";
  imap::append_mailbox(out, line.name, context.enabled.utf8_names());
  append_extended_items(context, line);
  out += "\r\n";
}

ListLine line_of(const Folders& folders, const Folder& folder) {
  ListLine line;
  line.name = folder.name;
  line.exists = folder.exists();
  line.children = folders.has_children(folder.name);
  line.special_use = folder.special_use;
  return line;
}

// The selected folders below each name, for RECURSIVEMATCH and LSUB.
task<std::optional<BelowMap>> map_below(Context& context, const imap::ListArgs& args,
                                        const Folders& folders, Patterns& patterns) {
  BelowMap below;
  for (const Folder& folder : folders.all()) {
    if (selected(args, folder)) mark_ancestors(below, folder.name, patterns.match(folder.name));
    if (patterns.exhausted()) co_return std::nullopt;
    if (context.pace.due()) co_await context.pace.yield();
  }
  for (const Folder& folder : folders.all()) {
    if (const auto found = below.find(folder.name); found != below.end())
      found->second.listed = true;
  }
  co_return std::optional<BelowMap>(std::move(below));
}

Reply too_expensive() {
  return Reply::no("LIMIT", "The patterns are too expensive to match.");
}

void add_child_info(const imap::ListArgs& args, ListLine& line) {
  line.child_info_subscribed = args.select_subscribed;
  line.child_info_special_use = args.select_special_use;
}

task<std::optional<Reply>> list_folders(Context& context, const imap::ListArgs& args,
                                        const Folders& folders, Patterns& patterns,
                                        const BelowMap& below) {
  for (const Folder& folder : folders.all()) {
    if (context.pace.due()) co_await context.pace.yield();
    if (context.out.full() && !co_await context.out.flush()) co_return std::nullopt;
    ListLine line = line_of(folders, folder);
    bool show = has_selection(args) ? selected(args, folder) : line.exists || line.children;
    const bool selected_itself = show;
    if (const auto found = below.find(folder.name); found != below.end()) {
      // RFC 5258 §3.5: a name that is not selected comes only for a child that does not come
      // itself.
      if (show ? found->second.any : found->second.unmatched) {
        show = true;
        add_child_info(args, line);
      }
    }
    if (!show || !patterns.match(folder.name)) {
      if (patterns.exhausted()) co_return too_expensive();
      continue;
    }
    line.subscribed = folder.subscribed && (args.return_subscribed || args.select_subscribed);
    append_line(context, line);
    if (args.return_status && folder.exists()) {
      // RFC 5819 §2: STATUS follows its LIST; a mailbox that just vanished has none.
      const MailboxHandle handle{context.principal.account, folder.id, folder.name,
                                 folder.uid_validity};
      static_cast<void>(co_await append_status(context, handle, *args.return_status));
    }
    // RFC 9590 §3: of mailboxes that are listed for themselves.
    if (!args.return_metadata.empty() && folder.exists() && selected_itself) {
      const MailboxHandle handle{context.principal.account, folder.id, folder.name,
                                 folder.uid_validity};
      if (!co_await append_metadata(context, handle, args.return_metadata)) co_return std::nullopt;
    }
  }
  co_return std::nullopt;
}

}  // namespace

bool denormalized(std::string_view sent, std::string_view name) {
  constexpr std::string_view kInbox = "INBOX";
  if (name.starts_with(kInbox) && iequals(sent.substr(0, kInbox.size()), kInbox)) {
    return sent.substr(kInbox.size()) != name.substr(kInbox.size());
  }
  return sent != name;
}

void append_list_line(Context& context, const Folders& folders, const Folder& folder,
                      std::string_view sent) {
  ListLine line = line_of(folders, folder);
  if (denormalized(sent, folder.name)) line.old_name = sent;
  append_line(context, line);
}

void append_old_name(Context& context, std::string_view name, std::string_view old_name) {
  // The item is of RFC 9051 (§6.3.9.7); other clients did not ask for LIST data.
  if (!context.enabled.rev2) return;
  const mailstore::FoldersPtr folders = context.account().folders();
  ListLine line;
  line.name = name;
  line.exists = false;
  line.children = folders->has_children(name);
  if (const Folder* folder = folders->find(name)) line = line_of(*folders, *folder);
  line.old_name = old_name;
  append_line(context, line);
}

void append_name_event(Context& context, const Folders& folders, std::string_view name,
                       std::string_view old_name) {
  ListLine line;
  line.name = name;
  line.exists = false;
  line.children = folders.has_children(name);
  if (const Folder* folder = folders.find(name)) {
    line = line_of(folders, *folder);
    line.subscribed = folder->subscribed;
  }
  line.old_name = old_name;
  append_line(context, line);
}

task<Reply> do_list(Context& context, const imap::ListArgs& args) {
  if (!args.extended && args.patterns.size() == 1 && args.patterns[0].empty()) {
    // RFC 9051 §6.3.9: the empty pattern asks for the delimiter and the root of the reference.
    context.out.append("* LIST (\\Noselect) \"/\" \"\"\r\n");
    co_return Reply::okay("LIST completed.");
  }
  if (args.select_recursive_match && !has_selection(args)) {
    co_return Reply::bad("RECURSIVEMATCH needs another selection option.");  // RFC 5258 §3.1
  }
  if (args.return_status &&
      std::find(args.return_status->begin(), args.return_status->end(),
                imap::StatusItem::kHighestModSeq) != args.return_status->end()) {
    context.enable_condstore();  // RFC 7162 §3.1.7
  }
  // The snapshot is immutable: the listing is of one moment, however long it takes to write.
  const mailstore::FoldersPtr folders = context.account().folders();
  Patterns patterns(args);
  BelowMap below;
  if (args.select_recursive_match) {
    auto mapped = co_await map_below(context, args, *folders, patterns);
    if (!mapped) co_return too_expensive();
    below = std::move(*mapped);
  }
  if (auto failed = co_await list_folders(context, args, *folders, patterns, below)) {
    co_return std::move(*failed);
  }
  // Parents that no mailbox and no subscription names.
  for (const auto& [name, what] : below) {
    if (what.listed || !what.unmatched || !patterns.match(name)) continue;
    ListLine line;
    line.name = name;
    line.exists = false;
    line.children = folders->has_children(name);
    add_child_info(args, line);
    append_line(context, line);
  }
  co_return Reply::okay("LIST completed.");
}

task<Reply> do_lsub(Context& context, const imap::ListArgs& given) {
  imap::ListArgs args = given;
  args.select_subscribed = true;
  const mailstore::FoldersPtr folders = context.account().folders();
  Patterns patterns(args);
  auto below = co_await map_below(context, args, *folders, patterns);
  if (!below) co_return too_expensive();
  const auto line = [&](std::string_view attributes, std::string_view name) {
    context.out.append("* LSUB (");
    context.out.append(attributes);
    context.out.append(") \"/\" ");
    imap::append_mailbox(context.out.buffer(), name, context.enabled.utf8_names());
    context.out.append("\r\n");
  };
  for (const Folder& folder : folders->all()) {
    if (folder.subscribed && patterns.match(folder.name)) line("", folder.name);
    if (context.out.full() && !co_await context.out.flush()) break;
  }
  for (const auto& [name, what] : *below) {
    // RFC 3501 §6.3.9: a parent that is not subscribed itself is \Noselect, for a child the pattern
    // hides.
    const Folder* folder = folders->find(name);
    if (!what.unmatched || (folder != nullptr && folder->subscribed)) continue;
    if (patterns.match(name)) line("\\Noselect", name);
  }
  if (patterns.exhausted()) co_return too_expensive();
  co_return Reply::okay("LSUB completed.");
}

task<Reply> do_namespace(Context& context) {
  context.out.append("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
  co_return Reply::okay("NAMESPACE completed.");
}

}  // namespace postern::session
