#include "mime/body_structure.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/quote.h"
#include "mime/envelope.h"
#include "mime/fields.h"
#include "mime/limits.h"

namespace postern::mime {
namespace {

constexpr std::size_t kShortTypeNames = 48;  // type and subtype together that fit kMinimalPart
// Stands for the message inside a message/rfc822 part that is not descended into, where the grammar
// requires one.
constexpr std::string_view kEmptyText =
    R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 0 0)";
constexpr std::string_view kNoExtension = " NIL NIL NIL NIL";
// Octets a part needs besides its stored pieces: parentheses, sizes, and the stand-ins for a
// message.
constexpr std::size_t kAround = 48 + kNilEnvelope.size() + kEmptyText.size() + 32;

std::string_view encoding_name(Encoding encoding) {
  switch (encoding) {
    case Encoding::kBase64:
      return "BASE64";
    case Encoding::kQuotedPrintable:
      return "QUOTED-PRINTABLE";
    case Encoding::kIdentity:
    case Encoding::kUnknown:
      break;
  }
  return "7BIT";
}

// body-fld-enc is a string, never NIL.
void append_encoding(std::string& out, const std::optional<std::string>& token) {
  if (!token.has_value()) {
    out += "\"7BIT\"";
    return;
  }
  std::string upper = *token;
  std::transform(upper.begin(), upper.end(), upper.begin(), ascii_upper);
  append_string(out, upper);
}

void append_parameters(std::string& out, const std::vector<Parameter>& list, bool default_charset) {
  // RFC 2045 §5.2, RFC 2046 §4.1.2: text without a charset is us-ascii; clients expect to be told.
  const bool add_charset = default_charset && find_parameter(list, "charset") == nullptr &&
                           find_parameter(list, "charset*") == nullptr;
  if (list.empty() && !add_charset) {
    out += "NIL";
    return;
  }
  out += '(';
  for (const Parameter& parameter : list) {
    if (out.back() != '(') out += ' ';
    append_string(out, parameter.name);
    out += ' ';
    append_string(out, parameter.value);
  }
  if (add_charset) out += list.empty() ? R"("charset" "us-ascii")" : R"( "charset" "us-ascii")";
  out += ')';
}

void append_disposition(std::string& out, const std::optional<Disposition>& disposition) {
  if (!disposition.has_value()) {
    out += "NIL";
    return;
  }
  out += '(';
  append_string(out, disposition->kind);
  out += ' ';
  append_parameters(out, disposition->parameters, false);
  out += ')';
}

void append_language(std::string& out, const std::vector<std::string>& tags) {
  if (tags.empty()) {
    out += "NIL";
    return;
  }
  out += '(';
  for (const std::string& tag : tags) {
    if (out.back() != '(') out += ' ';
    append_string(out, tag);
  }
  out += ')';
}

void append_type(std::string& out, const PartInfo& part) {
  append_string(out, part.type);
  out += ' ';
  append_string(out, part.subtype);
}

// body-ext-mpart and body-ext-1part end alike: disposition, language, location.
void append_tail(std::string& out, const ContentFields& content) {
  out += ' ';
  append_disposition(out, content.disposition);
  out += ' ';
  append_language(out, content.language);
  out += ' ';
  append_nstring(out, content.location);
}

const std::vector<Parameter>& parameters_of(const ContentFields& content, const PartInfo& part) {
  static const std::vector<Parameter> kNone;
  const bool declared = content.type.has_value() && content.type->type == part.type &&
                        content.type->subtype == part.subtype;
  return declared ? content.type->parameters : kNone;
}

PartText full_text(const ContentFields& content, const PartInfo& part) {
  PartText text;
  const std::vector<Parameter>& parameters = parameters_of(content, part);
  if (part.multipart) {
    append_string(text.fields, part.subtype);
    text.extended = " ";
    append_parameters(text.extended, parameters, false);
    append_tail(text.extended, content);
    return text;
  }
  append_type(text.fields, part);
  text.fields += ' ';
  append_parameters(text.fields, parameters, part.type == "text");
  text.fields += ' ';
  append_nstring(text.fields, content.id);
  text.fields += ' ';
  append_nstring(text.fields, content.description);
  text.fields += ' ';
  append_encoding(text.fields, content.encoding);
  text.extended = " ";
  append_nstring(text.extended, content.md5);
  append_tail(text.extended, content);
  return text;
}

// RFC 9051 §9 body-type-msg. message/global is shown as a message only where it could be descended
// into: clients of IMAP4rev1 know the form for RFC822 alone, and an encoded one has nothing to
// show.
bool shows_message(const PartInfo& part) {
  return part.message || (part.type == "message" && part.subtype == "rfc822");
}

PartText minimal_text(PartInfo& part) {
  // The stand-ins for the message inside would not fit either.
  const bool opaque_message = shows_message(part) && !part.message;
  if (opaque_message || part.type.size() + part.subtype.size() > kShortTypeNames) {
    if (!part.multipart) part.type = "application";
    part.subtype = part.multipart ? "mixed" : "octet-stream";
  }
  PartText text;
  if (part.multipart) {
    append_string(text.fields, part.subtype);
  } else {
    append_type(text.fields, part);
    text.fields += " NIL NIL NIL \"";
    text.fields += encoding_name(part.encoding);
    text.fields += '"';
  }
  text.extended = kNoExtension;
  return text;
}

// The text around the children, as they are walked.
class Renderer {
 public:
  Renderer(const std::vector<PartInfo>& parts, const std::vector<PartText>& texts,
           StructureForm form)
      : parts_(parts), texts_(texts), extended_(form == StructureForm::kBodyStructure) {}

