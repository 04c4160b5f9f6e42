// UIDBATCHES (RFC 10022 §4).
#include "imap/parse_rules.h"

namespace postern::imap {

UidBatchesArgs parse_uid_batches(Cursor& in) {
  UidBatchesArgs args;
  in.space();
  args.size = in.nz_number("messages for each batch");
  if (!in.try_char(' ')) return args;
  args.first = in.nz_number("the first batch");
  in.expect(':', "\":\" between the first and the last batch");
  args.last = in.nz_number("the last batch");
  return args;
}

}  // namespace postern::imap
