#include "tls/pem.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/ascii.h"

namespace postern::tls {
namespace {

// LIMIT: a chain of twenty certificates is about 40 KB; what is larger is no certificate file.
constexpr std::size_t kMaxFile = 1 << 20;

Result<std::string> read_file(const std::string& file, std::string_view what,
                              const ReadFile& read) {
  const std::string name = std::string(what) + " " + file;
  if (read) {
    auto text = read(file);
    if (!text) return fail(text.error().code, "cannot read " + name + ": " + text.error().detail);
    return text;
  }
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail_errno(errno, "cannot read " + name);
  std::string text;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      ::close(fd);
      return fail_errno(error, "cannot read " + name);
    }
    if (n == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > kMaxFile) {
      ::close(fd);
      return fail(Errc::kInvalid, name + " is larger than 1 MiB");
    }
  }
  ::close(fd);
  OPENSSL_cleanse(buffer.data(), buffer.size());
  return text;
}

BioPtr memory_bio(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Without a callback OpenSSL would ask on the terminal.
int refuse_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::string name_text(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string hex(const unsigned char* bytes, std::size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < size; ++i) {
    out += kDigits[bytes[i] >> 4];
    out += kDigits[bytes[i] & 15];
  }
  return out;
}

std::int64_t unix_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return timegm(&parts);
}

std::string_view asn1_text(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

void add_alternative_names(X509& certificate, CertificateInfo& info) {
  const std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (names == nullptr) return;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      info.dns_names.push_back(to_lower(asn1_text(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      const std::string_view raw = asn1_text(name->d.iPAddress);
      char text[INET6_ADDRSTRLEN];
      const int family = raw.size() == 4 ? AF_INET : AF_INET6;
      if ((raw.size() == 4 || raw.size() == 16) &&
          inet_ntop(family, raw.data(), text, sizeof text) != nullptr) {
        info.addresses.emplace_back(text);
      }
    }
  }
}

std::string common_name(X509& certificate) {
  const X509_NAME* subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  return to_lower(asn1_text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

}  // namespace

Result<CertificateChain> load_chain(const std::string& file, const ReadFile& read) {
  POSTERN_TRY(const std::string text, read_file(file, "TLS certificate", read));
  const BioPtr in = memory_bio(text);
  ERR_clear_error();
  CertificateChain chain{.leaf = X509Ptr(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)),
                         .issuers = X509StackPtr(sk_X509_new_null())};
  if (chain.leaf == nullptr) {
    return fail(Errc::kInvalid, "TLS certificate " + file + " holds no PEM certificate (" +
                                    take_openssl_error() + ")");
  }
  while (X509* issuer = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) {
    sk_X509_push(chain.issuers.get(), issuer);
  }
  const unsigned long end = ERR_peek_last_error();
  if (ERR_GET_REASON(end) != PEM_R_NO_START_LINE) {
    return fail(Errc::kInvalid, "TLS certificate " + file +
                                    " has a broken certificate after the first (" +
                                    take_openssl_error() + ")");
  }
  ERR_clear_error();
  return chain;
}

Result<PkeyPtr> load_key(const std::string& file, const ReadFile& read) {
  POSTERN_TRY(std::string text, read_file(file, "TLS key", read));
  const BioPtr in = memory_bio(text);
  ERR_clear_error();
  bool asked = false;
  PkeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, refuse_passphrase, &asked));
  OPENSSL_cleanse(text.data(), text.size());
  if (key != nullptr) return key;
  const std::string reason = take_openssl_error();
  if (asked) {
    return fail(Errc::kInvalid,
                "TLS key " + file +
                    " is under a passphrase; store it without one (openssl pkey -in "
                    "KEY -out NEWKEY) and mode 0600");
  }
  return fail(Errc::kInvalid, "TLS key " + file + " holds no PEM private key (" + reason + ")");
}

CertificateInfo describe(X509& certificate, const std::string& file) {
  CertificateInfo info{.file = file,
                       .subject = name_text(X509_get_subject_name(&certificate)),
                       .issuer = name_text(X509_get_issuer_name(&certificate)),
                       .not_before = unix_time(X509_get0_notBefore(&certificate)),
                       .not_after = unix_time(X509_get0_notAfter(&certificate))};
  add_alternative_names(certificate, info);
  if (info.dns_names.empty() && info.addresses.empty()) {
    if (std::string name = common_name(certificate); !name.empty()) {
      info.dns_names.push_back(std::move(name));
    }
  }
  const std::string_view serial = asn1_text(X509_get0_serialNumber(&certificate));
  info.serial = hex(reinterpret_cast<const unsigned char*>(serial.data()), serial.size());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest.data(), &size) == 1) {
    info.fingerprint = hex(digest.data(), size);
  }
  return info;
}

}  // namespace postern::tls
