// COMPRESS (RFC 4978 §5).
#include "base/ascii.h"
#include "imap/parse_rules.h"

namespace postern::imap {

CompressArgs parse_compress(Cursor& in) {
  in.space();
  return {.algorithm = to_upper(in.atom("a compression algorithm"))};
}

}  // namespace postern::imap
