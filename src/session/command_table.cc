#include "session/command_table.h"

#include <array>

#include "mailstore/metadata.h"

namespace postern::session {
namespace {

using imap::CommandId;

constexpr std::uint8_t kNotAuth = static_cast<std::uint8_t>(State::kNotAuthenticated);
constexpr std::uint8_t kSel = static_cast<std::uint8_t>(State::kSelected);
constexpr std::uint8_t kAuth = static_cast<std::uint8_t>(State::kAuthenticated) | kSel;
constexpr std::uint8_t kAny = kNotAuth | kAuth;

// LIMIT: a literal that is a name or a credential; one that is a list of search strings or fields.
constexpr std::uint32_t kName = 16 * 1024;
constexpr std::uint32_t kLong = 1024 * 1024;

constexpr auto kNo = SequenceUse::kNone;
constexpr auto kReads = SequenceUse::kReads;
constexpr auto kBreaks = SequenceUse::kBreaks;
constexpr auto kPlain = Literals::kNone;
constexpr auto kText = Literals::kCollected;

constexpr std::array<CommandRow, imap::kCommandCount> kTable{{
    {CommandId::kCapability, kAny, kNo, Updates::kAll, kPlain, 0},
    {CommandId::kNoop, kAny, kNo, Updates::kAll, kPlain, 0},
    {CommandId::kLogout, kAny, kNo, Updates::kNone, kPlain, 0},
    {CommandId::kId, kAny, kNo, Updates::kAll, kText, kName},
    {CommandId::kAuthenticate, kNotAuth, kNo, Updates::kNone, kPlain, 0},
    {CommandId::kLogin, kNotAuth, kNo, Updates::kNone, kText, kName},
    // RFC 5161 §3.1: clients do not ENABLE with a mailbox selected, and servers need not check.
    {CommandId::kEnable, kAuth, kNo, Updates::kNone, kPlain, 0},
    {CommandId::kSelect, kAuth, kNo, Updates::kNone, kText, kName},
    {CommandId::kExamine, kAuth, kNo, Updates::kNone, kText, kName},
    {CommandId::kCreate, kAuth, kNo, Updates::kAll, kText, kName},
    {CommandId::kDelete, kAuth, kNo, Updates::kAll, kText, kName},
    {CommandId::kRename, kAuth, kNo, Updates::kAll, kText, kName},
    {CommandId::kSubscribe, kAuth, kNo, Updates::kAll, kText, kName},
    {CommandId::kUnsubscribe, kAuth, kNo, Updates::kAll, kText, kName},
    {CommandId::kList, kAuth, kNo, Updates::kAll, kText, kName},
    {CommandId::kLsub, kAuth, kNo, Updates::kAll, kText, kName},
    {CommandId::kNamespace, kAuth, kNo, Updates::kAll, kPlain, 0},
    {CommandId::kStatus, kAuth, kNo, Updates::kAll, kText, kName},
    {CommandId::kAppend, kAuth, kNo, Updates::kAll, Literals::kStreamed, kName},
    {CommandId::kIdle, kAuth, kNo, Updates::kAll, kPlain, 0},
    {CommandId::kCheck, kSel, kNo, Updates::kAll, kPlain, 0},
    {CommandId::kClose, kSel, kNo, Updates::kNone, kPlain, 0},
    {CommandId::kUnselect, kSel, kNo, Updates::kNone, kPlain, 0},
    {CommandId::kExpunge, kSel, kBreaks, Updates::kAll, kPlain, 0},
    {CommandId::kSearch, kSel, kReads, Updates::kNoExpunge, kText, kLong},
    {CommandId::kFetch, kSel, kReads, Updates::kNoExpunge, kText, kLong},
    {CommandId::kStore, kSel, kReads, Updates::kNoExpunge, kPlain, 0},
    {CommandId::kCopy, kSel, kReads, Updates::kAll, kText, kName},
    {CommandId::kMove, kSel, kBreaks, Updates::kAll, kText, kName},
    {CommandId::kUidBatches, kSel, kNo, Updates::kAll, kPlain, 0},
    {CommandId::kGetQuota, kAuth, kNo, Updates::kAll, kText, kName},
    {CommandId::kGetQuotaRoot, kAuth, kNo, Updates::kAll, kText, kName},
    {CommandId::kSetQuota, kAuth, kNo, Updates::kAll, kText, kName},
    {CommandId::kGetMetadata, kAuth, kNo, Updates::kAll, kText, kName},
    {CommandId::kSetMetadata, kAuth, kNo, Updates::kAll, Literals::kBinary,
     mailstore::kMaxMetadataValue},
    {CommandId::kCompress, kAuth, kNo, Updates::kAll, kPlain, 0},
    {CommandId::kNotify, kAuth, kNo, Updates::kAll, kText, kLong},
    {CommandId::kSort, kSel, kReads, Updates::kNoExpunge, kText, kLong},
    {CommandId::kThread, kSel, kReads, Updates::kNoExpunge, kText, kLong},
    {CommandId::kEsearch, kAuth, kNo, Updates::kNoExpunge, kText, kLong},
    {CommandId::kCancelUpdate, kSel, kNo, Updates::kAll, kPlain, 0},
    {CommandId::kUnauthenticate, kAuth, kNo, Updates::kNone, kPlain, 0},
    {CommandId::kLanguage, kAny, kNo, Updates::kAll, kText, kName},
    {CommandId::kReplace, kSel, kBreaks, Updates::kAll, Literals::kStreamed, kName},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].id) != i) return false;
  }
  return true;
}
static_assert(in_order(), "one row per CommandId, in the enum's order");

}  // namespace

const CommandRow& command_row(imap::CommandId id) {
  return kTable[static_cast<std::size_t>(id)];
}

bool ambiguous_after_expunge(imap::CommandId next, imap::Addressing by) {
  // RFC 7162 §3.2.10.2: a UID SEARCH may count messages too, and its keys are not read yet.
  if (next == CommandId::kSearch || next == CommandId::kSort || next == CommandId::kThread ||
      next == CommandId::kEsearch)
    return true;
  const bool by_number = next == CommandId::kFetch || next == CommandId::kStore ||
                         next == CommandId::kCopy || next == CommandId::kMove ||
                         next == CommandId::kReplace;
  return by_number && by == imap::Addressing::kSequence;
}

}  // namespace postern::session
