#include "search/envelope_fields.h"

#include "base/ascii.h"

namespace postern::search {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view wire) : rest_(wire) {}

  [[nodiscard]] bool ok() const { return ok_; }
  bool accept(char c) {
    if (!ok_ || !rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) { ok_ = accept(c); }

  std::optional<std::string> nstring() {
    if (accept('"')) return quoted();
    if (accept('{')) return literal();
    if (ok_ && rest_.starts_with("NIL")) {
      rest_.remove_prefix(3);
    } else {
      ok_ = false;
    }
    return std::nullopt;
  }

  // "(" 1*address ")" / nil; reads over all but the first.
  std::optional<FirstAddress> first_address() {
    if (!accept('(')) {
      static_cast<void>(nstring());
      return std::nullopt;
    }
    std::optional<FirstAddress> first;
    while (accept('(')) {
      FirstAddress address;
      address.name = nstring();
      expect(' ');
      static_cast<void>(nstring());  // addr-adl
      expect(' ');
      address.mailbox = nstring();
      expect(' ');
      address.host = nstring();
      expect(')');
      if (!first) first = std::move(address);
    }
    expect(')');
    return first;
  }

 private:
  std::string quoted() {
    std::string text;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return text;
      }
      if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
      text += rest_[i];
    }
    ok_ = false;
    return {};
  }

  std::string literal() {
    const std::size_t close = rest_.find("}\r\n");
    const auto size = parse_decimal<std::size_t>(rest_.substr(0, close));
    if (close == std::string_view::npos || !size || *size > rest_.size() - close - 3) {
      ok_ = false;
      return {};
    }
    std::string text(rest_.substr(close + 3, *size));
    rest_.remove_prefix(close + 3 + *size);
    return text;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

EnvelopeFields read_envelope(std::string_view wire) {
  EnvelopeFields fields;
  Reader in(wire);
  const auto skip_addresses = [&in] {
    in.expect(' ');
    static_cast<void>(in.first_address());
  };
  in.expect('(');
  static_cast<void>(in.nstring());  // env-date
  in.expect(' ');
  fields.subject = in.nstring();
  in.expect(' ');
  fields.from = in.first_address();
  skip_addresses();  // env-sender
  skip_addresses();  // env-reply-to
  in.expect(' ');
  fields.to = in.first_address();
  in.expect(' ');
  fields.cc = in.first_address();
  skip_addresses();  // env-bcc
  in.expect(' ');
  fields.in_reply_to = in.nstring();
  in.expect(' ');
  fields.message_id = in.nstring();
  return fields;
}

}  // namespace postern::search
