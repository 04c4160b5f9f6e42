// ESEARCH (RFC 7377 §4) and CANCELUPDATE (RFC 5267 §5).
#include "imap/parse_rules.h"

namespace postern::imap {
namespace {

struct FilterName {
  std::string_view name;
  MailboxFilter::Kind kind;
  bool takes_names;
};
constexpr FilterName kFilters[] = {
    {"selected", MailboxFilter::Kind::kSelected, false},
    {"inboxes", MailboxFilter::Kind::kInboxes, false},
    {"personal", MailboxFilter::Kind::kPersonal, false},
    {"subscribed", MailboxFilter::Kind::kSubscribed, false},
    {"subtree", MailboxFilter::Kind::kSubtree, true},
    {"subtree-one", MailboxFilter::Kind::kSubtreeOne, true},
    {"mailboxes", MailboxFilter::Kind::kMailboxes, true},
};

// LIMIT: kMaxItems names and filters in one command, over all of its filters.
class SourceParser {
 public:
  explicit SourceParser(Cursor& in) : in_(in) {}

  std::vector<MailboxFilter> parse() {
    std::vector<MailboxFilter> sources;
    in_.expect('(', "mailboxes to search in parentheses");
    while (in_.ok()) {
      sources.push_back(parse_filter_mailboxes());
      count();
      if (in_.try_char(')')) break;
      in_.space();
    }
    return sources;
  }

 private:
  void count() {
    if (++items_ > kMaxItems) in_.fail_at(in_.offset(), Errc::kLimit, "too many mailboxes");
  }

  MailboxFilter parse_filter_mailboxes() {
    MailboxFilter filter;
    for (const FilterName& row : kFilters) {
      if (!in_.try_keyword(row.name)) continue;
      filter.kind = row.kind;
      if (row.takes_names) parse_one_or_more_mailbox(filter.names);
      return filter;
    }
    // Scope options would stand here too; RFC 7377 §4 defines none.
    in_.fail("selected, inboxes, personal, subscribed, subtree, subtree-one or mailboxes");
    return filter;
  }

  void parse_one_or_more_mailbox(std::vector<std::string>& names) {
    in_.space();
    const bool many = in_.try_char('(');
    while (in_.ok()) {
      names.push_back(in_.mailbox());
      count();
      if (!many || in_.try_char(')')) break;
      in_.space();
    }
  }

  Cursor& in_;
  std::size_t items_ = 0;
};

}  // namespace

EsearchArgs parse_esearch(Cursor& in) {
  EsearchArgs args;
  args.search.by = Addressing::kUid;
  in.space();
  if (in.try_keyword("IN")) {
    in.space();
    args.sources = SourceParser(in).parse();
    in.space();
  }
  parse_search_return_opts(in, args.search);
  if (in.try_keyword("CHARSET")) {
    in.space();
    parse_search_charset(in, args.search);
  }
  parse_search_criteria(in, args.search);
  return args;
}

CancelUpdateArgs parse_cancel_update(Cursor& in) {
  CancelUpdateArgs args;
  do {
    in.space();
    if (args.tags.size() == kMaxItems) in.fail_at(in.offset(), Errc::kLimit, "too many tags");
    args.tags.push_back(in.quoted("a tag in quotes"));
  } while (in.ok() && !in.at_end());
  return args;
}

}  // namespace postern::imap
