#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace postern::net {
namespace {

std::unexpected<Error> bad(std::string_view text, std::string_view why) {
  std::string detail = "listen address \"";
  detail += text;
  detail += "\": ";
  detail += why;
  detail += "; write \"address:port\", \"[v6]:port\" or \"unix:/path\"";
  return fail(Errc::kInvalid, std::move(detail));
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  if (text.starts_with("unix:")) {
    const std::string_view path = text.substr(5);
    if (!path.starts_with('/')) return bad(text, "the path of a Unix socket begins with /");
    if (path.find('\0') != std::string_view::npos) return bad(text, "NUL in the path");
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
      return bad(text, "the path of a Unix socket has at most 107 octets");
    }
    return ListenAddress{.kind = ListenAddress::Kind::kUnix, .host = std::string(path)};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad(text, "no port");
  ListenAddress result;
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty()) {
    return bad(text, "the port is a number from 0 to 65535");
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    result.kind = ListenAddress::Kind::kIpv6;
  }
  result.host = std::string(host);
  in6_addr parsed{};
  const bool v6 = result.kind == ListenAddress::Kind::kIpv6;
  if (host.find('\0') != std::string_view::npos ||
      inet_pton(v6 ? AF_INET6 : AF_INET, result.host.c_str(), &parsed) != 1) {
    if (!v6 && inet_pton(AF_INET6, result.host.c_str(), &parsed) == 1) {
      return bad(text, "an IPv6 address stands in brackets");
    }
    return bad(text, v6 ? "not an IPv6 address" : "not an IP address (names are not looked up)");
  }
  return result;
}

std::string to_string(const ListenAddress& address) {
  switch (address.kind) {
    case ListenAddress::Kind::kUnix:
      return "unix:" + address.host;
    case ListenAddress::Kind::kIpv6:
      return "[" + address.host + "]:" + std::to_string(address.port);
    case ListenAddress::Kind::kIpv4:
      break;
  }
  return address.host + ":" + std::to_string(address.port);
}

AddressKey address_key(const sockaddr_storage& address) {
  AddressKey key{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    key[10] = key[11] = 0xff;
    std::memcpy(key.data() + 12, &v4.sin_addr, 4);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    std::memcpy(key.data(), &v6.sin6_addr, 8);
  }
  return key;
}

Endpoint describe(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return {.address = text,
            .port = ntohs(v4.sin_port),
            .loopback = (ntohl(v4.sin_addr.s_addr) >> 24) == 127};
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return {.address = text,
            .port = ntohs(v6.sin6_port),
            .loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0};
  }
  return {.address = "unix", .port = 0, .loopback = true};
}

}  // namespace postern::net
