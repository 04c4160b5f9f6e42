// What one linear pass over a message finds, and what is stored of it beside the bytes.
//
// ENVELOPE, BODY and BODYSTRUCTURE are rendered to wire text once, at delivery; FETCH copies them.
// Strings with 8-bit or control bytes are rendered as literals, so one rendering serves rev1, rev2
// and UTF8=ACCEPT sessions. Offsets count octets of the stored message from its first octet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postern::mime {

enum class Encoding : std::uint8_t {
  kIdentity /*7bit, 8bit, binary*/,
  kQuotedPrintable,
  kBase64,
  kUnknown
};

// One body part. parts[0] is the message itself. Children of a multipart are its parts; the one
// child of a message/rfc822 part is the embedded message (its own header and body).
struct PartInfo {
  std::uint32_t parent = 0;             // index; parts[0] has itself
  std::vector<std::uint32_t> children;  // indices, ascending
  bool multipart = false;               // with at least one child
  bool message = false;                 // message/rfc822 or message/global that was descended into
  Encoding encoding = Encoding::kIdentity;
  std::uint64_t header_begin = 0;  // MIME header of the part (for parts[0]: 0)
  std::uint64_t body_begin = 0;    // after the empty line; == header end
  std::uint64_t body_end = 0;
  std::uint64_t lines = 0;  // of the body
  std::string type;         // lower case "text"
  std::string subtype;      // lower case "plain"
  std::string charset;      // lower case, "" when absent
};

struct MessageInfo {
  std::uint64_t size = 0;       // RFC822.SIZE
  std::vector<PartInfo> parts;  // at least one; a child's index is greater than its parent's
  std::string envelope;         // wire text "(...)"
  std::string body;             // wire text of BODY
  std::string body_structure;   // wire text of BODYSTRUCTURE
  // The raw header fields that apps ask for most, in message order, each with its line end: see
  // is_hot_field.
  std::string hot_header;
  // False when hot_header lacks such a field (over a limit): HEADER.FIELDS must then read the
  // message.
  bool hot_header_complete = true;
  std::string preview;  // UTF-8, at most 200 characters (RFC 8970 §3.3), may be empty
  std::optional<std::int64_t> sent_unix;  // of the Date header
  std::int32_t sent_day = 0;  // days since 1970 of the Date header as written, for SENTSINCE
  bool has_sent_day = false;
};

// Names of the fields kept in MessageInfo::hot_header, lower case.
[[nodiscard]] bool is_hot_field(std::string_view lower_name);

// Finds a part by its IMAP part specifier ("1.2" => {1, 2}; RFC 9051 §6.4.5.1 part numbers): index
// into parts, or nullopt. {} is parts[0]. For a non-multipart message {1} is its own body. The
// numbers pass through embedded messages: {2, 1} may be part 1 of the message/rfc822 at part 2.
[[nodiscard]] std::optional<std::uint32_t> find_part(const MessageInfo& info,
                                                     const std::vector<std::uint32_t>& path);

// The raw fields named in `names` (any case) out of a raw header block, or all others if `exclude`,
// with the closing empty line (RFC 9051 §6.4.5: HEADER.FIELDS ends with CRLF).
[[nodiscard]] std::string select_fields(std::string_view header,
                                        const std::vector<std::string>& names, bool exclude);

// Stored form (docs/formats/message-record.md). Versioned; decode fails with kCorrupt.
[[nodiscard]] std::string encode_info(const MessageInfo& info);
[[nodiscard]] Result<MessageInfo> decode_info(std::string_view bytes);

}  // namespace postern::mime
