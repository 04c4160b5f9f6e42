// Reads certificate chains and private keys from PEM files. Private to this room.
#pragma once

#include <string>

#include "base/result.h"
#include "tls/certificate.h"
#include "tls/context.h"
#include "tls/openssl.h"

namespace postern::tls {

struct CertificateChain {
  X509Ptr leaf;
  X509StackPtr issuers;  // never null; empty for a lone certificate
};

// kIo: the file cannot be read; kInvalid: it holds no certificate or a broken one.
[[nodiscard]] Result<CertificateChain> load_chain(const std::string& file,
                                                  const ReadFile& read = {});
// kInvalid also for a key under a passphrase: a server has nobody to ask.
[[nodiscard]] Result<PkeyPtr> load_key(const std::string& file, const ReadFile& read = {});

[[nodiscard]] CertificateInfo describe(X509& certificate, const std::string& file);

}  // namespace postern::tls
