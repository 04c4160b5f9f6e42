#include "config/toml_scan.h"

namespace postern::config {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<ParseError> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (static_cast<unsigned char>(c) >= 0x80) {
        if (at_ != 0 || !text_.starts_with("\xef\xbb\xbf"))
          return error("a character that must stand in quotes");
        at_ += 3;  // a byte order mark begins the text
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '"' || c == '\'') {
        skip_string(c);
      } else {
        if (c == '.' && ++dots_ > kMaxDots) return error("a key of too many parts");
        if (std::string_view("\r\n=,{}[]").find(c) != std::string_view::npos) dots_ = 0;
        ++at_;
      }
    }
    return std::nullopt;
  }

 private:
  // To behind the closing quotes; a string on one line ends with the line at the latest.
  void skip_string(char quote) {
    const std::string three(3, quote);
    const bool many_lines = text_.substr(at_).starts_with(three);
    at_ += many_lines ? 3 : 1;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\\' && quote == '"') {
        at_ += 2;
      } else if (many_lines && text_.substr(at_).starts_with(three)) {
        at_ += 3;
        // Up to two quotes may stand before the closing three.
        for (int extra = 0; extra < 2 && at_ < text_.size() && text_[at_] == quote; ++extra) ++at_;
        return;
      } else if (!many_lines && (c == quote || c == '\n')) {
        ++at_;
        return;
      } else {
        ++at_;
      }
    }
    at_ = text_.size();
  }

  ParseError error(std::string_view what) const {
    Place place{1, 1};
    for (const char c : text_.substr(0, at_)) {
      place = c == '\n' ? Place{place.line + 1, 1} : Place{place.line, place.column + 1};
    }
    return {place, std::string(what)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t dots_ = 0;
};

}  // namespace

std::optional<ParseError> scan_toml(std::string_view text) {
  return Scanner(text).run();
}

}  // namespace postern::config
