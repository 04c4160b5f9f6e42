#include "mime/html_text.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "mime/utf8.h"

namespace postern::mime {
namespace {

struct Entity {
  std::string_view name;
  char32_t code;
};
constexpr std::array<Entity, 22> kEntities = {
    {{"amp", '&'},       {"lt", '<'},       {"gt", '>'},       {"quot", '"'},     {"apos", '\''},
     {"nbsp", 0xA0},     {"copy", 0xA9},    {"reg", 0xAE},     {"trade", 0x2122}, {"euro", 0x20AC},
     {"hellip", 0x2026}, {"ndash", 0x2013}, {"mdash", 0x2014}, {"lsquo", 0x2018}, {"rsquo", 0x2019},
     {"ldquo", 0x201C},  {"rdquo", 0x201D}, {"bull", 0x2022},  {"middot", 0xB7},  {"shy", 0xAD},
     {"zwnj", 0x200C},   {"zwj", 0x200D}}};
constexpr std::size_t kLongestEntity = 10;  // between '&' and ';'

std::optional<char32_t> entity_code(std::string_view name) {
  if (name.starts_with('#')) {
    name.remove_prefix(1);
    const bool hex = name.starts_with('x') || name.starts_with('X');
    if (hex) name.remove_prefix(1);
    std::uint32_t code = 0;
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + name.size(), code, hex ? 16 : 10);
    if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
    return code;
  }
  for (const Entity& entity : kEntities) {
    if (entity.name == name) return entity.code;
  }
  return std::nullopt;
}

class Stripper {
 public:
  explicit Stripper(std::string_view html) : html_(html) { out_.reserve(html.size() / 2); }

  std::string run() {
    while (at_ < html_.size()) {
      const char c = html_[at_];
      if (c == '<') {
        markup();
      } else if (c == '&') {
        entity();
      } else {
        out_ += c;
        ++at_;
      }
    }
    return std::move(out_);
  }

 private:
  void markup() {
    const std::string_view rest = html_.substr(at_);
    if (rest.starts_with("<!--")) {
      skip_past("-->", 4);
      return;
    }
    const bool tag =
        rest.size() > 1 && (rest[1] == '/' || rest[1] == '!' || rest[1] == '?' ||
                            (ascii_lower(rest[1]) >= 'a' && ascii_lower(rest[1]) <= 'z'));
    if (!tag) {
      out_ += '<';
      ++at_;
      return;
    }
    const std::string name = tag_name(rest.substr(1));
    const bool starts = rest[1] != '/';
    skip_tag();
    // Tags part words, except the inline ones that stand inside them.
    if (name != "b" && name != "i" && name != "em" && name != "strong" && name != "span" &&
        name != "a" && name != "font" && name != "u") {
      out_ += ' ';
    }
    if (starts && (name == "style" || name == "script" || name == "title")) skip_element(name);
  }

  static std::string tag_name(std::string_view text) {
    if (text.starts_with('/')) text.remove_prefix(1);
    std::size_t length = 0;
    while (length < text.size() && length < 16 && ascii_lower(text[length]) >= 'a' &&
           ascii_lower(text[length]) <= 'z') {
      ++length;
    }
    return to_lower(text.substr(0, length));
  }

  // Past the '>' that closes a tag; one inside a quoted attribute value does not.
  void skip_tag() {
    char quote = 0;
    for (++at_; at_ < html_.size(); ++at_) {
      const char c = html_[at_];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '>') {
        ++at_;
        return;
      } else if ((c == '"' || c == '\'') && html_[at_ - 1] == '=') {
        quote = c;
      }
    }
  }

  void skip_past(std::string_view end, std::size_t from) {
    const std::size_t found = html_.find(end, at_ + from);
    at_ = found == html_.npos ? html_.size() : found + end.size();
  }

  // To the end tag of a raw-text element.
  void skip_element(std::string_view name) {
    while (at_ < html_.size()) {
      const std::size_t open = html_.find("</", at_);
      if (open == html_.npos) {
        at_ = html_.size();
        return;
      }
      at_ = open;
      if (iequals(html_.substr(open + 2, name.size()), name)) {
        skip_tag();
        return;
      }
      at_ = open + 2;
    }
  }

  void entity() {
    const std::size_t semicolon = html_.substr(at_, kLongestEntity + 2).find(';');
    if (semicolon != html_.npos) {
      if (const auto code = entity_code(html_.substr(at_ + 1, semicolon - 1))) {
        append_utf8(out_, *code);
        at_ += semicolon + 1;
        return;
      }
    }
    out_ += '&';
    ++at_;
  }

  std::string_view html_;  // owned by the caller
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string html_to_text(std::string_view utf8) {
  return Stripper(utf8).run();
}

}  // namespace postern::mime
