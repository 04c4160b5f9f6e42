#include "tls/certificate.h"

#include "tls/pem.h"

namespace postern::tls {

std::int64_t CertificateInfo::days_left(std::int64_t unix_now) const {
  constexpr std::int64_t kDay = 24 * 60 * 60;
  const std::int64_t left = not_after - unix_now;
  return left >= 0 ? left / kDay : -((-left + kDay - 1) / kDay);
}

Result<CertificateInfo> load_certificate_info(const std::string& file) {
  POSTERN_TRY(const CertificateChain chain, load_chain(file));
  return describe(*chain.leaf, file);
}

}  // namespace postern::tls
