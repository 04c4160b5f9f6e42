#include "mime/address.h"

#include <utility>

#include "mime/lexer.h"

namespace postern::mime {
namespace {

constexpr std::string_view kSpecials = "()<>,;:@\"";

class Parser {
 public:
  Parser(std::string_view text, std::size_t limit) : lexer_(text), limit_(limit) {}

  std::vector<Address> run() {
    while (!lexer_.at_end() && addresses_.size() < limit_) step();
    flush();
    end_group();
    return std::move(addresses_);
  }

 private:
  // What is known of the address being read.
  struct Item {
    std::string display;  // all words, one space where there was a gap
    std::string
        local;  // the last words that touch each other or a dot: a local part if '@' follows
    std::size_t local_from = 0;  // where they begin in display
    bool gap = false;            // blank or comment before the next word
    bool quoted = false;
    std::size_t words = 0;
    std::string comment;
    bool addressed = false;    // mailbox and host are known
    bool angle = false;        // ... from <...>, which outranks a bare addr-spec
    std::size_t named_to = 0;  // display's size then: what follows may name another address
    std::string mailbox, host;
    std::optional<std::string> adl;
  };

  void step() {
    const char c = lexer_.peek();
    if (is_blank(c)) {
      lexer_.skip_blanks();
      item_.gap = true;
      return;
    }
    switch (c) {
      case '(':
        item_.comment = lexer_.comment();
        item_.gap = true;
        return;
      case '"':
        add_word(lexer_.quoted());
        item_.quoted = true;
        return;
      case '<':
        lexer_.skip();
        angle();
        return;
      case '@':
        lexer_.skip();
        addr_spec();
        return;
      case ',':
        lexer_.skip();
        flush();
        return;
      case ';':
        lexer_.skip();
        flush();
        end_group();
        return;
      case ':':
        lexer_.skip();
        begin_group();
        return;
      case ')':
      case '>':
        lexer_.skip();
        return;
      default:
        add_word(lexer_.run(kSpecials));
    }
  }

  void add_word(std::string_view word) {
    if (item_.gap && !item_.display.empty()) {
      // RFC 5322 §4.4 obs-local-part: "pete . smith @ host" is one local part.
      const bool joins = word.starts_with('.') || item_.local.ends_with('.');
      if (!joins) {
        item_.local.clear();
        item_.local_from = item_.display.size();
      }
      item_.display += ' ';
    }
    item_.display += word;
    item_.local += word;
    item_.gap = false;
    ++item_.words;
  }

  // After '@' outside of angle brackets.
  void addr_spec() {
    std::string host = domain(Place::kBare);
    if (item_.addressed && !item_.local.empty()) begin_next();
    if (item_.angle) return;
    if (item_.addressed) {
      item_.mailbox += '@' + item_.host;
    } else {
      item_.mailbox = std::move(item_.local);
      item_.display.resize(item_.local_from);
    }
    item_.host = std::move(host);
    addressed();
  }

  void addressed() {
    item_.local.clear();
    item_.local_from = item_.named_to = item_.display.size();
    item_.addressed = true;
    item_.gap = true;
  }

  // The comma before an address is missing: what was read since the last one belongs to it.
  void begin_next() {
    Item next;
    std::size_t from = item_.named_to;
    while (from < item_.display.size() && is_blank(item_.display[from])) ++from;
    next.display = item_.display.substr(from);
    next.local = std::move(item_.local);
    next.local_from = item_.local_from > from ? item_.local_from - from : 0;
    next.gap = true;
    next.words = next.display.empty() ? 0 : 1;
    item_.display.resize(item_.named_to);
    flush();
    item_ = std::move(next);
  }

  enum class Place { kBare, kAngle };

  std::string domain(Place place) {
    std::string host;
    for (;;) {
      lexer_.skip_blanks();
      const char c = lexer_.peek();
      // A comment after a bare addr-spec is the name; any other says nothing.
      if (c == '(' && (place == Place::kAngle || host.empty() || host.ends_with('.'))) {
        lexer_.comment();
        continue;
      }
      if (lexer_.at_end() || (kSpecials.find(c) != kSpecials.npos)) break;
      if (!host.empty() && !host.ends_with('.') && c != '.') break;
      if (c == '[') {
        host += lexer_.until("]");
        if (lexer_.accept(']')) host += ']';
        break;
      }
      host += lexer_.run(kSpecials);
    }
    return host;
  }

