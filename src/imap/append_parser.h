// AppendParser: APPEND and REPLACE read bit by bit, as far as they have come, because what their
// literals hold passes by as a stream (RFC 9051 §6.3.12, RFC 3502, RFC 3516, RFC 4466 append-data,
// RFC 4469, RFC 6855 §4, RFC 8508).
//
//   append-message = [SP flag-list] [SP date-time] SP append-data
//   append-data    = message / "CATENATE" SP "(" cat-part *(SP cat-part) ")"
//   cat-part       = "TEXT" SP octets / "URL" SP astring / utf8
//   message        = octets / utf8           octets = literal / literal8
//   utf8           = "UTF8" SP "(" literal8 ")"
//
// advance() is called at every literal announcement and at the end of the command, each time with
// the whole command so far; it goes on where it stopped. Pure machine, one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "imap/command.h"
#include "imap/parser.h"

namespace postern::imap {

class Cursor;

class AppendParser {
 public:
  // LIMIT: messages of one command; each is staged until the last one is here.
  static constexpr std::size_t kMaxMessages = 1'000;
  // LIMIT: parts of one command; a URL names a message to be read.
  static constexpr std::size_t kMaxParts = 1'000;

  enum class At : std::uint8_t { kLiteral, kEnd };
  enum class Next : std::uint8_t {
    kCollect,  // the literal is the mailbox name or a URL: collect it into the command
    kStream,   // the literal is the last part of the last message: let it pass by
    kDone,     // at the end: every message is complete
  };

  AppendParser(CommandHead head, const ParseMode& mode);

  // `command`: Framer::command(). After an error the parser is of no use any more.
  [[nodiscard]] Parsed<Next> advance(std::string_view command, At at);

  // What is known by now; grows with each advance().
  [[nodiscard]] const AppendArgs& args() const { return args_; }

  // The arguments of a whole command in which the octets of messages are left out; `in` stands
  // behind the command's name.
  [[nodiscard]] static AppendArgs read_whole(Cursor& in, CommandId id, Addressing by);

 private:
  enum class State : std::uint8_t { kTarget, kMessage, kPart, kAfterPart, kDone };
  enum class Pause : std::uint8_t { kNone, kCollect, kStream };

  Pause read(Cursor& in, At at);
  Pause read_target(Cursor& in, At at);
  Pause read_message(Cursor& in, At at);
  Pause read_part(Cursor& in, At at);
  Pause read_octets(Cursor& in, At at, AppendPart part);
  Pause read_utf8(Cursor& in, At at);
  void after_part(Cursor& in, At at);
  void add_part(Cursor& in, AppendPart part);

  CommandHead head_;
  ParseMode mode_;
  std::size_t at_;  // what lies before it has been read
  State state_ = State::kTarget;
  std::size_t parts_ = 0;
  AppendArgs args_;
};

}  // namespace postern::imap
