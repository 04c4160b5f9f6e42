#include "config/endpoint.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/ascii.h"

namespace postern::config {
namespace {

using Bytes = std::array<std::uint8_t, 16>;
constexpr Bytes kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct Ip {
  Bytes bytes{};
  bool v4 = false;
};

std::optional<Ip> parse_ip(std::string_view text) {
  const std::string copy(text);  // inet_pton reads up to a NUL
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  Ip ip;
  if (inet_pton(AF_INET6, copy.c_str(), ip.bytes.data()) == 1) return ip;
  ip.bytes = kMapped;
  ip.v4 = true;
  if (inet_pton(AF_INET, copy.c_str(), ip.bytes.data() + 12) == 1) return ip;
  return std::nullopt;
}

std::string to_text(const Ip& ip) {
  char buffer[INET6_ADDRSTRLEN] = {};
  inet_ntop(ip.v4 ? AF_INET : AF_INET6, ip.bytes.data() + (ip.v4 ? 12 : 0), buffer, sizeof(buffer));
  return buffer;
}

bool is_loopback(const Ip& ip) {
  if (ip.v4) return ip.bytes[12] == 127;
  Bytes one{};
  one[15] = 1;
  return ip.bytes == one;
}

Result<Endpoint> parse_unix(std::string_view path, const std::string& folder) {
  if (path.empty() || path.find('\0') != std::string_view::npos) {
    return fail(Errc::kInvalid, "\"unix:\" needs a path, as in \"unix:/run/postern/lmtp.sock\"");
  }
  Endpoint endpoint;
  endpoint.path = (std::filesystem::path(folder) / path).lexically_normal().string();
  if (endpoint.path.size() >= sizeof(sockaddr_un::sun_path)) {
    return fail(Errc::kInvalid, "the path of a Unix socket may have " +
                                    std::to_string(sizeof(sockaddr_un::sun_path) - 1) +
                                    " bytes, \"" + endpoint.path + "\" has " +
                                    std::to_string(endpoint.path.size()));
  }
  endpoint.loopback = true;
  endpoint.text = "unix:" + endpoint.path;
  return endpoint;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text, const std::string& folder) {
  if (text.starts_with("unix:")) return parse_unix(text.substr(5), folder);
  const auto wrong = [&](std::string_view why) {
    return fail(Errc::kInvalid, "\"" + std::string(text) + "\" " + std::string(why) +
                                    "; write \"address:port\", \"[v6]:port\" or \"unix:/path\"");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("has no port");
  std::string_view host = text.substr(0, colon);
  const auto port = parse_decimal<std::uint16_t>(text.substr(colon + 1));
  if (!port) return wrong("has no port from 0 to 65535");
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto ip = parse_ip(host);
  if (!ip) return wrong("has no numeric address");
  if (ip->v4 == bracketed)
    return wrong(ip->v4 ? "has brackets around an IPv4 address"
                        : "needs brackets around the address");

  Endpoint endpoint;
  endpoint.address = to_text(*ip);
  endpoint.port = *port;
  endpoint.loopback = is_loopback(*ip);
  endpoint.text =
      (ip->v4 ? endpoint.address : "[" + endpoint.address + "]") + ":" + std::to_string(*port);
  return endpoint;
}

Result<Network> parse_network(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(Errc::kInvalid,
                "\"" + std::string(text) + "\" " + std::string(why) +
                    "; write a network such as \"192.0.2.0/24\" or \"2001:db8::/32\"");
  };
  const std::size_t slash = text.find('/');
  const auto ip = parse_ip(text.substr(0, slash));
  if (!ip) return wrong("has no numeric address");
  const unsigned width = ip->v4 ? 32 : 128;
  unsigned bits = width;
  if (slash != std::string_view::npos) {
    const auto given = parse_decimal<unsigned>(text.substr(slash + 1));
    if (!given || *given > width) return wrong("has no prefix length of its address family");
    bits = *given;
  }
  Network network;
  network.text = to_text(*ip) + "/" + std::to_string(bits);
  network.address = ip->bytes;
  network.bits = bits + (128 - width);
  for (unsigned bit = network.bits; bit < 128; ++bit) {
    if ((network.address[bit / 8] >> (7 - bit % 8) & 1) != 0)
      return wrong("has bits set past its prefix");
  }
  return network;
}

bool Network::contains(std::string_view ip) const {
  const auto other = parse_ip(ip);
  if (!other) return false;
  const std::size_t whole = bits / 8;
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole),
                  other->bytes.begin())) {
    return false;
  }
  if (bits % 8 == 0) return true;
  const unsigned shift = 8 - bits % 8;
  return address[whole] >> shift == other->bytes[whole] >> shift;
}

}  // namespace postern::config
