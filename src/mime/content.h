// The Content-* fields of one part: Content-Type with its parameters (RFC 2045, RFC 2231),
// Content-Disposition (RFC 2183), Content-Transfer-Encoding, and the rest BODYSTRUCTURE shows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mime/message.h"

namespace postern::mime {

// RFC 2231 §3 continuations are joined to one parameter. If any piece is of the extended form
// (charset'language'%41...), the joined one is named "name*" and its plain pieces are
// percent-encoded; nothing is decoded, since BODYSTRUCTURE carries parameters as they were sent.
// Pieces after a gap in the numbering are dropped.
struct Parameter {
  std::string name;  // lower case
  std::string value;
  friend bool operator==(const Parameter&, const Parameter&) = default;
};

// The first parameter of that name (lower case), or null.
[[nodiscard]] const std::string* find_parameter(const std::vector<Parameter>& list,
                                                std::string_view name);

// The value to act on: of `name`, or of `name*` with its charset label dropped and %XX decoded.
[[nodiscard]] std::optional<std::string> parameter_value(const std::vector<Parameter>& list,
                                                         std::string_view name);

struct ContentType {
  std::string type, subtype;  // lower case, never empty
  std::vector<Parameter> parameters;
};
// nullopt when there is no type to be read: RFC 2045 §5.2 then says text/plain.
[[nodiscard]] std::optional<ContentType> parse_content_type(std::string_view unfolded);

struct Disposition {
  std::string kind;  // lower case
  std::vector<Parameter> parameters;
};
[[nodiscard]] std::optional<Disposition> parse_disposition(std::string_view unfolded);

// Collects the Content-* fields of one header; of a field that is repeated the first counts.
struct ContentFields {
  std::optional<ContentType> type;
  std::optional<std::string> encoding;  // first token, as sent
  std::optional<std::string> id, description, md5, location;
  std::optional<Disposition> disposition;
  std::vector<std::string> language;

  // Takes the field if it is one of ours.
  void add(std::string_view lower_name, std::string_view raw_value);
};

[[nodiscard]] Encoding to_encoding(std::string_view token);

}  // namespace postern::mime
