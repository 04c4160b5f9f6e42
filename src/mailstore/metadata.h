// Metadata: the annotations of an account's mailboxes and of the server as its user sees it
// (RFC 5464): entry names and their values.
//
// An account keeps all of it in memory, so the limits are part of what an account may cost. Entries
// belong to a mailbox by its id: RENAME takes them along, DELETE takes them away.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace postern::mailstore {

inline constexpr std::size_t kMaxMetadataEntry = 255;           // LIMIT: octets of a name
inline constexpr std::size_t kMaxMetadataValue = 64 * 1024;     // LIMIT: octets of a value
inline constexpr std::size_t kMaxMetadataEntries = 100;         // LIMIT: of one mailbox
inline constexpr std::size_t kMaxMetadataOctets = 1024 * 1024;  // LIMIT: of one account, names too

// In the place of a mailbox: the server.
inline constexpr MailboxId kServerMetadata{0};

// By name, in lower case (RFC 5464 §3.2: names compare without case). A value may hold any octet.
// Shared: each version of a mailbox's entries has the values that did not change.
using MetadataValue = std::shared_ptr<const std::string>;
using MetadataEntries = std::map<std::string, MetadataValue, std::less<>>;
using MetadataEntriesPtr = std::shared_ptr<const MetadataEntries>;

// nullopt removes the entry.
struct MetadataChange {
  std::string entry;  // lower case
  std::optional<std::string> value;
};

// The entries a change leaves in a mailbox; null: none.
using MetadataEffects = std::vector<std::pair<MailboxId, MetadataEntriesPtr>>;

class Metadata {
 public:
  using Map = std::map<MailboxId, MetadataEntriesPtr>;
  // Mailboxes that have entries; never null.
  [[nodiscard]] const Map& all() const { return mailboxes_; }
  // Null when there are none.
  [[nodiscard]] MetadataEntriesPtr find(MailboxId mailbox) const;

  // What the mailbox has after the changes, in their order. kTooBig (a value), kLimit (a name, or
  // too many).
  [[nodiscard]] Result<MetadataEntriesPtr> plan_set(
      MailboxId mailbox, const std::vector<MetadataChange>& changes) const;
  // The entries of `from` for `to`, which has none. kLimit.
  [[nodiscard]] Result<MetadataEntriesPtr> plan_copy(MailboxId from) const;

  void apply(const MetadataEffects& effects);

 private:
  [[nodiscard]] static std::size_t octets_of(const MetadataEntriesPtr& entries);

  Map mailboxes_;
  std::size_t octets_ = 0;
};
using MetadataPtr = std::shared_ptr<const Metadata>;  // a snapshot, read unlocked by sessions

}  // namespace postern::mailstore
