// Test support: a command's bytes through framer and parser, in every partition, as one line of
// text: the command (CommandText), "more", "framer", or "code@offset" of the error.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "imap/append_parser.h"
#include "imap/command_text.h"
#include "imap/framer.h"
#include "imap/parser.h"

namespace postern::imap {

inline constexpr ParseMode kPlain{.utf8_names = false, .authenticated = true};
inline constexpr ParseMode kUtf8{.utf8_names = true, .authenticated = true};

inline std::string parse_text(std::string_view command, const ParseMode& mode) {
  const Parsed<Command> parsed = parse_command(command, mode);
  if (parsed.has_value()) return CommandText::of(*parsed);
  EXPECT_LE(parsed.error().message.size(), 200U);
  for (const char c : parsed.error().message) EXPECT_TRUE(c >= 0x20 && c < 0x7F);
  EXPECT_LE(parsed.error().offset, command.size());
  std::string text;
  switch (parsed.error().code) {
    case Errc::kInvalid:
      text = "bad";
      break;
    case Errc::kLimit:
      text = "limit";
      break;
    case Errc::kTooBig:
      text = "toobig";
      break;
    case Errc::kCannot:
      text = "cannot";
      break;
    default:
      text = "?";
      break;
  }
  return text + "@" + std::to_string(parsed.error().offset);
}

// Whether the literal that `command` announces at its end is octets of a message. What is wrong
// shows when the command is whole.
inline bool streams(std::string_view command, const ParseMode& mode) {
  const Parsed<CommandHead> head = parse_head(command);
  if (!head.has_value()) return false;
  if (head->id != CommandId::kAppend && head->id != CommandId::kReplace) return false;
  const auto next = AppendParser(*head, mode).advance(command, AppendParser::At::kLiteral);
  return !next.has_value() || *next == AppendParser::Next::kStream;
}

// The first command of `chunks`; the messages of an APPEND are streamed.
inline std::string frame_and_parse(const std::vector<std::string>& chunks, const ParseMode& mode) {
  Framer framer(FramerLimits::after_login());
  for (const std::string& chunk : chunks) {
    std::string_view in = chunk;
    for (;;) {
      const Framer::Action action = framer.feed(in);
      if (action == Framer::Action::kNeedMore) break;
      if (action == Framer::Action::kCommand) return parse_text(framer.command(), mode);
      if (action == Framer::Action::kBad) return "framer";
      if (action != Framer::Action::kLiteral) continue;
      if (streams(framer.command(), mode)) {
        framer.stream_literal();
      } else {
        framer.accept_literal();
      }
    }
  }
  return "more";
}

struct ParseCase {
  std::string input;  // without tag and CRLF: "a " and CRLF are added
  std::string expected;
};

// Offsets in `expected` count from the start of the line, tag included.
inline void check_parse(const std::vector<ParseCase>& cases, const ParseMode& mode = kPlain) {
  for (const ParseCase& c : cases) {
    SCOPED_TRACE(c.input.substr(0, 200));
    const std::string bytes = "a " + c.input + "\r\n";
    EXPECT_EQ(frame_and_parse({bytes}, mode), c.expected) << "whole";
    std::vector<std::string> octets;
    for (const char octet : bytes) octets.emplace_back(1, octet);
    EXPECT_EQ(frame_and_parse(octets, mode), c.expected) << "octet by octet";
    if (bytes.size() > 300) continue;
    for (std::size_t at = 1; at < bytes.size(); ++at) {
      EXPECT_EQ(frame_and_parse({bytes.substr(0, at), bytes.substr(at)}, mode), c.expected)
          << "split at " << at;
    }
    EXPECT_EQ(frame_and_parse({bytes.substr(0, bytes.size() - 1)}, mode), "more");
  }
}

}  // namespace postern::imap
