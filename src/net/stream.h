// The transports of the server: TLS over TCP, and plain bytes over TCP or a Unix socket.
//
// The contract is base/transport.h. A stream lives on the loop of its socket; only abort() may come
// from another thread. wait() holds no buffer: a TLS record is taken from the socket when it has
// arrived. A write that makes progress may take longer than its deadline says; each stretch without
// progress may not.
#pragma once

#include <memory>

#include "base/transport.h"
#include "net/socket.h"
#include "tls/connection.h"

namespace postern::net {

[[nodiscard]] std::unique_ptr<Transport> make_plain_stream(Socket socket, PeerInfo peer);

// The handshake, complete before `deadline` whatever the client does (a total, not per byte).
// Failures are counted by cause and logged, a few a second at most. kTimeout, or kClosed for
// everything else.
[[nodiscard]] task<Result<std::unique_ptr<Transport>>> accept_tls(
    Socket socket, PeerInfo peer, std::shared_ptr<const tls::TlsContext> context,
    TimePoint deadline);

}  // namespace postern::net
