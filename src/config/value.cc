// The only file that knows the TOML library.
//
// Version 3.3 asserts things that a text can make untrue ("[(" is one), and assumes them under
// NDEBUG. Here such an assertion leaves the parser as an exception, which parse_toml() turns into
// an error.
#undef NDEBUG
namespace postern::config {
struct BrokenAssumption {};
}  // namespace postern::config
#define TOML_ASSERT(expression) \
  static_cast<void>((expression) ? 0 : throw ::postern::config::BrokenAssumption{})
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include "config/value.h"

#include <toml++/toml.h>

#include "config/toml_scan.h"

namespace postern::config {
namespace {

Place place_of(const toml::source_region& source) {
  return {source.begin.line, source.begin.column};
}

// Depth is bounded by the parser's TOML_MAX_NESTED_VALUES.
Value convert(const toml::node& node) {
  Value value;
  value.place = place_of(node.source());
  if (const auto* text = node.as_string()) {
    value.data = text->get();
  } else if (const auto* flag = node.as_boolean()) {
    value.data = flag->get();
  } else if (const auto* number = node.as_integer()) {
    value.data = number->get();
  } else if (const auto* real = node.as_floating_point()) {
    value.data = real->get();
  } else if (const auto* array = node.as_array()) {
    Value::List list;
    for (const toml::node& item : *array) list.push_back(convert(item));
    value.data = std::move(list);
  } else if (const auto* table = node.as_table()) {
    Value::Table entries;
    for (const auto& [key, item] : *table) {
      entries.push_back({std::string(key.str()), place_of(key.source()), convert(item)});
    }
    // The parser keeps them by name; messages come in the order of the text.
    std::sort(entries.begin(), entries.end(), [](const Value::Entry& a, const Value::Entry& b) {
      return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    });
    value.data = std::move(entries);
  } else {
    value.data = Value::Other{"a date or time"};
  }
  return value;
}

}  // namespace

std::string_view Value::type_name() const {
  switch (data.index()) {
    case 1:
      return "true or false";
    case 2:
      return "a number";
    case 3:
      return "a number with a fraction";
    case 4:
      return "a text";
    case 5:
      return "a list";
    case 6:
      return "a table";
    default:
      return std::get<Other>(data).name;
  }
}

std::expected<Value, ParseError> parse_toml(std::string_view text) try {
  if (auto error = scan_toml(text)) return std::unexpected(std::move(*error));
  const toml::parse_result result = toml::parse(text);
  if (!result) {
    return std::unexpected(
        ParseError{place_of(result.error().source()), std::string(result.error().description())});
  }
  return convert(result.table());
} catch (const BrokenAssumption&) {
  return std::unexpected(ParseError{{}, "not TOML"});
}

Value parse_toml_value(std::string_view text) {
  // A line end would begin another key: then it is no value, and the text stands for itself.
  if (text.find_first_of("\r\n") == std::string_view::npos) {
    std::expected<Value, ParseError> document = parse_toml("v = " + std::string(text));
    if (document.has_value()) {
      auto* table = std::get_if<Value::Table>(&document->data);
      if (table != nullptr && table->size() == 1) return std::move(table->front().value);
    }
  }
  Value value;
  value.data = std::string(text);
  return value;
}

std::string quote_toml(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace postern::config
