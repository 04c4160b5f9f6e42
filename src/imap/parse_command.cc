// command, tag and the table of commands (RFC 9051 §9, RFC 3501 §9).
#include <array>

#include "base/ascii.h"
#include "imap/parse_rules.h"
#include "imap/syntax.h"

namespace postern::imap {
namespace {

using Args = decltype(Command::args);

// Whether the name is also taken after UID (RFC 9051 §6.4.9).
enum class UidForm : std::uint8_t { kNone, kBoth };

struct Row {
  std::string_view name;
  CommandId id;
  UidForm uid;
  Args (*parse)(Cursor&, Addressing);
};

Args no_args(Cursor&, Addressing) {
  return {};
}

// EXPUNGE has an argument only as UID EXPUNGE (RFC 4315 §2.1).
Args expunge_args(Cursor& in, Addressing by) {
  return by == Addressing::kUid ? parse_uid_expunge(in) : ExpungeArgs{};
}

Args append_args(Cursor& in, Addressing) {
  AppendArgs args = parse_append(in);
  parse_append_suffix(in, args);
  return args;
}

// In the order of CommandId.
constexpr std::array<Row, kCommandCount> kTable = {{
    {"CAPABILITY", CommandId::kCapability, UidForm::kNone, no_args},
    {"NOOP", CommandId::kNoop, UidForm::kNone, no_args},
    {"LOGOUT", CommandId::kLogout, UidForm::kNone, no_args},
    {"ID", CommandId::kId, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_id(in); }},
    {"AUTHENTICATE", CommandId::kAuthenticate, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_authenticate(in); }},
    {"LOGIN", CommandId::kLogin, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_login(in); }},
    {"ENABLE", CommandId::kEnable, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_enable(in); }},
    {"SELECT", CommandId::kSelect, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_select(in); }},
    {"EXAMINE", CommandId::kExamine, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_select(in); }},
    {"CREATE", CommandId::kCreate, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_create(in); }},
    {"DELETE", CommandId::kDelete, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_mailbox_args(in); }},
    {"RENAME", CommandId::kRename, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_rename(in); }},
    {"SUBSCRIBE", CommandId::kSubscribe, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_mailbox_args(in); }},
    {"UNSUBSCRIBE", CommandId::kUnsubscribe, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_mailbox_args(in); }},
    {"LIST", CommandId::kList, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_list(in); }},
    {"LSUB", CommandId::kLsub, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_lsub(in); }},
    {"NAMESPACE", CommandId::kNamespace, UidForm::kNone, no_args},
    {"STATUS", CommandId::kStatus, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_status(in); }},
    {"APPEND", CommandId::kAppend, UidForm::kNone, append_args},
    {"IDLE", CommandId::kIdle, UidForm::kNone, no_args},
    {"CHECK", CommandId::kCheck, UidForm::kNone, no_args},
    {"CLOSE", CommandId::kClose, UidForm::kNone, no_args},
    {"UNSELECT", CommandId::kUnselect, UidForm::kNone, no_args},
    {"EXPUNGE", CommandId::kExpunge, UidForm::kBoth, expunge_args},
    {"SEARCH", CommandId::kSearch, UidForm::kBoth,
     [](Cursor& in, Addressing by) -> Args { return parse_search(in, by); }},
    {"FETCH", CommandId::kFetch, UidForm::kBoth,
     [](Cursor& in, Addressing by) -> Args { return parse_fetch(in, by); }},
    {"STORE", CommandId::kStore, UidForm::kBoth,
     [](Cursor& in, Addressing by) -> Args { return parse_store(in, by); }},
    {"COPY", CommandId::kCopy, UidForm::kBoth,
     [](Cursor& in, Addressing by) -> Args { return parse_copy(in, by); }},
    {"MOVE", CommandId::kMove, UidForm::kBoth,
     [](Cursor& in, Addressing by) -> Args { return parse_copy(in, by); }},
    {"UIDBATCHES", CommandId::kUidBatches, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_uid_batches(in); }},
    {"GETQUOTA", CommandId::kGetQuota, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_getquota(in); }},
    {"GETQUOTAROOT", CommandId::kGetQuotaRoot, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_mailbox_args(in); }},
    {"SETQUOTA", CommandId::kSetQuota, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_setquota(in); }},
    {"GETMETADATA", CommandId::kGetMetadata, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_getmetadata(in); }},
    {"SETMETADATA", CommandId::kSetMetadata, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_setmetadata(in); }},
    {"COMPRESS", CommandId::kCompress, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_compress(in); }},
    {"NOTIFY", CommandId::kNotify, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_notify(in); }},
    {"SORT", CommandId::kSort, UidForm::kBoth,
     [](Cursor& in, Addressing by) -> Args { return parse_sort(in, by); }},
    {"THREAD", CommandId::kThread, UidForm::kBoth,
     [](Cursor& in, Addressing by) -> Args { return parse_thread(in, by); }},
    // RFC 7377 §2 has examples with UID before it; the answer names UIDs in both forms.
    {"ESEARCH", CommandId::kEsearch, UidForm::kBoth,
     [](Cursor& in, Addressing) -> Args { return parse_esearch(in); }},
    {"CANCELUPDATE", CommandId::kCancelUpdate, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_cancel_update(in); }},
    {"UNAUTHENTICATE", CommandId::kUnauthenticate, UidForm::kNone, no_args},
    {"LANGUAGE", CommandId::kLanguage, UidForm::kNone,
     [](Cursor& in, Addressing) -> Args { return parse_language(in); }},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].id) != i) return false;
  }
  return true;
}
static_assert(in_order());

