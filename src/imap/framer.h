// Framer: cuts the client's byte stream into commands, literals included, before anything is parsed.
//
// SECURITY (desync): the framer alone decides where a command ends. An error consumes the rest of
// *that* command or ends the connection; bytes of a rejected literal are skipped here and are never
// seen by a parser. Only CRLF ends a line; NUL, bare CR and bare LF are errors (RFC 9051 §2.2).
// Every byte is charged to the command's budget as it arrives.
//
//   feed() ──> kNeedMore           everything given was consumed; read more
//          ├─> kCommand            command() holds one whole command without its final CRLF
//          ├─> kLiteral            command() holds what precedes a literal of literal() octets;
//          │                       answer with accept_literal(), stream_literal() or reject_command()
//          ├─> kStreamBytes        body() views literal octets in the caller's buffer (after stream_literal)
//          ├─> kStreamEnd          the streamed literal is complete; the command's rest follows
//          ├─> kSkipped            a rejected command has been consumed to its end
//          └─> kBad                error(); `fatal` = say BYE and close, else the command was consumed
//
// Pure machine: no I/O, no clock. One owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace postern::imap {

struct FramerLimits {
  std::size_t line = 2 * 1024;          // before login; 24 KiB in an AUTHENTICATE with initial response
  std::size_t auth_line = 24 * 1024;
  std::size_t set_line = 2 * 1024;      // for commands that carry sets (1 MiB after login)
  std::size_t literals = 16 * 1024;     // all literals of one command together, streamed ones apart
  std::size_t depth = 1;                // open parentheses outside quoted strings
  bool literal_plus = true;             // false: LITERAL-, non-synchronizing literals up to 4,096 octets
  [[nodiscard]] static FramerLimits before_login();
  [[nodiscard]] static FramerLimits after_login();  // 64 KiB, 1 MiB with sets, 1 MiB literals, depth 64
};

class Framer {
 public:
  enum class Action : std::uint8_t {
    kNeedMore, kCommand, kLiteral, kStreamBytes, kStreamEnd, kSkipped, kBad,
  };
  enum class Fault : std::uint8_t { kNone, kLineTooLong, kTooDeep, kBadLiteral, kLiteralTooBig, kBadByte, kNotImap };

  struct Literal {
    std::uint64_t size = 0;
    bool synchronizing = true;  // {n}: the client waits for "+"; false for {n+}
    bool binary = false;        // ~{n}
    bool utf8 = false;          // UTF8 (~{n} form of RFC 6855: the preceding token is "UTF8 (")
  };

  explicit Framer(FramerLimits limits = FramerLimits::before_login());

  void set_limits(FramerLimits limits);  // takes effect with the next command

  // Consumes from the front of `in` (shrinks it) up to the next action.
  Action feed(std::string_view& in);

  // The command so far, or whole: literals stand in place as "{n}CRLF" and their octets. Valid until
  // the next feed(). A streamed literal leaves only its "{n}CRLF" announcement.
  [[nodiscard]] std::string_view command() const;
  [[nodiscard]] const Literal& literal() const;
  [[nodiscard]] std::string_view body() const;
  [[nodiscard]] Fault fault() const;
  // kBad only: the stream cannot be followed any further.
  [[nodiscard]] bool fatal() const;
  // The tag of the current command if its first token is a valid tag of at most 64 octets, else "".
  [[nodiscard]] std::string_view tag() const;

  void accept_literal();  // collect it into command()
  void stream_literal();  // hand it out by kStreamBytes
  // The command is refused: a synchronizing literal is not coming (the client reads our tagged answer
  // instead of "+"), a non-synchronizing one is skipped, and so is the rest of the command with every
  // further literal, up to kSkipped. After a synchronizing literal the command has ended at once.
  void reject_command();

  // True between commands, with no byte of the next one seen.
  [[nodiscard]] bool idle() const;
  // Bytes held for the current command (tests: memory is bounded).
  [[nodiscard]] std::size_t held() const;
  // Frees the buffer; only when idle().
  void release_memory();

 private:
  enum class State : std::uint8_t;
  // Completed by the implementation of the framer (see framer.cc); kept out of callers' sight.
  struct Impl;
  struct ImplDelete {
    void operator()(Impl* impl) const;
  };
  std::unique_ptr<Impl, ImplDelete> impl_;
};

}  // namespace postern::imap
