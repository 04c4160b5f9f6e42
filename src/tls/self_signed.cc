#include "tls/self_signed.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "base/ascii.h"
#include "tls/pem.h"
#include "tls/server_names.h"

namespace postern::tls {
namespace {

// Whole and durable, or not at all: temporary file, fsync, rename, fsync of the directory.
Result<void> replace_file(const std::string& directory, const std::string& path, mode_t mode,
                          std::string_view text) {
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());  // left by a crash
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return fail_errno(errno, "cannot create " + temporary);
  int error = 0;
  while (error == 0 && !text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  if (error == 0 && ::fchmod(fd, mode) != 0) error = errno;
  if (error == 0 && ::fsync(fd) != 0) error = errno;
  if (::close(fd) != 0 && error == 0) error = errno;
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    return fail_errno(error, "cannot write " + path);
  }
  const int folder = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return fail_errno(errno, "cannot open " + directory);
  error = ::fsync(folder) == 0 ? 0 : errno;
  ::close(folder);
  if (error != 0) return fail_errno(error, "cannot flush " + directory);
  return {};
}

bool add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);  // positive, never zero
  const std::unique_ptr<BIGNUM, OpensslFree<BN_free>> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

X509Ptr sign(EVP_PKEY* key, const std::string& hostname, std::int64_t now) {
  X509Ptr certificate(X509_new());
  X509* x = certificate.get();
  std::string names = "DNS:" + hostname;
  if (hostname != "localhost") names += ",DNS:localhost";
  names += ",IP:127.0.0.1,IP:::1";
  // X.520 ub-common-name: 64 octets. A longer name stands in the alternative names alone.
  const std::string subject = hostname.size() <= 64 ? hostname : "localhost";
  const auto* subject_bytes = reinterpret_cast<const unsigned char*>(subject.c_str());
  X509_NAME* name = X509_get_subject_name(x);
  // A day back, for clients whose clock is behind.
  constexpr std::int64_t kDay = 24 * 60 * 60;
  const bool made =
      X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
      ASN1_TIME_set(X509_getm_notBefore(x), now - kDay) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(x), now + (kSelfSignedDays - 1) * kDay) != nullptr &&
      X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, subject_bytes,
                                 static_cast<int>(subject.size()), -1, 0) == 1 &&
      X509_set_issuer_name(x, name) == 1 && X509_set_pubkey(x, key) == 1 &&
      add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(x, NID_key_usage, "critical,digitalSignature") &&
      add_extension(x, NID_ext_key_usage, "serverAuth") &&
      add_extension(x, NID_subject_alt_name, names) &&
      add_extension(x, NID_subject_key_identifier, "hash") && X509_sign(x, key, EVP_sha256()) != 0;
  if (!made) return nullptr;
  return certificate;
}

std::string pem_text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

Result<void> make_pair(const std::string& directory, const std::string& hostname, std::int64_t now,
                       const SelfSigned& files) {
  ERR_clear_error();
  const PkeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate = key == nullptr ? nullptr : sign(key.get(), hostname, now);
  if (certificate == nullptr) {
    return fail(Errc::kInternal, "cannot make a self-signed certificate: " + take_openssl_error());
  }
  const BioPtr key_out(BIO_new(BIO_s_secmem()));
  const BioPtr certificate_out(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1 ||
      PEM_write_bio_X509(certificate_out.get(), certificate.get()) != 1) {
    return fail(Errc::kInternal,
                "cannot encode a self-signed certificate: " + take_openssl_error());
  }
  std::string key_text = pem_text(key_out.get());
  const Result<void> written = replace_file(directory, files.key, 0600, key_text);
  OPENSSL_cleanse(key_text.data(), key_text.size());
  POSTERN_CHECK_OK(written);
  return replace_file(directory, files.certificate, 0644, pem_text(certificate_out.get()));
}

bool still_good(const SelfSigned& files, const std::string& hostname, std::int64_t now) {
  const auto chain = load_chain(files.certificate);
  const auto key = load_key(files.key);
  if (!chain || !key) return false;
  const bool fits = X509_check_private_key(chain->leaf.get(), key->get()) == 1;
  ERR_clear_error();
  const CertificateInfo info = describe(*chain->leaf, files.certificate);
  return fits && std::ranges::find(info.dns_names, hostname) != info.dns_names.end() &&
         info.not_before <= now && info.days_left(now) >= kSelfSignedRenewDays;
}

}  // namespace

Result<SelfSigned> ensure_self_signed(const std::string& directory, std::string_view hostname,
                                      const Clock& clock) {
  // The name goes into a configuration line of OpenSSL's: nothing but a DNS name may.
  const std::string name = is_dns_name(hostname) ? to_lower(hostname) : "localhost";
  SelfSigned files{.certificate = directory + "/self-signed.pem",
                   .key = directory + "/self-signed.key"};
  const std::int64_t now = clock.unix_seconds();
  if (still_good(files, name, now)) return files;
  POSTERN_CHECK_OK(make_pair(directory, name, now, files));
  files.created = true;
  return files;
}

}  // namespace postern::tls
