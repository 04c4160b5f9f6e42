// COMPRESS (RFC 4978). Off unless `imap.compress` is set.
//
// DEVIATION: RFC 4978 §1 would have servers that offer it offer compression in TLS too; RFC 9325
// §3.3 forbids that. TLS never compresses here, so COMPRESS is never active by another layer.
#include "session/handlers.h"

namespace postern::session {

task<Reply> do_compress(Context& context, const imap::CompressArgs& args) {
  if (!context.settings->compress)
    co_return Reply::bad("COMPRESS is not switched on at this server.");
  if (args.algorithm != "DEFLATE") co_return Reply::bad("That compression is not known.");
  // RFC 4978 §3: BAD when it is active already.
  if (context.compressed != nullptr && context.compressed->active())
    co_return Reply{Reply::Status::kBad, "COMPRESSIONACTIVE", "DEFLATE is active already."};
  // SECURITY: RFC 4978 §3: nothing may follow before the answer. It is not known whether what is
  // here was compressed, and it must not be read both ways.
  if (!context.in.ahead().empty())
    co_return Reply::bad("Wait for the answer to COMPRESS before the next command.");
  context.compress_next = true;
  co_return Reply::okay("DEFLATE active.");
}

}  // namespace postern::session
