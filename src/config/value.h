// Value: one TOML value with its place in the text, without the parser that made it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace postern::config {

struct Place {
  std::uint32_t line = 0, column = 0;  // from 1; 0 = unknown
};

struct Value {
  struct Entry;
  using List = std::vector<Value>;
  using Table = std::vector<Entry>;  // in the order of the text
  struct Other {
    std::string_view name;  // "date", ...
  };
  std::variant<Other, bool, std::int64_t, double, std::string, List, Table> data;
  Place place;

  // "a text", "a number", "a list" ...: for messages.
  [[nodiscard]] std::string_view type_name() const;
};
struct Value::Entry {
  std::string key;
  Place place;  // of the key
  Value value;
};

struct ParseError {
  Place place;
  std::string text;
};
// A TOML 1.0 document; the result holds a Table. Nesting is bounded by the parser (256).
[[nodiscard]] std::expected<Value, ParseError> parse_toml(std::string_view text);
// The right side of KEY=VALUE alone: TOML where it is TOML, otherwise the text itself.
[[nodiscard]] Value parse_toml_value(std::string_view text);

// A basic string, quoted and escaped.
[[nodiscard]] std::string quote_toml(std::string_view text);

}  // namespace postern::config
