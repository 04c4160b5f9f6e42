// GETMETADATA and SETMETADATA (RFC 5464 §5), and the entries of LIST ... RETURN (METADATA ...)
// (RFC 9590 §5).
#include <algorithm>

#include "base/ascii.h"
#include "imap/parse_rules.h"

namespace postern::imap {
namespace {

// LIMIT: entries of one command; each is looked up in every mailbox that a LIST names.
constexpr std::size_t kMaxEntries = 256;
constexpr std::size_t kMaxEntryName = 255;  // LIMIT

// RFC 5464 §3.2. Control characters beyond those it names are refused with them.
bool is_entry_char(char c) {
  return c >= 0x20 && c < 0x7F && c != '*' && c != '%';
}

enum class EntryUse : std::uint8_t { kLookUp, kChange };

// RFC 5464 §3.2: below /private or /shared, without empty components. What is set has at least two
// components, and four below /vendor; a look-up may start at any of them (DEPTH, §4.2.2).
bool valid_entry(std::string_view entry, EntryUse use) {
  if (entry.empty() || entry.front() != '/' || entry.back() == '/') return false;
  if (!std::all_of(entry.begin(), entry.end(), is_entry_char)) return false;
  if (entry.find("//") != std::string_view::npos) return false;
  const auto components = std::count(entry.begin(), entry.end(), '/');
  const std::string_view path = entry.substr(1);
  const std::string_view scope = path.substr(0, path.find('/'));
  if (!iequals(scope, "private") && !iequals(scope, "shared")) return false;
  if (use == EntryUse::kLookUp) return true;
  if (components < 2) return false;
  const std::string_view rest = path.substr(scope.size() + 1);
  return !iequals(rest.substr(0, rest.find('/')), "vendor") || components >= 4;
}

std::string parse_entry(Cursor& in, EntryUse use) {
  const std::size_t start = in.offset();
  std::string entry = in.astring("an entry name");
  if (!in.ok()) return {};
  if (!valid_entry(entry, use)) {
    in.fail_at(start, Errc::kInvalid, "an entry name below /private or /shared");
  } else if (entry.size() > kMaxEntryName) {
    in.fail_at(start, Errc::kLimit, "an entry name has at most 255 octets");
  }
  return entry;
}

// An entry named twice, in whatever case, is answered once.
void add_entry(Cursor& in, std::vector<std::string>& entries) {
  std::string entry = parse_entry(in, EntryUse::kLookUp);
  const auto same = [&](const std::string& other) { return iequals(other, entry); };
  if (std::any_of(entries.begin(), entries.end(), same)) return;
  if (entries.size() == kMaxEntries)
    in.fail_at(in.offset(), Errc::kLimit, "too many entries in one command");
  entries.push_back(std::move(entry));
}

// getmetadata-options. The cursor stands behind "(".
void parse_options(Cursor& in, GetMetadataArgs& args) {
  bool depth = false;
  while (in.ok()) {
    if (!args.max_size && in.try_keyword("MAXSIZE")) {
      in.space();
      args.max_size = in.number64("a size");
    } else if (!depth && in.try_keyword("DEPTH")) {
      depth = true;
      in.space();
      if (in.try_keyword("0")) {
        args.depth = MetadataDepth::kEntry;
      } else if (in.try_keyword("1")) {
        args.depth = MetadataDepth::kChildren;
      } else {
        in.keyword("infinity");
        args.depth = MetadataDepth::kAll;
      }
    } else {
      in.fail("MAXSIZE or DEPTH");
    }
    if (in.try_char(')')) break;
    in.expect(' ', "one space or \")\" in the list of options");
  }
}

void parse_entries(Cursor& in, std::vector<std::string>& entries) {
  const bool list = in.try_char('(');
  while (in.ok()) {
    add_entry(in, entries);
    if (list && in.try_char(')')) break;
    // RFC 5464 §4.4.1 has an example with two entries and no parentheses.
    if (!list && in.at_end()) break;
    in.expect(' ', "one space or \")\" in the list of entries");
  }
}

}  // namespace

std::vector<std::string> parse_metadata_entries(Cursor& in) {
  std::vector<std::string> entries;
  if (in.peek() != '(') {
    in.fail("entries in parentheses");
  } else {
    parse_entries(in, entries);
  }
  return entries;
}

GetMetadataArgs parse_getmetadata(Cursor& in) {
  GetMetadataArgs args;
  in.space();
  const bool options_first = in.try_char('(');
  if (options_first) {
    parse_options(in, args);
    in.space();
  }
  args.mailbox = in.mailbox();
  in.space();
  // RFC 5464: the options come before the mailbox in §5, and after it in the examples of §4.2.
  // An entry begins with "/", as an atom or as a string.
  const std::string_view rest = in.rest();
  const bool options = !options_first && rest.size() > 1 && rest[0] == '(' && rest[1] != '/' &&
                       rest[1] != '"' && rest[1] != '{';
  if (options) {
    in.try_char('(');
    parse_options(in, args);
    in.space();
  }
  parse_entries(in, args.entries);
  return args;
}

SetMetadataArgs parse_setmetadata(Cursor& in) {
  SetMetadataArgs args;
  in.space();
  args.mailbox = in.mailbox();
  in.space();
  in.expect('(', "entries and values in parentheses");
  while (in.ok()) {
    if (args.values.size() == kMaxEntries)
      in.fail_at(in.offset(), Errc::kLimit, "too many entries in one command");
    std::string entry = parse_entry(in, EntryUse::kChange);
    in.space();
    std::optional<std::string> value;
    if (!in.try_keyword("NIL")) value = in.string8("NIL or a string");
    args.values.emplace_back(std::move(entry), std::move(value));
    if (in.try_char(')')) break;
    in.expect(' ', "one space or \")\" in the list of entries");
  }
  return args;
}

}  // namespace postern::imap