  // After '<'.
  void angle() {
    if (item_.angle) begin_next();
    if (item_.addressed) {
      // "a@b.example <a@b.example>": what looked like an address was the display name.
      std::string name = item_.mailbox + '@' + item_.host;
      if (item_.named_to > 0) name.insert(0, 1, ' ');
      if (item_.named_to == 0 && !item_.display.empty()) name += ' ';
      item_.display.insert(item_.named_to, name);
    }
    std::string mailbox, host, route;
    std::size_t local_from = 0;  // where the last word of mailbox begins
    bool has_host = false, over = false;
    std::optional<std::string> adl;
    for (bool open = true; open && !lexer_.at_end();) {
      const std::size_t before = lexer_.position();
      lexer_.skip_cfws();
      const bool gap = lexer_.position() != before;
      const auto add = [&](std::string_view word) {
        over = has_host;  // what follows the host is junk
        if (over) return;
        if (gap && !mailbox.empty() && !word.starts_with('.') && !mailbox.ends_with('.')) {
          mailbox += ' ';
          local_from = mailbox.size();
        }
        mailbox += word;
      };
      const char c = lexer_.peek();
      switch (c) {
        case '"':
          add(lexer_.quoted());
          break;
        case '@':
          lexer_.skip();
          if (over) {
            domain(Place::kAngle);
            break;
          }
          mailbox.erase(0, std::exchange(local_from, 0));
          if (has_host) mailbox += '@' + host;
          host = domain(Place::kAngle);
          has_host = true;
          // "@a,@b:" before the local part is an obsolete route.
          if (mailbox.empty() && (lexer_.peek() == ',' || lexer_.peek() == ':')) {
            if (!route.empty()) route += ',';
            route += '@' + host;
            host.clear();
            has_host = false;
            if (lexer_.peek() == ':') adl = std::move(route);
            lexer_.skip();
          }
          break;
        case ':':
          lexer_.skip();
          add(":");
          break;
        case '<':
          lexer_.skip();
          break;
        case ',':
        case ';':
          open = false;  // never closed: the separator belongs to the list
          break;
        case '>':
          lexer_.skip();
          open = false;
          break;
        case ')':
          lexer_.skip();
          break;
        default:
          if (!lexer_.at_end()) add(lexer_.run(kSpecials));
      }
    }
    item_.mailbox = std::move(mailbox);
    item_.host = std::move(host);
    item_.adl = std::move(adl);
    item_.angle = true;
    addressed();
  }

  std::optional<std::string> display_name() {
    const std::string_view phrase = trim(item_.display);
    if (!phrase.empty()) return std::string(phrase);
    const std::string_view comment = trim(item_.comment);
    if (!comment.empty()) return std::string(comment);
    return std::nullopt;
  }

  void flush() {
    if (addresses_.size() >= limit_) {
      item_ = Item();
      return;
    }
    if (item_.addressed) {
      addresses_.push_back(
          {display_name(), std::move(item_.adl), std::move(item_.mailbox), std::move(item_.host)});
    } else if (item_.words == 1 && !item_.quoted) {
      item_.mailbox = std::exchange(item_.display, {});
      addresses_.push_back({display_name(), std::nullopt, std::move(item_.mailbox), ""});
    } else if (item_.words > 0) {
      addresses_.push_back({display_name(), std::nullopt, "", ""});
    }
    item_ = Item();
  }

  void begin_group() {
    std::string name = display_name().value_or("");
    if (item_.addressed) name = item_.mailbox + '@' + item_.host;
    item_ = Item();
    end_group();  // groups do not nest; a second name ends the first group
    addresses_.push_back({std::nullopt, std::nullopt, std::move(name), std::nullopt});
    in_group_ = true;
  }

  void end_group() {
    if (in_group_) addresses_.push_back({});
    in_group_ = false;
  }

  Lexer lexer_;
  std::size_t limit_;
  std::vector<Address> addresses_;
  bool in_group_ = false;
  Item item_;
};

}  // namespace

std::vector<Address> parse_addresses(std::string_view unfolded, std::size_t limit) {
  return Parser(unfolded, limit).run();
}

}  // namespace postern::mime
