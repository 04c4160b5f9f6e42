// UNAUTHENTICATE (RFC 8437): back to the state before login, on the same connection. The answer is
// never NO.
#include "base/log.h"
#include "session/handlers.h"

namespace postern::session {

task<Reply> do_unauthenticate(Context& context) {
  // SECURITY: RFC 8437 §8: behind a proxy that looks at logins only, it would let a client past it.
  if (!context.settings->unauthenticate)
    co_return Reply::bad("UNAUTHENTICATE is not switched on at this server.");
  log_info("unauthenticate", {{"session", context.entry->number()},
                              {"account", context.principal.record->id.value()}});
  context.unauthenticate();
  co_return Reply::okay("UNAUTHENTICATE completed.");
}

}  // namespace postern::session
