// The small stored records: plain bytes in and out, before sealing. docs/formats/mailstore.md has
// each. Every decoder gives kCorrupt for bytes it did not write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/interval_set.h"
#include "base/result.h"
#include "engine/engine.h"
#include "mailstore/folders.h"
#include "mailstore/version.h"

namespace postern::mailstore {

// 'A': what the account hands out next, and its quota.
struct Counters {
  std::uint32_t next_mailbox = 1;
  std::uint64_t next_email = 1;
  std::uint64_t next_release = 1;
  std::uint32_t last_uid_validity = 0;
  std::uint64_t limit_bytes = 0;  // 0 = none, as for the other limits
  std::uint64_t used_bytes = 0;
  std::uint64_t used_messages = 0;
  std::uint64_t limit_messages = 0;
  std::uint64_t limit_mailboxes = 0;
  friend bool operator==(const Counters&, const Counters&) = default;
};
[[nodiscard]] std::string encode_counters(const Counters& counters);
[[nodiscard]] Result<Counters> decode_counters(std::string_view bytes);

// 'H': the hot header.
struct Header {
  MailboxCounts counts;
  ModSeq folded{1};               // the chunks hold the rows as of this modseq
  ModSeq vanished_floor{1};       // the expunge history is complete after this modseq
  std::uint32_t log_records = 0;  // since the fold
  std::uint64_t log_bytes = 0;
  Uid recent{1};  // messages from here on are \Recent for the next session
};
[[nodiscard]] std::string encode_header(const Header& header);
[[nodiscard]] Result<Header> decode_header(std::string_view bytes);

// 'N': the mailbox's name and keyword table.
struct MailboxRecord {
  Folder folder;  // id comes from the key
  std::vector<std::string> keywords;
};
[[nodiscard]] std::string encode_mailbox(const MailboxRecord& record);
[[nodiscard]] Result<MailboxRecord> decode_mailbox(std::string_view bytes);

// 'M': one metadata entry of a mailbox, or of the server under mailbox 0.
struct MetadataRecord {
  std::string entry;  // lower case
  std::string value;
};
[[nodiscard]] std::string encode_metadata(const MetadataRecord& record);
[[nodiscard]] Result<MetadataRecord> decode_metadata(std::string_view bytes);

// 'V': expunges that were folded out of the log, oldest first.
struct Vanished {
  ModSeq modseq;
  UidSet uids;
};
[[nodiscard]] std::string encode_vanished(const std::vector<Vanished>& entries);
[[nodiscard]] Result<std::vector<Vanished>> decode_vanished(std::string_view bytes);

// 'R': emails that lost a row, or a mailbox that was deleted with all its rows.
struct Release {
  std::int64_t when = 0;  // unix seconds
  MailboxId mailbox;      // valid: the whole mailbox
  std::vector<EmailId> emails;
};
[[nodiscard]] std::string encode_release(const Release& release);
[[nodiscard]] Result<Release> decode_release(std::string_view bytes);

}  // namespace postern::mailstore
