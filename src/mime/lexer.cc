#include "mime/lexer.h"

#include <algorithm>

namespace postern::mime {

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

void Lexer::skip_blanks() {
  while (!at_end() && is_blank(text_[at_])) ++at_;
}

void Lexer::skip_cfws() {
  for (;;) {
    skip_blanks();
    if (peek() != '(') return;
    comment();
  }
}

std::string Lexer::comment() {
  std::string result;
  std::size_t depth = 0;
  while (!at_end()) {
    const char c = text_[at_++];
    if (c == '\\') {
      if (!at_end()) result += text_[at_++];
      continue;
    }
    if (c == '(' && depth++ == 0) continue;
    if (c == ')' && --depth == 0) break;
    result += c;
  }
  return result;
}

std::string Lexer::quoted() {
  std::string result;
  ++at_;
  while (!at_end()) {
    const char c = text_[at_++];
    if (c == '"') break;
    if (c == '\\') {
      if (!at_end()) result += text_[at_++];
      continue;
    }
    result += c;
  }
  return result;
}

std::string_view Lexer::run(std::string_view stops) {
  const std::size_t begin = at_;
  while (!at_end() && !is_blank(text_[at_]) && stops.find(text_[at_]) == stops.npos) ++at_;
  return text_.substr(begin, at_ - begin);
}

std::string_view Lexer::until(std::string_view stops) {
  const std::size_t begin = at_;
  at_ = std::min(text_.find_first_of(stops, at_), text_.size());
  return text_.substr(begin, at_ - begin);
}

}  // namespace postern::mime
