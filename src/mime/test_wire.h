// For tests: an independent reader of ENVELOPE and BODYSTRUCTURE wire text. Knows parentheses, NIL,
// numbers, quoted strings and literals, and the shape RFC 9051 §9 gives them; shares no code with
// the builders.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mime::test {

struct Wire {
  enum class Kind { kList, kString, kNumber, kNil };
  Kind kind = Kind::kNil;
  std::string text;  // of a string or number
  std::vector<Wire> items;
  [[nodiscard]] bool is_list() const { return kind == Kind::kList; }
  [[nodiscard]] bool is_string() const { return kind == Kind::kString; }
  [[nodiscard]] bool is_nil() const { return kind == Kind::kNil; }
  [[nodiscard]] bool is_nstring() const { return is_nil() || is_string(); }
  [[nodiscard]] bool is_number() const { return kind == Kind::kNumber; }
};

// All of `text` as one value. `space_free` lists put no space between "(" and ")" of children
// (body-type-mpart, env-from); the reader accepts both and the checks below do not care.
inline std::optional<Wire> read_wire(std::string_view text) {
  std::vector<Wire> open(1);
  open.front().kind = Wire::Kind::kList;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '(') {
      open.emplace_back().kind = Wire::Kind::kList;
      ++at;
    } else if (c == ')') {
      if (open.size() == 1) return std::nullopt;
      Wire done = std::move(open.back());
      open.pop_back();
      open.back().items.push_back(std::move(done));
      ++at;
    } else if (c == ' ') {
      if (at + 1 == text.size() || text[at + 1] == ' ' || text[at + 1] == ')' ||
          text[at - 1] == '(')
        return std::nullopt;
      ++at;
    } else if (c == '"') {
      Wire value{.kind = Wire::Kind::kString, .text = {}, .items = {}};
      for (++at;; ++at) {
        if (at >= text.size()) return std::nullopt;
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte == '"') break;
        if (byte == 0 || byte >= 0x80 || byte == '\r' || byte == '\n') return std::nullopt;
        if (byte == '\\') {
          ++at;
          if (at >= text.size() || (text[at] != '"' && text[at] != '\\')) return std::nullopt;
        }
        value.text += text[at];
      }
      ++at;
      open.back().items.push_back(std::move(value));
    } else if (c == '{') {
      const std::size_t end = text.find("}\r\n", at);
      if (end == text.npos) return std::nullopt;
      std::size_t length = 0;
      for (std::size_t i = at + 1; i < end; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        length = length * 10 + static_cast<std::size_t>(text[i] - '0');
      }
      if (length > text.size() - end - 3) return std::nullopt;
      const std::string_view octets = text.substr(end + 3, length);
      if (octets.find('\0') != octets.npos) return std::nullopt;
      open.back().items.push_back({Wire::Kind::kString, std::string(octets), {}});
      at = end + 3 + length;
    } else if (text.substr(at, 3) == "NIL") {
      open.back().items.emplace_back();
      at += 3;
    } else if (c >= '0' && c <= '9') {
      Wire value{.kind = Wire::Kind::kNumber, .text = {}, .items = {}};
      while (at < text.size() && text[at] >= '0' && text[at] <= '9') value.text += text[at++];
      open.back().items.push_back(std::move(value));
    } else {
      return std::nullopt;
    }
  }
  if (open.size() != 1 || open.front().items.size() != 1) return std::nullopt;
  return std::move(open.front().items.front());
}

inline bool valid_address_list(const Wire& list) {
  if (list.is_nil()) return true;
  if (!list.is_list() || list.items.empty()) return false;
  bool in_group = false;
  for (const Wire& address : list.items) {
    if (!address.is_list() || address.items.size() != 4) return false;
    for (const Wire& part : address.items) {
      if (!part.is_nstring()) return false;
    }
    const bool has_mailbox = !address.items[2].is_nil();
    const bool has_host = !address.items[3].is_nil();
    if (!has_mailbox && (has_host || !in_group)) return false;
    if (has_mailbox && !has_host && in_group) return false;
    if (!has_host) in_group = has_mailbox;
  }
  return !in_group;
}

inline bool valid_envelope(const Wire& envelope) {
  if (!envelope.is_list() || envelope.items.size() != 10) return false;
  for (const std::size_t i : {0u, 1u, 8u, 9u}) {
    if (!envelope.items[i].is_nstring()) return false;
  }
  for (std::size_t i = 2; i < 8; ++i) {
    if (!valid_address_list(envelope.items[i])) return false;
  }
  // sender and reply-to are NIL only where from is.
  return envelope.items[2].is_nil() || (!envelope.items[3].is_nil() && !envelope.items[4].is_nil());
}

inline bool valid_parameters(const Wire& list) {
  if (list.is_nil()) return true;
  if (!list.is_list() || list.items.empty() || list.items.size() % 2 != 0) return false;
  for (const Wire& item : list.items) {
    if (!item.is_string()) return false;
  }
  return true;
}

inline bool valid_tail(const Wire& body,
                       std::size_t at) {  // disposition, language, location: all there
  if (body.items.size() != at + 3) return false;
  const Wire& disposition = body.items[at];
  const bool disposition_ok =
      disposition.is_nil() ||
      (disposition.is_list() && disposition.items.size() == 2 && disposition.items[0].is_string() &&
       valid_parameters(disposition.items[1]));
  const Wire& language = body.items[at + 1];
  bool language_ok = language.is_nstring() || (language.is_list() && !language.items.empty());
  for (const Wire& tag : language.items) language_ok = language_ok && tag.is_string();
  return disposition_ok && language_ok && body.items[at + 2].is_nstring();
}

// Counts the parts it passes in `parts`.
inline bool valid_body(const Wire& body, bool extended, std::size_t& parts) {
  if (!body.is_list() || body.items.empty()) return false;
  ++parts;
  const std::vector<Wire>& items = body.items;
  if (items[0].is_list()) {
    std::size_t at = 0;
    for (; at < items.size() && items[at].is_list(); ++at) {
      if (!valid_body(items[at], extended, parts)) return false;
    }
    if (at >= items.size() || !items[at].is_string()) return false;
    ++at;
    if (!extended) return at == items.size();
    return at < items.size() && valid_parameters(items[at]) && valid_tail(body, at + 1);
  }
  if (items.size() < 7 || !items[0].is_string() || !items[1].is_string() ||
      !valid_parameters(items[2]) || !items[3].is_nstring() || !items[4].is_nstring() ||
      !items[5].is_string() || !items[6].is_number()) {
    return false;
  }
  std::size_t at = 7;
  const bool global = items[1].text == "global" && items.size() > 7 && !items[7].is_nstring();
  if (items[0].text == "message" && (items[1].text == "rfc822" || global)) {
    if (items.size() < 10 || !valid_envelope(items[7]) || !valid_body(items[8], extended, parts) ||
        !items[9].is_number()) {
      return false;
    }
    at = 10;
  } else if (items[0].text == "text") {
    if (items.size() < 8 || !items[7].is_number()) return false;
    at = 8;
  } else if (items[0].text == "multipart") {
    return false;
  }
  if (!extended) return at == items.size();
  return at < items.size() && items[at].is_nstring() && valid_tail(body, at + 1);
}

inline bool valid_body_text(std::string_view text, bool extended) {
  const auto wire = read_wire(text);
  std::size_t parts = 0;
  return wire.has_value() && valid_body(*wire, extended, parts);
}
inline bool valid_envelope_text(std::string_view text) {
  const auto wire = read_wire(text);
  return wire.has_value() && valid_envelope(*wire);
}

}  // namespace postern::mime::test
