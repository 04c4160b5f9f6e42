// Folders: the account's mailbox names as an immutable snapshot; LIST, LSUB and STATUS read it.
//
// Names are UTF-8, NFC, delimiter '/', "INBOX" upper case (also as first component: INBOX is only
// the exact name; "inbox/x" is stored as "INBOX/x"). Names are opaque keys, never paths.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace postern::mailstore {

inline constexpr char kDelimiter = '/';
inline constexpr std::size_t kMaxNameOctets = 1000;
inline constexpr std::size_t kMaxDepth = 50;
inline constexpr std::size_t kMaxMailboxes = 20'000;

enum class SpecialUse : std::uint8_t {
  kNone,
  kAll,
  kArchive,
  kDrafts,
  kFlagged,
  kJunk,
  kSent,
  kTrash,
  kImportant,  // RFC 8457
  kMemos,      // RFC 9979 §8
  kScheduled,
  kSnoozed
};
inline constexpr SpecialUse kLastSpecialUse = SpecialUse::kSnoozed;
[[nodiscard]] std::string_view to_attribute(SpecialUse use);  // "\\Sent"; "" for kNone
[[nodiscard]] std::optional<SpecialUse> parse_special_use(std::string_view attribute);  // any case

struct Folder {
  MailboxId id;  // 0 for a name without mailbox (\NonExistent): subscribed, or only a parent
  std::string name;
  UidValidity uid_validity;
  SpecialUse special_use = SpecialUse::kNone;
  bool subscribed = false;
  [[nodiscard]] bool exists() const { return id.valid(); }
};

class Folders {
 public:
  explicit Folders(std::vector<Folder> sorted);  // by name, INBOX first
  [[nodiscard]] const std::vector<Folder>& all() const { return folders_; }
  [[nodiscard]] const Folder* find(std::string_view canonical_name) const;  // lives as long as this
  [[nodiscard]] const Folder* find(MailboxId id) const;
  // Some existing mailbox lies below `name`.
  [[nodiscard]] bool has_children(std::string_view name) const;

 private:
  std::vector<Folder> folders_;
  std::vector<std::uint32_t> order_;     // indices of folders_, by name alone
  std::vector<std::uint32_t> existing_;  // how many of the first n in order_ are mailboxes
  std::unordered_map<MailboxId, std::uint32_t> by_id_;
};
using FoldersPtr = std::shared_ptr<const Folders>;

// Canonical form for storing and looking up: NFC, INBOX in upper case, one trailing delimiter
// dropped. kInvalid for empty names or components, control characters, bad UTF-8, and the wildcards
// '*' and '%'; kLimit for names over kMaxNameOctets or deeper than kMaxDepth.
[[nodiscard]] Result<std::string> canonical_name(std::string_view utf8);

}  // namespace postern::mailstore
