// The OpenSSL side of TlsContext. Private to this room.
#pragma once

#include <memory>
#include <vector>

#include "tls/context.h"
#include "tls/openssl.h"
#include "tls/server_names.h"
#include "tls/tickets.h"

namespace postern::tls {

struct TlsContext::Impl {
  std::vector<SslContextPtr> contexts;  // one a certificate; the first is the default
  ServerNames names;
  std::shared_ptr<TicketKeys> tickets;  // shared with the contexts before and after this one
};

}  // namespace postern::tls
