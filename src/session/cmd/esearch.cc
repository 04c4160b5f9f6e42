// ESEARCH over several mailboxes (RFC 7377). None of them is selected for it: each is searched in
// its newest version, the selected one as its client sees it.
#include <set>
#include <utility>

#include "imap/encoder.h"
#include "session/cmd/searching.h"
#include "session/progress.h"

namespace postern::session {
namespace {

using imap::MailboxFilter;
using Names = std::set<std::string, std::less<>>;

// Which of the account's own mailboxes the filters name, and which names they name besides.
struct Scope {
  bool selected = false, inboxes = false, personal = false, subscribed = false;
  Names subtrees, subtrees_one, mailboxes;

  explicit Scope(const std::vector<MailboxFilter>& sources) {
    for (const MailboxFilter& filter : sources) {
      switch (filter.kind) {
        case MailboxFilter::Kind::kSelected:
          selected = true;
          break;
        case MailboxFilter::Kind::kInboxes:
          inboxes = true;
          break;
        case MailboxFilter::Kind::kPersonal:
          personal = true;
          break;
        case MailboxFilter::Kind::kSubscribed:
          subscribed = true;
          break;
        case MailboxFilter::Kind::kSubtree:
          add(subtrees, filter.names);
          break;
        case MailboxFilter::Kind::kSubtreeOne:
          add(subtrees_one, filter.names);
          break;
        case MailboxFilter::Kind::kMailboxes:
          add(mailboxes, filter.names);
          break;
      }
    }
  }

  // RFC 7377 §2.2. Names form a tree by themselves, so no loop is possible in a subtree.
  [[nodiscard]] bool names(const mailstore::Folder& folder) const {
    // Mail is delivered into INBOX and nowhere else (RFC 5465 §6.2).
    if (personal || (inboxes && folder.name == "INBOX") || (subscribed && folder.subscribed))
      return true;
    const std::string_view name = folder.name;
    if (mailboxes.contains(name)) return true;
    const std::size_t last = name.rfind(mailstore::kDelimiter);
    if (subtrees_one.contains(name) ||
        (last != name.npos && subtrees_one.contains(name.substr(0, last))))
      return true;
    if (subtrees.empty()) return false;
    for (std::size_t at = name.find(mailstore::kDelimiter); at != name.npos;
         at = name.find(mailstore::kDelimiter, at + 1)) {
      if (subtrees.contains(name.substr(0, at))) return true;
    }
    return subtrees.contains(name);
  }

 private:
  // What is no name of a mailbox names none (RFC 7377 §2.2: such sources are ignored).
  static void add(Names& names, const std::vector<std::string>& list) {
    for (const std::string& name : list) {
      if (auto canonical = mailstore::canonical_name(name)) names.insert(std::move(*canonical));
    }
  }
};

bool is_selected(const Context& context, const MailboxHandle& mailbox) {
  return context.view != nullptr && context.view->handle().account == mailbox.account &&
         context.view->handle().id == mailbox.id;
}

// Each once, the selected one first. What may not be read is left out (RFC 7377 §2.2).
std::vector<MailboxHandle> mailboxes_of(const Context& context, const Scope& scope) {
  std::vector<MailboxHandle> list;
  std::set<std::pair<const mailstore::Account*, MailboxId>> known;
  const auto add = [&](MailboxHandle mailbox) {
    if (known.emplace(mailbox.account.get(), mailbox.id).second) list.push_back(std::move(mailbox));
  };
  const auto open = [&](std::string_view name) {
    if (auto mailbox = open_mailbox(context.principal, name, Right::kRead))
      add(std::move(*mailbox));
  };
  if (scope.selected) add(context.view->handle());
  const mailstore::FoldersPtr folders = context.account().folders();
  for (const mailstore::Folder& folder : folders->all()) {
    if (folder.exists() && scope.names(folder)) open(folder.name);
  }
  for (const Names* names : {&scope.mailboxes, &scope.subtrees, &scope.subtrees_one}) {
    for (const std::string& name : *names) open(name);
  }
  return list;
}

// RFC 7377 §2.1: TAG, MAILBOX and UIDVALIDITY, in each response.
std::string head_of(const Context& context, std::string_view tag, const MailboxHandle& mailbox) {
  std::string head = esearch_head(tag, imap::Addressing::kSequence);
  head.pop_back();
  head += " MAILBOX ";
  imap::append_mailbox(head, mailbox.name, context.enabled.utf8_names());
  head += " UIDVALIDITY ";
  imap::append_number(head, mailbox.uid_validity.value());
  head += ") UID";
  return head;
}

// RFC 7377 §2.2: what makes the command BAD.
std::optional<Reply> refuse(const Context& context, std::string_view tag, const Scope& scope,
                            const imap::EsearchArgs& args, const Wanted& wanted) {
  if (scope.selected && context.view == nullptr) return Reply::bad("No mailbox is selected.");
  if (wanted.update && context.view == nullptr)
    return Reply::bad("UPDATE needs a selected mailbox.");
  if (wanted.save && args.sources) {
    for (const MailboxFilter& filter : *args.sources) {
      if (filter.kind != MailboxFilter::Kind::kSelected)
        return Reply::bad("SAVE is for a search of the selected mailbox alone.");
    }
  }
  return refuse_tag(context, tag, wanted);
}

class MultiSearch {
 public:
  MultiSearch(Context& context, std::string_view tag, imap::EsearchArgs& args, const Wanted& wanted)
      : context_(context),
        tag_(tag),
        args_(args.search),
        wanted_(wanted),
        progress_(context, tag) {}

