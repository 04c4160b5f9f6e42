// Framer: cuts the client's byte stream into commands, literals included, before anything is
// parsed.
//
// SECURITY (desync): the framer alone decides where a command ends. An error consumes the rest of
// *that* command or ends the connection; bytes of a rejected literal are skipped here and are never
// seen by a parser. Only CRLF ends a line; NUL, bare CR and bare LF are errors (RFC 9051 §2.2).
// Every byte is charged to the command's budget as it arrives.
//
//   feed() ──> kNeedMore     everything given was consumed; read more
//          ├─> kCommand      command() holds one whole command without its final CRLF
//          ├─> kLine         command() holds one raw line, asked for by expect_raw_line()
//          ├─> kLiteral      command() holds what precedes a literal of literal() octets; answer
//          │                 with accept_literal(), stream_literal() or reject_command()
//          ├─> kStreamBytes  body() views literal octets in the caller's buffer (stream_literal())
//          ├─> kStreamEnd    the streamed literal is complete; the command's rest follows
//          ├─> kSkipped      a rejected command has been consumed to its end
//          └─> kBad          fault(); fatal() = say BYE and close. Otherwise answer BAD with tag()
//                            at once: what is left of the command is swallowed by the next feed()
//                            calls without a further word
//
// feed() is called, with an empty view too, until it says kNeedMore: an action may need no byte.
// Empty lines between commands are skipped (clients send CRLF before a tag) and are no command.
//
//   state     | holds                        | left by
//   kStart    | nothing of the next command  | a byte that is not CR
//   kLine     | a command's line             | CRLF, fault
//   kAsk      | a literal announcement       | the caller's answer
//   kCollect  | octets of an accepted literal| its last octet, NUL
//   kStream   | nothing (octets pass by)     | its last octet
//   kSkipLine | nothing                      | CRLF that announces no further literal
//   kSkip     | nothing                      | the last octet of a skipped literal
//   kRaw      | a raw line                   | CRLF
//   kDead     | nothing                      | never
//
// Pure machine: no I/O, no clock. One owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "imap/literal_scan.h"

namespace postern::imap {

struct FramerLimits {
  std::size_t line = 2 * 1024;        // octets of command() that are not literal octets
  std::size_t auth_line = 24 * 1024;  // an AUTHENTICATE with initial response, and raw lines
  std::size_t set_line = 2 * 1024;    // commands that carry sets
  std::size_t literals = 16 * 1024;   // all collected literals of one command; not streamed ones
  std::size_t depth = 1;              // open parentheses outside quoted strings
  std::uint64_t skip = 16 * 1024;     // octets of a rejected command that are read and thrown away
  bool literal_plus = true;    // false: LITERAL-, non-synchronizing literals up to 4,096 octets
  bool close_on_fault = true;  // every fault is fatal
  [[nodiscard]] static FramerLimits before_login();
  // 64 KiB, 1 MiB with sets, 1 MiB of literals, depth 64.
  [[nodiscard]] static FramerLimits after_login();
};

class Framer {
 public:
  enum class Action : std::uint8_t {
    kNeedMore,
    kCommand,
    kLine,
    kLiteral,
    kStreamBytes,
    kStreamEnd,
    kSkipped,
    kBad,
  };
  enum class Fault : std::uint8_t {
    kNone,
    kLineTooLong,  // BAD [TOOBIG]
    kTooDeep,
    kBadLiteral,     // the announcement cannot be read: always fatal
    kLiteralTooBig,  // BAD [TOOBIG]
    kBadByte,        // NUL, bare CR or bare LF
    kNotImap,        // HTTP, SMTP, SSH or TLS on the first line: close without a word
  };

  struct Literal {
    std::uint64_t size = 0;
    bool synchronizing = true;  // {n}: the client waits for "+"; false for {n+}
    bool binary = false;        // ~{n}
  };

  explicit Framer(FramerLimits limits = FramerLimits::before_login());

  void set_limits(FramerLimits limits);  // takes effect with the next command

  // The next line is no command but raw text (a SASL response): it comes as kLine, empty lines too,
  // with the CRLF rule and auth_line as its limit. A line that ends like a literal announcement is
  // kBadLiteral. Holds for one line. Precondition: idle().
  void expect_raw_line();

