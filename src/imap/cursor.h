// Cursor: the tokens of a command (RFC 9051 §9), read front to back, once.
//
// The first failure latches: it is kept with its place, the cursor stands at the end, and every
// later call fails or returns nothing. Rules are therefore written straight down and ok() is asked
// at the end and in loops. A view returned lies in the command's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/command.h"
#include "imap/parser.h"

namespace postern::imap {

class Cursor {
 public:
  // `command` is owned by the caller and outlives the cursor.
  Cursor(std::string_view command, const ParseMode& mode) : in_(command), mode_(mode) {}

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  [[nodiscard]] bool at_end() const { return at_ == in_.size(); }
  [[nodiscard]] std::size_t offset() const { return at_; }
  [[nodiscard]] const ParseMode& mode() const { return mode_; }
  // The octet at the cursor, NUL (which stands in no command) at the end.
  [[nodiscard]] char peek() const { return at_end() ? '\0' : in_[at_]; }
  [[nodiscard]] std::string_view rest() const { return in_.substr(at_); }

  // Latches "expected <what> at offset <n>", and the word that stands there instead. `what` names
  // the grammar's token.
  void fail(std::string_view what) { fail_at(at_, Errc::kInvalid, what); }
  void fail_at(std::size_t offset, Errc code, std::string_view what);
  // SECURITY: no word of this command is repeated in an error: it may be a password.
  void keep_silent() { silent_ = true; }
  // SEARCH RETURN (SAVE) was read; an error that follows says so.
  void note_save() { save_ = true; }
  [[nodiscard]] ParseError take_error(std::string_view tag, std::string_view command_name);

  // One octet, if it is there.
  bool try_char(char c);
  void expect(char c, std::string_view what);
  void space() { expect(' ', "one space"); }
  void end();

  // The longest run of `accept`; may be empty.
  template <class Accept>
  std::string_view run(Accept accept) {
    const std::size_t start = at_;
    while (at_ < in_.size() && accept(in_[at_])) ++at_;
    return in_.substr(start, at_ - start);
  }

  std::string_view atom(std::string_view what);
  // The keyword in any case, not followed by a further ATOM-CHAR; the cursor stays if it is not
  // there.
  bool try_keyword(std::string_view keyword);
  void keyword(std::string_view keyword);

  std::string string(std::string_view what);   // quoted or literal
  std::string string8(std::string_view what);  // likewise, or literal8 (RFC 9051 §9), with NULs
  std::string astring(std::string_view what);
  std::string quoted(std::string_view what);
  [[nodiscard]] bool at_string() const { return peek() == '"' || peek() == '{'; }
  // Quoted strings may hold UTF-8 although no mode of the session allows it (see parse_auth.cc).
  void allow_utf8_quoted() { utf8_quoted_ = true; }

  std::uint32_t nz_number(std::string_view what);
  std::uint64_t number64(std::string_view what);  // 0 to 2^63-1
  std::uint64_t nz_number64(std::string_view what);
  NumberSet sequence_set(std::string_view what);
  std::string mailbox();       // UTF-8, INBOX in upper case
  std::string list_mailbox();  // with wildcards
  Flag flag();
  // flag-list: "(" [flag *(SP flag)] ")"
  std::vector<Flag> flag_list();

 private:
  enum class Octets : std::uint8_t { kChar8, kAny };
  std::string literal(std::string_view what, Octets octets);
  std::string decode_mailbox(std::size_t offset, std::string wire);

  std::string_view in_;
  std::size_t at_ = 0;
  ParseMode mode_;
  bool utf8_quoted_ = false;
  bool save_ = false;
  bool silent_ = false;
  std::optional<ParseError> error_;
};

// LIMIT: flags, header fields, fetch items, capabilities of one command. A line of 1 MiB may be
// half a million one-letter words, and each costs thirty times its length once it is an object.
inline constexpr std::size_t kMaxItems = 1'000;
// LIMIT: fetch-atts of one FETCH; every one is answered for every message.
inline constexpr std::size_t kMaxFetchItems = 256;

}  // namespace postern::imap
