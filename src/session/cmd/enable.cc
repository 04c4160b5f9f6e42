// ENABLE (RFC 5161, RFC 9051 §6.3.1): unknown names are ignored, and ENABLED is always sent.
#include <algorithm>

#include "imap/encoder.h"
#include "session/handlers.h"

namespace postern::session {

task<Reply> do_enable(Context& context, const imap::EnableArgs& args) {
  std::string enabled;
  bool condstore = false;
  const auto name = [&](std::string_view capability) {
    enabled += ' ';
    enabled += capability;
  };
  const auto& all = args.capabilities;
  for (auto at = all.begin(); at != all.end(); ++at) {
    const std::string& asked = *at;
    // A name that is repeated is listed once.
    if (std::find(all.begin(), at, asked) != at) continue;
    if (asked == "CONDSTORE") {
      condstore = true;
      name(asked);
    } else if (asked == "QRESYNC") {
      // RFC 7162 §3.2.3: QRESYNC is a CONDSTORE enabling command.
      condstore = true;
      context.enabled.qresync = true;
      name(asked);
    } else if (asked == "IMAP4REV2") {
      context.enabled.rev2 = true;
      name("IMAP4rev2");
    } else if (asked == "UTF8=ACCEPT") {
      context.enabled.utf8 = true;
      name(asked);
    } else if (asked == "UIDONLY") {
      context.enabled.uid_only = true;
      name(asked);
    } else if (asked == "METADATA" || asked == "METADATA-SERVER") {
      (asked == "METADATA" ? context.enabled.metadata : context.enabled.metadata_server) = true;
      context.metadata.start(context.account().metadata());
      name(asked);
    }
  }
  context.out.append("* ENABLED");
  context.out.append(enabled);
  context.out.append("\r\n");
  if (condstore) context.enable_condstore();
  co_return Reply::okay("ENABLE completed.");
}

}  // namespace postern::session
