// Lexer: the tokens that structured header fields share (RFC 5322 §3.2): blanks, comments, quoted
// strings, and runs of anything else.
//
// Reads an unfolded field body. Every call consumes what it looked at, so a parser built on it is
// linear; nested comments are counted, not recursed into.
#pragma once

#include <string>
#include <string_view>

namespace postern::mime {

[[nodiscard]] constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
[[nodiscard]] std::string_view trim(std::string_view text);  // blanks at both ends

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}  // a view; the caller owns the text

  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  [[nodiscard]] std::size_t position() const { return at_; }
  void skip() { ++at_; }
  bool accept(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_blanks();
  void skip_cfws();  // blanks and comments
  // At '(': consumes the comment and returns its text without the outer parentheses, escapes
  // undone. An unclosed comment runs to the end.
  std::string comment();
  // At '"': likewise for a quoted string.
  std::string quoted();
  // Consumes up to a blank or a character of `stops`. May be empty.
  std::string_view run(std::string_view stops);
  // Consumes up to a character of `stops`, blanks included.
  std::string_view until(std::string_view stops);

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace postern::mime
