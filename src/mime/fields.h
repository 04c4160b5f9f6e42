// Header fields: cutting a raw header block into fields, and a raw field body into text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::mime {

// Views into the header the reader was given.
struct FieldView {
  std::string_view
      name;  // without the blanks before the colon (RFC 5322 §4.5); "" when the line is no field
  std::string_view value;  // after the colon, folds and line end included
  std::string_view raw;    // all of it
};

// Cuts `raw` (one field with its continuation lines) at its colon. A name with blanks, control or
// 8-bit characters is none: an mbox "From " line holds colons too.
[[nodiscard]] FieldView split_field(std::string_view raw);

// Walks a header block field by field up to the empty line or the end.
class FieldReader {
 public:
  explicit FieldReader(std::string_view header) : rest_(header) {}
  [[nodiscard]] std::optional<FieldView> next();

 private:
  std::string_view rest_;  // owned by the caller
};

// The field body as one line: line ends removed (RFC 5322 §2.2.3), outer blanks trimmed, a lone CR
// made a space. SECURITY: NUL becomes U+FFFD, because no IMAP string outside of BINARY may hold
// one.
[[nodiscard]] std::string unfold(std::string_view raw_value);

// The same for text that people read (Subject, address lists): a fold is one space, with all blanks
// around it. DEVIATION: RFC 5322 §2.2.3 keeps those blanks, but they are the folding program's, not
// the author's: list software writes a tab where a space was, others indent. Blanks away from folds
// stay as they are.
[[nodiscard]] std::string unfold_text(std::string_view raw_value);

}  // namespace postern::mime
