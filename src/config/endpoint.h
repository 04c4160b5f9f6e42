// Endpoint: where a listener binds, "192.0.2.1:993", "[2001:db8::1]:993" or "unix:/path"; and
// networks in CIDR notation. Values, any thread, no name is ever looked up.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::config {

struct Endpoint {
  std::string text;        // as above, normalised
  std::string address;     // "" for a Unix socket
  std::uint16_t port = 0;  // 0: the system picks one
  std::string path;        // of a Unix socket
  bool loopback = false;   // 127.0.0.0/8, ::1, or a Unix socket
  [[nodiscard]] bool is_unix() const { return !path.empty(); }
};

// kInvalid says in plain words what is wrong. `folder` is where a relative socket path counts from.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text, const std::string& folder);

struct Network {
  std::array<std::uint8_t, 16> address{};  // IPv4 as ::ffff:a.b.c.d
  unsigned bits = 0;                       // of the 128
  std::string text;
  // `ip` as text, "192.0.2.1" or "2001:db8::1"; false for anything else.
  [[nodiscard]] bool contains(std::string_view ip) const;
};

// "192.0.2.0/24", "2001:db8::/32", or one address. kInvalid also when bits are set past the prefix.
[[nodiscard]] Result<Network> parse_network(std::string_view text);

}  // namespace postern::config
