#include "tls/server_names.h"

#include <array>
#include <cstdint>

#include "base/ascii.h"

namespace postern::tls {
namespace {

constexpr std::size_t kMaxName = 255;

std::uint16_t u16(std::string_view bytes) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 |
                                    static_cast<unsigned char>(bytes[1]));
}

}  // namespace

bool is_dns_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxName) return false;
  char before = '.';
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '-' && c != '_' && c != '.') return false;
    if (c == '.' && before == '.') return false;
    before = c;
  }
  return before != '.';
}

bool ServerNames::add(std::string_view name, std::size_t certificate) {
  const bool wildcard = name.starts_with("*.");
  if (wildcard) name.remove_prefix(2);
  if (!is_dns_name(name)) return false;
  return (wildcard ? wildcard_ : exact_).emplace(to_lower(name), certificate).second;
}

std::optional<std::size_t> ServerNames::find(std::string_view host) const {
  if (!is_dns_name(host)) return std::nullopt;
  std::array<char, kMaxName> buffer;
  for (std::size_t i = 0; i < host.size(); ++i) buffer[i] = ascii_lower(host[i]);
  const std::string_view name(buffer.data(), host.size());
  if (const auto it = exact_.find(name); it != exact_.end()) return it->second;
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto it = wildcard_.find(name.substr(dot + 1));
  if (it == wildcard_.end()) return std::nullopt;
  return it->second;
}

std::optional<std::string_view> parse_server_name(std::string_view extension) {
  // ServerNameList: u16 length, then entries of { u8 type, u16 length, name }.
  if (extension.size() < 2 || u16(extension) != extension.size() - 2) return std::nullopt;
  extension.remove_prefix(2);
  while (extension.size() >= 3) {
    const char type = extension[0];
    const std::size_t size = u16(extension.substr(1));
    extension.remove_prefix(3);
    if (size > extension.size()) return std::nullopt;
    if (type == 0) return extension.substr(0, size);
    extension.remove_prefix(size);
  }
  return std::nullopt;
}

}  // namespace postern::tls
