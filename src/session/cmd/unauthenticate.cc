// UNAUTHENTICATE (RFC 8437): back to the state before login, on the same connection. The answer is
// never NO.
#include "base/log.h"
#include "session/handlers.h"

namespace postern::session {

task<Reply> do_unauthenticate(Context& context) {
  log_info("unauthenticate", {{"session", context.entry->number()},
                              {"account", context.principal.record->id.value()}});
  context.unauthenticate();
  co_return Reply::okay("UNAUTHENTICATE completed.");
}

}  // namespace postern::session