  // Nothing, or why the command ends with NO.
  task<std::optional<Reply>> search(MailboxHandle mailbox) {
    const bool selected = is_selected(context_, mailbox);
    mailstore::VersionPtr version;
    if (selected) {
      version = context_.view->shown();
    } else {
      auto loaded = co_await mailbox.account->version(mailbox.id);
      // Deleted since its name was looked up.
      if (!loaded && loaded.error().code == Errc::kNotFound) co_return std::nullopt;
      if (!loaded) co_return reply_for(loaded.error());
      version = std::move(*loaded);
    }
    search::SearchContext facts = facts_of(context_);
    if (!selected) {
      // \Recent and "$" are of the selected mailbox.
      facts.recent = {};
      facts.saved_result = {};
    }
    facts.observer = &progress_;
    auto searched = co_await find(*mailbox.account, version, args_, wanted_, std::move(facts));
    if (!searched) co_return reply_for(searched.error());
    Found found = std::move(*searched);
    // RFC 7377 §2.1: nothing is said of a mailbox where nothing was found.
    if (!found.hits.uids.empty() && wanted_.any_data()) {
      co_await write_esearch(context_, head_of(context_, tag_, mailbox), *version, args_, found,
                             wanted_);
    }
    if (selected) kept_ = std::move(found);
    co_return std::nullopt;
  }

  // What was found in the selected mailbox, if it was searched.
  std::optional<Found> take_selected() { return std::move(kept_); }

 private:
  Context& context_;
  std::string_view tag_;
  const imap::SearchArgs& args_;
  const Wanted& wanted_;
  Progress progress_;
  std::optional<Found> kept_;
};

}  // namespace

task<Reply> do_esearch(Context& context, std::string_view tag, imap::EsearchArgs& args) {
  const Wanted wanted(args.search);
  const Scope scope(args.sources.value_or(std::vector<MailboxFilter>(1)));
  if (auto refused = refuse(context, tag, scope, args, wanted)) co_return std::move(*refused);
  if (auto refused = convert_charset(context, args.search)) co_return std::move(*refused);
  if (auto refused = refuse_charset(context, args.search)) co_return std::move(*refused);
  if (args.search.program.uses_modseq) context.enable_condstore();
  if (context.view != nullptr && !co_await context.sync_arrivals())
    co_return Reply::okay("ESEARCH ended.");

  MultiSearch searches(context, tag, args, wanted);
  for (MailboxHandle& mailbox : mailboxes_of(context, scope)) {
    if (auto failed = co_await searches.search(std::move(mailbox))) {
      if (wanted.save) context.saved_result = {};
      co_return std::move(*failed);
    }
    if (context.out.failed()) co_return Reply::okay("ESEARCH ended.");
    if (context.pace.due()) co_await context.pace.yield();
  }

  std::optional<Found> found = searches.take_selected();
  UidSet saved = wanted.save && found ? returned(*found, wanted) : UidSet();
  if (wanted.update && found) {
    start_update(context, tag, head_of(context, tag, context.view->handle()), args.search, {},
                 std::move(*found));
  } else if (wanted.update) {
    // RFC 7377 §2.2: UPDATE is for the selected mailbox, which is not among those searched.
    append_no_update(context.out.buffer(), tag, "Only the selected mailbox is kept up to date.");
  }
  if (wanted.save) context.saved_result = std::move(saved);
  co_return Reply::okay("ESEARCH completed.");
}

}  // namespace postern::session
