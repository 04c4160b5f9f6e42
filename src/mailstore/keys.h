// Keys of one account in the engine: a kind letter and big-endian numbers
// (docs/formats/mailstore.md). The account id is the engine's own prefix and not part of these.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/ids.h"

namespace postern::mailstore::keys {

inline constexpr char kAccountKey = 'K';    // wrapped data key; an account exists while it does
inline constexpr char kCounters = 'A';      // next ids, quota
inline constexpr char kBody = 'B';          // + email u64: where the body is
inline constexpr char kChunk = 'C';         // + mailbox u32 + first uid u32: folded rows
inline constexpr char kInfo = 'E';          // + email u64: parsed structure, can be rebuilt
inline constexpr char kHeader = 'H';        // + mailbox: hot header
inline constexpr char kLog = 'L';           // + mailbox + modseq u64: change log
inline constexpr char kMetadata = 'M';      // + mailbox + 16 octets of a keyed hash: an entry
inline constexpr char kMailbox = 'N';       // + mailbox: name, special use, keywords
inline constexpr char kRelease = 'R';       // + number u64: emails to look at for the sweep
inline constexpr char kSubscription = 'S';  // + 16 octets of a keyed hash: subscribed absent name
inline constexpr char kVanished = 'V';      // + mailbox + modseq: folded expunge history

[[nodiscard]] std::string plain(char kind);
[[nodiscard]] std::string of_mailbox(char kind, MailboxId mailbox);
[[nodiscard]] std::string of_number(char kind, std::uint64_t number);
[[nodiscard]] std::string of_modseq(char kind, MailboxId mailbox, ModSeq modseq);
[[nodiscard]] std::string chunk(MailboxId mailbox, Uid first);
[[nodiscard]] std::string subscription(std::string_view tag);
[[nodiscard]] std::string metadata(MailboxId mailbox, std::string_view tag);

using Range = std::pair<std::string, std::string>;  // [first, last)
[[nodiscard]] Range all_of(char kind);
[[nodiscard]] Range all_of_mailbox(char kind, MailboxId mailbox);
[[nodiscard]] Range everything();

// The number after the kind and mailbox octets; 0 for a key that is too short.
[[nodiscard]] std::uint64_t tail_number(std::string_view key, std::size_t from);
[[nodiscard]] MailboxId mailbox_of(std::string_view key);
[[nodiscard]] ModSeq modseq_of(std::string_view key);
[[nodiscard]] EmailId email_of(std::string_view key);

// Printable, for error details: "L 00000001 0000000000000005" without the blanks.
[[nodiscard]] std::string printable(std::string_view key);

}  // namespace postern::mailstore::keys