  // Consumes from the front of `in` (shrinks it) up to the next action.
  Action feed(std::string_view& in);

  // The command so far, or whole: literals stand in place as "{n}CRLF" and their octets. Valid
  // until the next feed(). A streamed literal leaves only its "{n}CRLF" announcement.
  [[nodiscard]] std::string_view command() const { return buffer_; }
  [[nodiscard]] const Literal& literal() const { return literal_; }
  [[nodiscard]] std::string_view body() const { return body_; }
  [[nodiscard]] Fault fault() const { return fault_; }
  // kBad only: the stream cannot be followed any further. feed() then swallows everything.
  [[nodiscard]] bool fatal() const { return state_ == State::kDead; }
  // The tag of the current command if its first token is a valid tag of at most 64 octets, else "".
  // Valid until the next command begins.
  [[nodiscard]] std::string_view tag() const;

  // True if accept_literal() would stay within the budget of the command.
  [[nodiscard]] bool literal_fits() const;
  void accept_literal();  // collect it into command(); kBad follows if it does not fit
  void stream_literal();  // hand it out by kStreamBytes
  // The command is refused: a synchronizing literal is not coming (the client reads our tagged
  // answer instead of "+"), a non-synchronizing one is skipped, and so is the rest of the command
  // with every further literal, up to kSkipped. After a synchronizing literal the command has ended
  // at once, and kSkipped comes with the next feed(). Also allowed while a literal is streamed.
  // Past FramerLimits::skip octets kBad (kLiteralTooBig or kLineTooLong, fatal) comes instead.
  void reject_command();

  // True between commands, with no byte of the next one seen.
  [[nodiscard]] bool idle() const;
  // Bytes held for the current command (tests: memory is bounded).
  [[nodiscard]] std::size_t held() const { return buffer_.size(); }
  // Wipes and frees the buffer, and with it command(); only when idle().
  void release_memory();

 private:
  enum class State : std::uint8_t {
    kStart,
    kLine,
    kAsk,
    kCollect,
    kStream,
    kSkipLine,
    kSkip,
    kRaw,
    kDead,
  };

  // One transition; nullopt: go on in the new state.
  using Step = std::optional<Action>;
  Step step(std::string_view& in);
  Step step_start(std::string_view& in);
  Step step_line(std::string_view& in);
  Step step_collect(std::string_view& in);
  Step step_stream(std::string_view& in);
  Step step_skip_line(std::string_view& in);
  Step step_skip(std::string_view& in);

  void begin(State state);
  void begin_line_after_literal(State state);
  Fault absorb(std::string_view& in, std::size_t count);
  Fault take(std::string_view& in, std::size_t count);
  bool track(char c);
  Step end_line();
  Step announce(bool synchronizing);
  Step end_skipped_line();
  Step end_skip();
  Step skip_literal(std::uint64_t size);
  Action bad(Fault fault);
  Action die(Fault fault);
  void drop();
  [[nodiscard]] std::string_view verb() const;
  [[nodiscard]] bool may_stream() const;
  [[nodiscard]] std::size_t line_limit() const;
  [[nodiscard]] bool looks_foreign() const;

  FramerLimits limits_;
  FramerLimits next_limits_;
  State state_ = State::kStart;
  Fault fault_ = Fault::kNone;
  bool cr_ = false;         // a CR was taken; LF must be next
  bool raw_next_ = false;   // expect_raw_line()
  bool first_line_ = true;  // of the connection
  bool quoted_ = false;     // inside a quoted string
  bool escaped_ = false;    // after a backslash in it
  bool too_big_ = false;    // accept_literal() went over the budget
  bool silent_ = false;     // the skipping follows kBad: no kSkipped
  bool skipped_ = false;    // kSkipped is due
  std::size_t depth_ = 0;
  std::size_t line_octets_ = 0;     // of all lines of this command
  std::size_t line_limit_ = 0;      // of this command; 0 while limits_.line has sufficed
  std::size_t literal_octets_ = 0;  // collected so far, announced ones included
  std::uint64_t left_ = 0;          // of the literal under way
  std::uint64_t skipped_octets_ = 0;
  LiteralScan scan_;
  Literal literal_;
  std::string_view body_;  // into the caller's buffer
  std::string buffer_;
  std::string tag_;  // kept when buffer_ is dropped
};

}  // namespace postern::imap
