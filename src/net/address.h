// Addresses: where to listen, as configuration writes it, and who called, as limits count it.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::net {

// "192.0.2.1:993", "[2001:db8::1]:993" or "unix:/run/postern/lmtp.sock".
struct ListenAddress {
  enum class Kind : std::uint8_t { kIpv4, kIpv6, kUnix };
  Kind kind = Kind::kIpv4;
  std::string host;        // address without brackets, or the path of the socket
  std::uint16_t port = 0;  // 0: the system chooses
};

// kInvalid with one line that says what is expected. Names are not looked up: a listener must not
// depend on DNS.
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

// The form parse_listen_address reads.
[[nodiscard]] std::string to_string(const ListenAddress& address);

// What limits before login count by: the IPv4 address, or the /64 of an IPv6 address, which one
// customer holds whole.
using AddressKey = std::array<std::uint8_t, 16>;
[[nodiscard]] AddressKey address_key(const sockaddr_storage& address);

struct Endpoint {
  std::string address;  // "192.0.2.1", "2001:db8::1" or "unix"
  std::uint16_t port = 0;
  bool loopback = false;  // loopback address or Unix socket
};
[[nodiscard]] Endpoint describe(const sockaddr_storage& address);

}  // namespace postern::net
