#include "mime/attachment.h"

namespace postern::mime {

bool is_attachment(const PartInfo& part, const PartInfo& parent,
                   const std::optional<Disposition>& disposition) {
  if (part.multipart || part.type == "multipart") return false;
  if (disposition.has_value() && disposition->kind == "attachment") return true;
  if (part.type == "text") return false;
  // RFC 6522, RFC 1847, RFC 3156: what a mail program reads itself.
  if (parent.multipart && parent.subtype == "report") return false;
  if (part.subtype == "pgp-signature" || part.subtype == "pkcs7-signature" ||
      part.subtype == "x-pkcs7-signature" || part.subtype == "pgp-encrypted") {
    return false;
  }
  // RFC 2387: the root of a multipart/related shows the other parts.
  const bool shown = parent.multipart && parent.subtype == "related" && part.type == "image";
  return !shown;
}

}  // namespace postern::mime
