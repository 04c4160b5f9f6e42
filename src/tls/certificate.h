// What a certificate says about itself, for `status`, the log and the SNI table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postern::tls {

struct CertificateInfo {
  std::string file;     // where it was read from
  std::string subject;  // RFC 2253 form
  std::string issuer;
  std::vector<std::string> dns_names;  // SAN dNSName, lower case; the common name without any SAN
  std::vector<std::string> addresses;  // SAN iPAddress as text
  std::int64_t not_before = 0;         // unix seconds
  std::int64_t not_after = 0;
  std::string serial;       // hexadecimal
  std::string fingerprint;  // SHA-256 of the certificate, hexadecimal

  // Whole days until not_after, negative once it has passed.
  [[nodiscard]] std::int64_t days_left(std::int64_t unix_now) const;
  [[nodiscard]] bool valid_at(std::int64_t unix_now) const {
    return not_before <= unix_now && unix_now <= not_after;
  }
};

// The first certificate of a PEM file. Errors are one line and name the file.
[[nodiscard]] Result<CertificateInfo> load_certificate_info(const std::string& file);

}  // namespace postern::tls
