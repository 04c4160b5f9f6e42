// FETCH (RFC 9051 §6.4.5, RFC 3501 §6.4.5, RFC 7162 §3.1.4 and §3.2.6, RFC 8474 §5.3, RFC 8514
// §4.2, RFC 8970 §3, RFC 9394 §3.3).
#include <array>

#include "base/ascii.h"
#include "imap/parse_rules.h"

namespace postern::imap {
namespace {

// fetch-att by name and by what follows it. BODY is two items: with a section and without.
enum class Tail : std::uint8_t { kNone, kSection, kBinary, kBinarySize };
// An item stands alone or in the parenthesized list.
enum class Place : std::uint8_t { kAlone, kInList };

struct AttRow {
  std::string_view name;
  FetchItem item;
  Tail tail = Tail::kNone;
  bool peek = false;
};

constexpr std::array<AttRow, 20> kAtts = {{
    {"ENVELOPE", FetchItem::kEnvelope},
    {"FLAGS", FetchItem::kFlags},
    {"INTERNALDATE", FetchItem::kInternalDate},
    {"RFC822", FetchItem::kRfc822},
    {"RFC822.HEADER", FetchItem::kRfc822Header},
    {"RFC822.SIZE", FetchItem::kRfc822Size},
    {"RFC822.TEXT", FetchItem::kRfc822Text},
    {"BODY", FetchItem::kBody},
    {"BODYSTRUCTURE", FetchItem::kBodyStructure},
    {"UID", FetchItem::kUid},
    {"MODSEQ", FetchItem::kModSeq},
    {"BODY", FetchItem::kBodySection, Tail::kSection, false},
    {"BODY.PEEK", FetchItem::kBodySection, Tail::kSection, true},
    {"BINARY", FetchItem::kBinary, Tail::kBinary, false},
    {"BINARY.PEEK", FetchItem::kBinary, Tail::kBinary, true},
    {"BINARY.SIZE", FetchItem::kBinarySize, Tail::kBinarySize, false},
    {"SAVEDATE", FetchItem::kSaveDate},
    {"EMAILID", FetchItem::kEmailId},
    {"THREADID", FetchItem::kThreadId},
    {"PREVIEW", FetchItem::kPreview},
}};

struct Macro {
  std::string_view name;
  std::size_t count;  // of kMacroItems
};
// RFC 9051 §6.4.5: each macro is a beginning of this list.
constexpr std::array<FetchItem, 5> kMacroItems = {FetchItem::kFlags, FetchItem::kInternalDate,
                                                  FetchItem::kRfc822Size, FetchItem::kEnvelope,
                                                  FetchItem::kBody};
constexpr std::array<Macro, 3> kMacros = {{{"FAST", 3}, {"ALL", 4}, {"FULL", 5}}};

bool is_att_char(char c) {
  return ascii_digit(c) || c == '.' || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

// [SP "(" preview-mod *(SP preview-mod) ")"] (RFC 8970 §6). Behind an item that stands alone the
// same place may hold the modifiers of the FETCH itself; LAZY is none of them.
bool parse_preview_mods(Cursor& in, Place place) {
  const std::string_view rest = in.rest();
  if (!rest.starts_with(" (")) return false;
  if (place == Place::kAlone && !iequals(rest.substr(2, 4), "LAZY")) return false;
  in.space();
  in.expect('(', "preview modifiers in parentheses");
  while (in.ok()) {
    in.keyword("LAZY");
    if (in.try_char(')')) break;
    in.expect(' ', "one space or \")\" in the preview modifiers");
  }
  return true;
}

FetchAtt parse_fetch_att(Cursor& in, Place place) {
  const std::size_t start = in.offset();
  const std::string_view name = in.run(is_att_char);
  const bool section = in.peek() == '[';
  for (const AttRow& row : kAtts) {
    if (!iequals(row.name, name) || section != (row.tail != Tail::kNone)) continue;
    FetchAtt att{.item = row.item, .peek = row.peek};
    if (row.tail == Tail::kSection) att.section = parse_section(in);
    if (row.tail == Tail::kBinary || row.tail == Tail::kBinarySize)
      att.section = parse_section_binary(in);
    if (row.tail == Tail::kSection || row.tail == Tail::kBinary) att.partial = parse_partial(in);
    if (row.item == FetchItem::kPreview) att.lazy = parse_preview_mods(in, place);
    return att;
  }
  in.fail_at(start, Errc::kInvalid, "a fetch item");
  return {};
}

void add_item(Cursor& in, std::vector<FetchAtt>& items, FetchAtt att) {
  const auto same = [&att](const FetchAtt& other) {
    return other.item == att.item && other.item != FetchItem::kBodySection &&
           other.item != FetchItem::kBinary && other.item != FetchItem::kBinarySize;
  };
  // An item without section asked for twice is answered once; the list stays short for
  // std::find_if.
  if (const auto twin = std::find_if(items.begin(), items.end(), same); twin != items.end()) {
    // RFC 8970 §3.2: once without LAZY is without LAZY.
    twin->lazy = twin->lazy && att.lazy;
    return;
  }
  if (items.size() == kMaxFetchItems)
    in.fail_at(in.offset(), Errc::kLimit, "too many items in one FETCH");
  items.push_back(std::move(att));
}

void parse_fetch_items(Cursor& in, std::vector<FetchAtt>& items) {
  for (const Macro& macro : kMacros) {
    if (!in.try_keyword(macro.name)) continue;
    for (std::size_t i = 0; i < macro.count; ++i) items.push_back({.item = kMacroItems[i]});
    return;
  }
  if (in.peek() == '(') {
    items = parse_fetch_att_list(in);
  } else {
    add_item(in, items, parse_fetch_att(in, Place::kAlone));
  }
}

// fetch-modifiers
void parse_fetch_modifiers(Cursor& in, FetchArgs& args) {
  const std::size_t start = in.offset();
  in.expect('(', "fetch modifiers in parentheses");
  while (in.ok()) {
    if (!args.changed_since.has_value() && in.try_keyword("CHANGEDSINCE")) {
      in.space();
      args.changed_since = in.nz_number64("a mod-sequence");
    } else if (!args.vanished && in.try_keyword("VANISHED")) {
      args.vanished = true;
    } else if (args.by == Addressing::kUid && !args.partial_messages && in.try_keyword("PARTIAL")) {
      in.space();
      args.partial_messages = parse_partial_range(in);
    } else {
      in.fail("CHANGEDSINCE, VANISHED or (in UID FETCH) PARTIAL");
    }
    if (in.try_char(')')) break;
    in.space();
  }
  // RFC 7162 §3.2.6: only in UID FETCH, and only beside CHANGEDSINCE.
  if (args.vanished && (args.by != Addressing::kUid || !args.changed_since.has_value())) {
    in.fail_at(start, Errc::kInvalid, "VANISHED in UID FETCH and beside CHANGEDSINCE only");
  }
}

}  // namespace

std::vector<FetchAtt> parse_fetch_att_list(Cursor& in) {
  std::vector<FetchAtt> items;
  in.expect('(', "fetch items in parentheses");
  while (in.ok()) {
    add_item(in, items, parse_fetch_att(in, Place::kInList));
    if (in.try_char(')')) break;
    in.expect(' ', "one space or \")\" in the list of fetch items");
  }
  return items;
}

FetchArgs parse_fetch(Cursor& in, Addressing by) {
  FetchArgs args{.by = by};
  in.space();
  args.set = in.sequence_set("a sequence set");
  in.space();
  parse_fetch_items(in, args.items);
  if (in.try_char(' ')) parse_fetch_modifiers(in, args);
  return args;
}

}  // namespace postern::imap
