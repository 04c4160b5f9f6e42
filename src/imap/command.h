// Every IMAP command as a typed value: what the parser makes of one framed command.
//
// Names follow the ABNF of RFC 9051 §9 and RFC 3501 §9. A Command owns its bytes. Mailbox names are
// UTF-8 here whatever the wire form was (modified UTF-7 decoded unless UTF8=ACCEPT or rev2 is on);
// "INBOX" in any case is spelled "INBOX". Passwords are Secret-like strings that the session wipes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "imap/number_set.h"
#include "imap/search_options.h"
#include "imap/search_program.h"

namespace postern::imap {

enum class CommandId : std::uint8_t {
  kCapability,
  kNoop,
  kLogout,
  kId,
  kAuthenticate,
  kLogin,
  kEnable,
  kSelect,
  kExamine,
  kCreate,
  kDelete,
  kRename,
  kSubscribe,
  kUnsubscribe,
  kList,
  kLsub,
  kNamespace,
  kStatus,
  kAppend,
  kIdle,
  kCheck,
  kClose,
  kUnselect,
  kExpunge,
  kSearch,
  kFetch,
  kStore,
  kCopy,
  kMove,
  kUidBatches,
  kGetQuota,
  kGetQuotaRoot,
  kSetQuota,
  kGetMetadata,
  kSetMetadata,
  kCompress,
  kNotify,
  kSort,
  kThread,
  kEsearch,
  kCancelUpdate,
  kUnauthenticate,
  kLanguage,
};
inline constexpr std::size_t kCommandCount = 43;

// Numbers of the command are UIDs (UID FETCH ...) or message sequence numbers.
enum class Addressing : std::uint8_t { kSequence, kUid };

// flag: a system flag or a keyword, as sent ("\\Seen", "$Forwarded").
using Flag = std::string;

struct IdArgs {
  std::vector<std::pair<std::string, std::optional<std::string>>> params;  // empty for ID NIL
};
struct AuthenticateArgs {
  std::string mechanism;                        // upper case
  std::optional<std::string> initial_response;  // base64 as sent; "=" means empty (RFC 4959)
};
struct LoginArgs {
  std::string user;
  std::string password;  // SECURITY: wiped by the session after the attempt, never logged
};
struct EnableArgs {
  std::vector<std::string> capabilities;  // upper case
};
struct QresyncParam {  // RFC 7162 §3.2.5
  std::uint32_t uid_validity = 0;
  std::uint64_t mod_seq = 0;
  std::optional<NumberSet> known_uids;
  std::optional<NumberSet> known_seqs;  // seq-match-data
  std::optional<NumberSet> matching_uids;
};
struct SelectArgs {  // SELECT and EXAMINE
  std::string mailbox;
  bool condstore = false;
  std::optional<QresyncParam> qresync;
};
struct CreateArgs {
  std::string mailbox;                   // a trailing delimiter is kept; the session drops it
  std::vector<std::string> special_use;  // "\\Sent" ..., as sent (RFC 6154 §3)
};
struct MailboxArgs {  // DELETE, SUBSCRIBE, UNSUBSCRIBE
  std::string mailbox;
};
struct RenameArgs {
  std::string from;
  std::string to;
};

enum class StatusItem : std::uint8_t {
  kMessages,
  kRecent,
  kUidNext,
  kUidValidity,
  kUnseen,
  kDeleted,
  kSize,
  kHighestModSeq,
  kAppendLimit,
  kDeletedStorage,  // RFC 9208 §4.1.4
  kMailboxId,       // RFC 8474 §4.3
};
inline constexpr StatusItem kLastStatusItem = StatusItem::kMailboxId;
struct StatusArgs {
  std::string mailbox;
  std::vector<StatusItem> items;
};

struct ListArgs {  // LIST in all forms (RFC 9051 §6.3.9, RFC 5258, RFC 5819, RFC 6154) and LSUB
  std::string reference;
  std::vector<std::string> patterns;  // UTF-8, '*' and '%' as sent
  bool extended = false;              // selection or return options or a pattern list were given
  bool select_subscribed = false;
  bool select_remote = false;
  bool select_recursive_match = false;
  bool select_special_use = false;
  bool return_subscribed = false;
  bool return_children = false;
  bool return_special_use = false;
  std::optional<std::vector<StatusItem>> return_status;
  std::vector<std::string> return_metadata;  // entries (RFC 9590)
};

struct DateTime {  // INTERNALDATE
  std::int64_t unix_seconds = 0;
  std::int16_t zone_minutes = 0;
};
struct AppendArgs {
  std::string mailbox;
  std::vector<Flag> flags;
  std::optional<DateTime> date;
  std::uint64_t size = 0;  // of the literal that follows
  bool utf8 = false;       // UTF8 (~{n}) form (RFC 6855 §4)
};

enum class ReturnOption : std::uint8_t {
  kMin,
  kMax,
  kAll,
  kCount,
  kSave,
  kPartial,    // SearchArgs::partial; never beside kAll (RFC 9394 §3.1)
  kContext,    // RFC 5267 §4.2
  kUpdate,     // RFC 5267 §4.3
  kRelevancy,  // RFC 6203 §4
};
struct SearchArgs {
  Addressing by = Addressing::kSequence;
  std::optional<std::vector<ReturnOption>>
      return_options;  // nullopt: plain SEARCH; empty: RETURN ()
  std::optional<PartialRange> partial;
  std::string charset;  // empty when none was given
  SearchProgram program;
};

enum class FetchItem : std::uint8_t {
  kEnvelope,
  kFlags,
  kInternalDate,
  kRfc822,
  kRfc822Header,
  kRfc822Size,
  kRfc822Text,
  kBody,  // non-extensible structure
  kBodyStructure,
  kUid,
  kModSeq,
  kBodySection,  // BODY[...] and BODY.PEEK[...]
  kBinary,       // BINARY[...] and BINARY.PEEK[...]
  kBinarySize,
  kSaveDate,  // RFC 8514
  kEmailId,   // RFC 8474
  kThreadId,
  kPreview,  // RFC 8970
};
enum class SectionText : std::uint8_t {
  kAll,
  kHeader,
  kHeaderFields,
  kHeaderFieldsNot,
  kText,
  kMime
};
struct Section {
  std::vector<std::uint32_t> part;  // "1.2" => {1, 2}; empty: the message itself
  SectionText text = SectionText::kAll;
  std::vector<std::string> fields;  // header-list, as sent
  friend bool operator==(const Section&, const Section&) = default;
};
struct Partial {
  std::uint64_t offset = 0;  // number64 (RFC 9051 §9 partial)
  std::uint64_t length = 0;  // nz-number64
  friend bool operator==(const Partial&, const Partial&) = default;
};
struct FetchAtt {
  FetchItem item = FetchItem::kFlags;
  bool peek = false;
  Section section;                 // kBodySection, kBinary, kBinarySize
  std::optional<Partial> partial;  // kBodySection, kBinary
  bool lazy = false;               // kPreview
};
struct FetchArgs {
  Addressing by = Addressing::kSequence;
  NumberSet set;
  std::vector<FetchAtt> items;  // macros ALL, FAST, FULL are expanded
  std::optional<std::uint64_t> changed_since;
  bool vanished = false;
  std::optional<PartialRange> partial_messages = std::nullopt;  // RFC 9394 §3.3
};

enum class StoreMode : std::uint8_t { kReplace, kAdd, kRemove };
struct StoreArgs {
  Addressing by = Addressing::kSequence;
  NumberSet set;
  StoreMode mode = StoreMode::kReplace;
  bool silent = false;
  std::vector<Flag> flags;
  std::optional<std::uint64_t> unchanged_since;
};
struct CopyArgs {  // COPY and MOVE
  Addressing by = Addressing::kSequence;
  NumberSet set;
  std::string mailbox;
};
struct ExpungeArgs {
  std::optional<NumberSet> uids;  // UID EXPUNGE (RFC 4315)
};
struct SortArgs {  // RFC 5256 §3, RFC 5267 §3
  SearchArgs search;
  std::vector<SortCriterion> criteria;  // one a key: a repeated key decides nothing
};
struct ThreadArgs {  // RFC 5256 §3
  SearchArgs search;
  ThreadAlgorithm algorithm = ThreadAlgorithm::kOrderedSubject;
};
struct EsearchArgs {  // RFC 7377 §2
  SearchArgs search;
  std::optional<std::vector<MailboxFilter>> sources;  // nullopt: the selected mailbox
};
struct CancelUpdateArgs {  // RFC 5267 §4.3.5
  std::vector<std::string> tags;
};

struct LanguageArgs {
  std::vector<std::string> ranges;  // RFC 4647 language ranges, lower case; empty: list them
};

struct UidBatchesArgs {  // RFC 10022 §4
  std::uint32_t size = 0;
  std::uint32_t first = 1;  // batches asked for, counted from 1
  std::uint32_t last = UINT32_MAX;
};
// event of RFC 5465 §8; bits.
enum NotifyEvent : std::uint8_t {
  kMessageNew = 1,
  kMessageExpunge = 2,
  kFlagChange = 4,
  kMailboxName = 8,
  kSubscriptionChange = 16,
  kMailboxMetadataChange = 32,
  kServerMetadataChange = 64,
};
enum class NotifyFilter : std::uint8_t {
  kSelected,
  kSelectedDelayed,
  kInboxes,
  kPersonal,
  kSubscribed,
  kSubtree,
  kMailboxes,
};
struct NotifyGroup {  // event-group
  NotifyFilter filter = NotifyFilter::kPersonal;
  std::vector<std::string> mailboxes;  // of kSubtree and kMailboxes
  std::uint8_t events = 0;             // NotifyEvent bits; 0: NONE
  std::vector<FetchAtt> fetch;         // of MessageNew, in kSelected and kSelectedDelayed
};
struct NotifyArgs {
  bool set = false;  // false: NOTIFY NONE
  bool status = false;
  std::vector<NotifyGroup> groups;
  bool bad_event = false;  // an event that is not supported was named: NO, not BAD
  bool overflow = false;   // more mailboxes than the server watches were named; some are left out
};
// LIMIT: mailboxes named in one NOTIFY.
inline constexpr std::size_t kMaxNotifyMailboxes = 20'000;

struct GetQuotaArgs {  // RFC 9208 §4.1.1
  std::string root;
};
struct SetQuotaArgs {  // RFC 9208 §4.1.3
  std::string root;
  std::vector<std::pair<std::string, std::uint64_t>> limits;  // resource name as sent
};

enum class MetadataDepth : std::uint8_t { kEntry, kChildren, kAll };
struct GetMetadataArgs {             // RFC 5464 §4.2
  std::string mailbox;               // empty: the server
  std::vector<std::string> entries;  // as sent, each once
  std::optional<std::uint64_t> max_size;
  MetadataDepth depth = MetadataDepth::kEntry;
};
struct SetMetadataArgs {  // RFC 5464 §4.3
  std::string mailbox;    // empty: the server
  std::vector<std::pair<std::string, std::optional<std::string>>> values;
};

struct CompressArgs {     // RFC 4978 §3
  std::string algorithm;  // upper case
};

struct Command {
  std::string tag;
  CommandId id = CommandId::kNoop;
  std::variant<std::monostate, IdArgs, AuthenticateArgs, LoginArgs, EnableArgs, SelectArgs,
               CreateArgs, MailboxArgs, RenameArgs, ListArgs, StatusArgs, AppendArgs, SearchArgs,
               FetchArgs, StoreArgs, CopyArgs, ExpungeArgs, UidBatchesArgs, GetQuotaArgs,
               SetQuotaArgs, GetMetadataArgs, SetMetadataArgs, CompressArgs, SortArgs, ThreadArgs,
               EsearchArgs, CancelUpdateArgs, LanguageArgs, NotifyArgs>
      args;
};

// Modes of the session that change the grammar.
struct ParseMode {
  bool utf8_names = false;  // UTF8=ACCEPT or IMAP4rev2 enabled: mailbox names are UTF-8, not mUTF-7
  bool authenticated = false;
};

}  // namespace postern::imap