  std::string run() {
    struct Frame {
      std::uint32_t part;
      std::size_t next_child = 0;
    };
    std::vector<Frame> stack{{0}};
    begin(0);
    while (!stack.empty()) {
      Frame& top = stack.back();
      const std::vector<std::uint32_t>& children = parts_[top.part].children;
      if (top.next_child < children.size()) {
        const std::uint32_t child = children[top.next_child++];
        stack.push_back({child});
        begin(child);
      } else {
        end(top.part);
        stack.pop_back();
      }
    }
    return std::move(out_);
  }

 private:
  void begin(std::uint32_t index) {
    out_ += '(';
    const PartInfo& part = parts_[index];
    if (part.multipart) return;
    out_ += texts_[index].fields;
    out_ += ' ';
    out_ += std::to_string(part.body_end - part.body_begin);
    if (!shows_message(part)) return;
    out_ += ' ';
    out_ += part.message ? std::string_view(texts_[part.children.front()].envelope) : kNilEnvelope;
    out_ += ' ';
    if (part.message) return;
    out_ += kEmptyText;
    if (extended_) out_ += kNoExtension;
    out_ += ')';
  }

  void end(std::uint32_t index) {
    const PartInfo& part = parts_[index];
    if (part.multipart) {
      out_ += ' ';
      out_ += texts_[index].fields;
    } else if (part.type == "text" || shows_message(part)) {
      out_ += ' ';
      out_ += std::to_string(part.lines);
    }
    if (extended_) out_ += texts_[index].extended;
    out_ += ')';
  }

  const std::vector<PartInfo>& parts_;
  const std::vector<PartText>& texts_;
  bool extended_;
  std::string out_;
};

}  // namespace

bool StructureBudget::admit(std::size_t octets) {
  const std::size_t parts_to_come = kMaxParts - std::min(parts_, kMaxParts);
  if (used_ + octets + parts_to_come * kMinimalPart > kMaxStructure) return false;
  used_ += octets;
  return true;
}

PartText StructureBudget::describe(const ContentFields& content, PartInfo& part) {
  ++parts_;
  PartText text = full_text(content, part);
  if (admit(text.fields.size() + text.extended.size() + kAround)) return text;
  used_ += kMinimalPart;
  return minimal_text(part);
}

std::string StructureBudget::admit_envelope(std::string text) {
  return admit(text.size()) ? std::move(text) : std::string(kNilEnvelope);
}

PartText describe_plain_text(Encoding encoding) {
  PartText text;
  text.fields = R"("text" "plain" ("charset" "us-ascii") NIL NIL ")";
  text.fields += encoding_name(encoding);
  text.fields += '"';
  text.extended = kNoExtension;
  return text;
}

std::string render_structure(const std::vector<PartInfo>& parts, const std::vector<PartText>& texts,
                             StructureForm form) {
  return Renderer(parts, texts, form).run();
}

}  // namespace postern::mime
