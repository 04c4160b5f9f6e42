// Parser: one framed command's bytes to a typed Command. Linear, no recursion over input.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "base/result.h"
#include "imap/command.h"

namespace postern::imap {

struct ParseError {
  Errc code = Errc::kInvalid;  // kInvalid: BAD; kLimit: NO [LIMIT]; kTooBig: BAD [TOOBIG];
                               // kCannot: NO [BADCHARSET] (SEARCH CHARSET)
  std::string tag;             // "" when the tag itself is not valid
  std::string message;  // for the client: names the token and its offset; printable ASCII, <= 200
  std::size_t offset = 0;
  bool save = false;  // SEARCH: RETURN (SAVE) was read before the error (RFC 5182 §2.1)
};
template <class T>
using Parsed = std::expected<T, ParseError>;

// The first two tokens of a command, enough for the command table to decide before any "+".
struct CommandHead {
  std::string tag;
  CommandId id = CommandId::kNoop;
  Addressing by = Addressing::kSequence;
  std::size_t end = 0;  // offset behind the name: where the arguments begin
};
[[nodiscard]] Parsed<CommandHead> parse_head(std::string_view command);

// A whole command as Framer::command() gives it. The message literals of APPEND and REPLACE are
// taken as streamed: only their announcements stand in the command. See append_parser.h.
[[nodiscard]] Parsed<Command> parse_command(std::string_view command, const ParseMode& mode);

// Modified UTF-7 (RFC 3501 §5.1.3). Decoding refuses what is not canonical.
[[nodiscard]] Result<std::string> decode_mutf7(std::string_view wire);
[[nodiscard]] std::string encode_mutf7(std::string_view utf8);  // precondition: valid UTF-8

// date-time and date of RFC 9051 §9. Text without the surrounding quotes.
[[nodiscard]] Result<DateTime> parse_date_time(std::string_view text);
[[nodiscard]] std::string encode_date_time(const DateTime& when);  // "17-Jul-1996 02:44:25 -0700"

[[nodiscard]] std::string_view to_string(CommandId id);  // upper case

}  // namespace postern::imap
