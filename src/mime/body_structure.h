// BODY and BODYSTRUCTURE wire text (RFC 9051 §7.5.2, §9 "body"). What depends on the header alone
// is rendered when a part's header ends; sizes and nesting are put around it at the end of the
// pass.
//
// LIMIT: the whole text stays within kMaxStructure. Each part is sure of kMinimalPart octets; a
// part whose description does not fit what is left loses parameters, texts and, if long, its type.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mime/content.h"
#include "mime/message.h"

namespace postern::mime {

inline constexpr std::size_t kMinimalPart = 160;

// The stored pieces of one part's text.
struct PartText {
  std::string fields;    // leaf: `"text" "plain" (...) NIL NIL "7BIT"`; multipart: `"mixed"`
  std::string extended;  // what BODYSTRUCTURE adds, with its leading space
  std::string envelope;  // of a part that is a message: parts[0], and the one inside message/rfc822
};

class StructureBudget {
 public:
  // Renders the description of the next part. Its type, subtype, multipart, message and encoding
  // are set; the type changes to application/octet-stream where a long one has to go.
  [[nodiscard]] PartText describe(const ContentFields& content, PartInfo& part);
  // The envelope the part around a message will show: `text`, or all NIL when it does not fit.
  [[nodiscard]] std::string admit_envelope(std::string text);

 private:
  [[nodiscard]] bool admit(std::size_t octets);
  std::size_t parts_ = 0;
  std::size_t used_ = 0;
};

// A part that is shown as text/plain because nothing better can be said (RFC 2045 §5.2).
[[nodiscard]] PartText describe_plain_text(Encoding encoding);

enum class StructureForm : std::uint8_t { kBody, kBodyStructure };
// parts and texts have the same size. Iterative.
[[nodiscard]] std::string render_structure(const std::vector<PartInfo>& parts,
                                           const std::vector<PartText>& texts, StructureForm form);

}  // namespace postern::mime
