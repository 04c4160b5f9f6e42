// ServerNames: which certificate answers for a server name (SNI, RFC 6066 §3).
//
// Built once from the names of the certificates and immutable after that; looking a name up
// allocates nothing and touches no file, whatever a client sends. SECURITY: bad-inputs A15, random
// and hostile names. Any thread may call find().
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace postern::tls {

class ServerNames {
 public:
  // The first certificate that claims a name keeps it. False: the name is no DNS name (then it is
  // not added), or is "*." alone, or another certificate has it.
  bool add(std::string_view name, std::size_t certificate);

  // The certificate for `host`, compared without case: an exact name first, then a wildcard that
  // covers exactly one label (RFC 9525 §6.3). nullopt: none, the caller takes its default.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view host) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Table = std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>>;

  Table exact_;
  Table wildcard_;  // "*.example.org" is kept as "example.org"
};

// Letters, digits, '-', '_' and '.', at most 255 octets (RFC 1035 §2.3.4), no empty label.
[[nodiscard]] bool is_dns_name(std::string_view text);

// The first host_name of a server_name extension's body (RFC 6066 §3); nullopt when there is none
// or the body is malformed. The view points into `extension`.
[[nodiscard]] std::optional<std::string_view> parse_server_name(std::string_view extension);

}  // namespace postern::tls
