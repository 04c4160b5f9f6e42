#include "tls/context.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <cstring>

#include "base/log.h"
#include "tls/context_impl.h"
#include "tls/pem.h"

namespace postern::tls {
namespace {

// RFC 7301, IANA registry: the protocol name of IMAP.
constexpr std::string_view kAlpn = "imap";

// A ticket is good for as long as the key that sealed it is certain to be kept.
constexpr long kTicketSeconds = 3600;

int choose_certificate(SSL* ssl, int*, void* arg) {
  const auto& impl = *static_cast<const TlsContext::Impl*>(arg);
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) != 1) {
    return SSL_CLIENT_HELLO_SUCCESS;
  }
  const auto host = parse_server_name({reinterpret_cast<const char*>(data), size});
  if (!host) return SSL_CLIENT_HELLO_SUCCESS;  // OpenSSL answers what is malformed
  if (const auto found = impl.names.find(*host); found && *found != 0) {
    SSL_set_SSL_CTX(ssl, impl.contexts[*found].get());
  }
  return SSL_CLIENT_HELLO_SUCCESS;
}

// Called only when the client offers protocols; one that offers none is served.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offer, unsigned size, void*) {
  for (unsigned at = 0; at < size; at += 1u + offer[at]) {
    const std::string_view name(reinterpret_cast<const char*>(offer) + at + 1, offer[at]);
    if (name != kAlpn) continue;
    *out = offer + at + 1;
    *out_size = offer[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 §3.2: no_application_protocol
}

bool set_mac_key(EVP_MAC_CTX* mac, TicketKey& key) {
  std::array<OSSL_PARAM, 3> params = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>("SHA256"), 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params.data()) == 1;
}

// SSL_CTX_set_tlsext_ticket_key_evp_cb: 1 go on, 2 go on and renew, 0 full handshake, -1 error.
int ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
               EVP_MAC_CTX* mac, int sealing) {
  auto& keys = *static_cast<TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if (sealing != 0) {
    TicketKey key = keys.current();
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    std::memcpy(name, key.name.data(), key.name.size());
    const bool ready =
        EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) == 1 &&
        set_mac_key(mac, key);
    return ready ? 1 : -1;
  }
  auto found = keys.find(std::span<const std::uint8_t, 16>(name, 16));
  if (!found) return 0;
  const bool ready =
      EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, found->key.cipher.data(), iv) == 1 &&
      set_mac_key(mac, found->key);
  if (!ready) return -1;
  return found->renew ? 2 : 1;
}

Result<SslContextPtr> make_context(const TlsConfig& config) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return fail(Errc::kInternal, "TLS cannot start: " + take_openssl_error());
  SSL_CTX* ctx = context.get();
  int minimum = 0;
  if (config.minimum == "1.2") {
    minimum = TLS1_2_VERSION;
  } else if (config.minimum == "1.3") {
    minimum = TLS1_3_VERSION;
  } else {
    return fail(Errc::kInvalid,
                "tls.minimum is \"" + config.minimum + "\"; it can be \"1.2\" or \"1.3\"");
  }
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // Idle connections hold no record buffers; a write may be retried from another address.
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(ctx, 1);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(ctx, kTicketSeconds);
  SSL_CTX_set_max_early_data(ctx, 0);
  // AES-128 before AES-256: it is as safe against anything that can be built, and cheaper.
  const bool set =
      SSL_CTX_set_min_proto_version(ctx, minimum) == 1 &&
      SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
      SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL") == 1 &&
      SSL_CTX_set_ciphersuites(
          ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
      SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") == 1;
  if (!set) return fail(Errc::kInternal, "TLS cannot be configured: " + take_openssl_error());
  SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, nullptr);
  return context;
}

Result<void> use_certificate(SSL_CTX* ctx, const CertificateFiles& files, const ReadFile& read,
                             CertificateInfo& info) {
  POSTERN_TRY(const CertificateChain chain, load_chain(files.certificate, read));
  POSTERN_TRY(const PkeyPtr key, load_key(files.key, read));
  ERR_clear_error();
  if (X509_check_private_key(chain.leaf.get(), key.get()) != 1) {
    ERR_clear_error();
    return fail(Errc::kInvalid,
                "TLS key " + files.key + " does not belong to certificate " + files.certificate);
  }
  if (SSL_CTX_use_cert_and_key(ctx, chain.leaf.get(), key.get(), chain.issuers.get(), 1) != 1) {
    return fail(Errc::kInvalid, "TLS certificate " + files.certificate +
                                    " cannot be used: " + take_openssl_error());
  }
  info = describe(*chain.leaf, files.certificate);
  // A ticket of one certificate does not resume under another (bad-inputs A15).
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (X509_digest(chain.leaf.get(), EVP_sha256(), digest.data(), &size) != 1 ||
      SSL_CTX_set_session_id_context(ctx, digest.data(), size) != 1) {
    return fail(Errc::kInternal,
                "TLS certificate " + files.certificate + ": " + take_openssl_error());
  }
  return {};
}

void warn_about_dates(const CertificateInfo& info, std::int64_t now) {
  if (info.valid_at(now)) return;
  log_warn("tls_certificate_expired", {{"file", info.file},
                                       {"subject", info.subject},
                                       {"days_left", info.days_left(now)},
                                       {"not_yet_valid", now < info.not_before}});
}

}  // namespace

TlsContext::TlsContext() : impl_(std::make_unique<Impl>()) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsConfig& config,
                                                           const TlsContext* previous,
                                                           const Clock& clock) {
  if (config.certificates.empty()) return fail(Errc::kInvalid, "no TLS certificate is configured");
  const std::shared_ptr<TlsContext> result(new TlsContext());
  Impl& impl = *result->impl_;
  impl.tickets =
      previous != nullptr ? previous->impl_->tickets : std::make_shared<TicketKeys>(clock);
  for (const CertificateFiles& files : config.certificates) {
    POSTERN_TRY(SslContextPtr context, make_context(config));
    CertificateInfo info;
    POSTERN_CHECK_OK(use_certificate(context.get(), files, config.read, info));
    warn_about_dates(info, clock.unix_seconds());
    SSL_CTX_set_app_data(context.get(), impl.tickets.get());
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context.get(), ticket_key);
    SSL_CTX_set_client_hello_cb(context.get(), choose_certificate, &impl);
    const std::size_t index = impl.contexts.size();
    for (const std::string& name : info.dns_names) {
      if (!impl.names.add(name, index)) {
        log_info("tls_name_ignored", {{"file", info.file}, {"name", name}});
      }
    }
    impl.contexts.push_back(std::move(context));
    result->certificates_.push_back(std::move(info));
  }
  return result;
}

}  // namespace postern::tls
