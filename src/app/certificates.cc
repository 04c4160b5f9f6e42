#include "app/certificates.h"

#include "app/privileges.h"
#include "base/log.h"
#include "tls/self_signed.h"

namespace postern::app {

std::vector<std::string> certificate_files(const config::Settings& settings) {
  std::vector<std::string> files;
  for (const config::CertificateFiles& pair : settings.tls.certificates) {
    files.push_back(pair.certificate);
    files.push_back(pair.key);
  }
  return files;
}

Result<std::shared_ptr<const tls::TlsContext>> load_configured(const config::Settings& settings,
                                                               const tls::TlsContext* previous,
                                                               const Clock& clock,
                                                               const tls::ReadFile& read) {
  tls::TlsConfig config;
  config.read = read;
  config.minimum = settings.tls.minimum;
  for (const config::CertificateFiles& files : settings.tls.certificates) {
    config.certificates.push_back({files.certificate, files.key});
  }
  return tls::TlsContext::load(config, previous, clock);
}

Result<std::shared_ptr<const tls::TlsContext>> load_self_signed(const config::Settings& settings,
                                                                const tls::TlsContext* previous,
                                                                const Clock& clock) {
  const std::string folder = settings.server.data_dir + "/tls";
  POSTERN_CHECK_OK(prepare_directory(folder, {}));
  POSTERN_TRY(const tls::SelfSigned pair,
              tls::ensure_self_signed(folder, settings.server.hostname, clock));
  log_warn(
      "self_signed_certificate",
      {{"file", pair.certificate},
       {"made", pair.created},
       {"hint", "mail apps will ask before they trust it; name a real one in tls.certificates"}});
  tls::TlsConfig config;
  config.minimum = settings.tls.minimum;
  config.certificates.push_back({pair.certificate, pair.key});
  return tls::TlsContext::load(config, previous, clock);
}

}  // namespace postern::app
