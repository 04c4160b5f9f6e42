// The command table: one row per command, consulted before a literal is accepted, a "+" is sent or
// an argument is parsed. Which states allow it, whether it reads or breaks sequence numbers, what
// may be told before its tagged answer, and which literals it may carry.
#pragma once

#include <cstdint>

#include "imap/command.h"

namespace postern::session {

enum class State : std::uint8_t {
  kNotAuthenticated = 1,
  kAuthenticated = 2,
  kSelected = 4,
  kLogout = 8
};

enum class SequenceUse : std::uint8_t {
  kNone,
  kReads,   // its sequence form names messages by number: an EXPUNGE the client has not read yet
            // would change their meaning (RFC 9051 §5.5)
  kBreaks,  // its own effect renumbers messages
};

// What the session may tell of its mailbox before the tagged answer.
enum class Updates : std::uint8_t {
  kNone,       // the command leaves or replaces the view, or there is none
  kNoExpunge,  // RFC 9051 §7.5.1: no EXPUNGE (RFC 7162 §3.2.10: nor VANISHED) while it runs
  kAll,
};

enum class Literals : std::uint8_t {
  kNone,
  kCollected,  // names, search strings, credentials: held in memory
  kBinary,     // the same, and literal8
  kStreamed,   // the message of APPEND, beside a collected mailbox name
};

struct CommandRow {
  imap::CommandId id;
  std::uint8_t states;  // State bits
  SequenceUse sequence;
  Updates updates;
  Literals literals;
  std::uint32_t literal_limit;  // octets of one collected literal

  [[nodiscard]] bool allowed_in(State state) const {
    return (states & static_cast<std::uint8_t>(state)) != 0;
  }
};

[[nodiscard]] const CommandRow& command_row(imap::CommandId id);

// True when telling EXPUNGE now could make the pipelined command `next` mean other messages than
// the client meant when it wrote it.
[[nodiscard]] bool ambiguous_after_expunge(imap::CommandId next, imap::Addressing by);

}  // namespace postern::session