const Row* find_row(std::string_view name) {
  for (const Row& row : kTable) {
    if (iequals(row.name, name)) return &row;
  }
  return nullptr;
}

struct Head {
  std::string tag;
  const Row* row = nullptr;
  Addressing by = Addressing::kSequence;
};

// tag SP ["UID" SP] name. The cursor stands behind the name.
Head parse_command_head(Cursor& in) {
  Head head;
  const std::size_t start = in.offset();
  const std::string_view tag = in.run(is_astring_char);
  if (!is_tag(tag) || (in.peek() != ' ' && !in.at_end())) {
    // SECURITY: what is no tag is not repeated: it may be another protocol's line.
    in.keep_silent();
    in.fail_at(start, Errc::kInvalid, "a tag of at most 64 characters");
    return head;
  }
  head.tag = tag;
  in.space();
  std::size_t at = in.offset();
  std::string_view name = in.atom("a command");
  if (iequals(name, "UID")) {
    head.by = Addressing::kUid;
    in.space();
    at = in.offset();
    name = in.atom("COPY, FETCH, MOVE, SEARCH, STORE or EXPUNGE after UID");
  }
  if (!in.ok()) return head;
  head.row = find_row(name);
  if (head.row == nullptr) {
    in.fail_at(at, Errc::kInvalid, "a command that this server knows");
  } else if (head.by == Addressing::kUid && head.row->uid == UidForm::kNone) {
    in.fail_at(at, Errc::kInvalid, "COPY, FETCH, MOVE, SEARCH, STORE or EXPUNGE after UID");
    head.row = nullptr;
  }
  return head;
}

std::string_view name_of(const Head& head) {
  return head.row == nullptr ? std::string_view() : head.row->name;
}

}  // namespace

std::string_view to_string(CommandId id) {
  return kTable[static_cast<std::size_t>(id)].name;
}

Parsed<CommandHead> parse_head(std::string_view command) {
  Cursor in(command, ParseMode{});
  Head head = parse_command_head(in);
  if (!in.ok()) return std::unexpected(in.take_error(head.tag, name_of(head)));
  return CommandHead{.tag = std::move(head.tag), .id = head.row->id, .by = head.by};
}

Parsed<Command> parse_command(std::string_view command, const ParseMode& mode) {
  Cursor in(command, mode);
  Head head = parse_command_head(in);
  Command result{.tag = head.tag};
  if (in.ok()) {
    result.id = head.row->id;
    result.args = head.row->parse(in, head.by);
    in.end();
  }
  if (!in.ok()) return std::unexpected(in.take_error(head.tag, name_of(head)));
  return result;
}

Parsed<Command> parse_append_prefix(std::string_view prefix, const ParseMode& mode) {
  Cursor in(prefix, mode);
  Head head = parse_command_head(in);
  Command result{.tag = head.tag, .id = CommandId::kAppend};
  if (in.ok() && head.row->id != CommandId::kAppend) in.fail("APPEND");
  if (in.ok()) {
    result.args = parse_append(in);
    in.end();
  }
  if (!in.ok()) return std::unexpected(in.take_error(head.tag, name_of(head)));
  return result;
}

bool announces_message(std::string_view prefix) {
  Cursor in(prefix, ParseMode{});
  (void)parse_command_head(in);
  in.space();
  // RFC 9051 §9 append: the mailbox comes first, and flags and date-time are no literals. So only
  // an announcement that is the whole argument so far is not the message's.
  return in.ok() && (in.peek() != '{' || in.rest().find('\n') + 1 != in.rest().size());
}

bool valid_append_suffix(std::string_view suffix, bool utf8) {
  return suffix == (utf8 ? ")" : "");
}

}  // namespace postern::imap
