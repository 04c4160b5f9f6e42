#include "mime/fields.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "base/ascii.h"
#include "mime/lexer.h"
#include "mime/message.h"

namespace postern::mime {
namespace {

// Length of the line at the start of `text`, its LF included.
std::size_t line_length(std::string_view text) {
  const std::size_t lf = text.find('\n');
  return lf == text.npos ? text.size() : lf + 1;
}

}  // namespace

FieldView split_field(std::string_view raw) {
  FieldView field{.name = {}, .value = raw, .raw = raw};
  const std::size_t colon = raw.find(':');
  if (colon == raw.npos) return field;
  std::string_view name = raw.substr(0, colon);
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
  const bool printable =
      std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!printable) return field;
  field.name = name;
  field.value = raw.substr(colon + 1);
  return field;
}

std::optional<FieldView> FieldReader::next() {
  if (rest_.empty() || rest_.starts_with('\n') || rest_.starts_with("\r\n")) return std::nullopt;
  std::size_t end = line_length(rest_);
  while (end < rest_.size() && (rest_[end] == ' ' || rest_[end] == '\t'))
    end += line_length(rest_.substr(end));
  const FieldView field = split_field(rest_.substr(0, end));
  rest_.remove_prefix(end);
  return field;
}

namespace {

enum class Fold : std::uint8_t { kRemove, kOneSpace };

std::string unfold_as(std::string_view raw_value, Fold fold) {
  std::string text;
  bool after_fold = false;
  text.reserve(raw_value.size());
  for (std::size_t i = 0; i < raw_value.size(); ++i) {
    const char c = raw_value[i];
    if (c == '\n') {
      if (fold == Fold::kRemove) continue;
      while (!text.empty() && is_blank(text.back())) text.pop_back();
      text += ' ';
      after_fold = true;
      continue;
    }
    if (after_fold && is_blank(c)) continue;
    after_fold = false;
    if (c == '\r') {
      const bool ends_line = i + 1 == raw_value.size() || raw_value[i + 1] == '\n';
      if (!ends_line) text += ' ';
      continue;
    }
    if (c == '\0') {
      text += "\xEF\xBF\xBD";
      continue;
    }
    text += c;
  }
  const std::string_view trimmed = trim(text);
  return trimmed.size() == text.size() ? text : std::string(trimmed);
}

}  // namespace

std::string unfold(std::string_view raw_value) {
  return unfold_as(raw_value, Fold::kRemove);
}

std::string unfold_text(std::string_view raw_value) {
  return unfold_as(raw_value, Fold::kOneSpace);
}

std::string select_fields(std::string_view header, const std::vector<std::string>& names,
                          bool exclude) {
  std::unordered_set<std::string> wanted;
  for (const std::string& name : names) wanted.insert(to_lower(name));
  std::string result;
  FieldReader reader(header);
  while (const auto field = reader.next()) {
    // A line that is no field has no name to be asked for, so it is among "all others".
    const bool named = !field->name.empty() && wanted.contains(to_lower(field->name));
    if (named == exclude) continue;
    result += field->raw;
    if (!result.ends_with('\n')) result += "\r\n";
  }
  result += "\r\n";
  return result;
}

}  // namespace postern::mime
