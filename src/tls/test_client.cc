#include "tls/test_client.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

namespace postern::tls::testing {

Client::Client(int fd, const ClientOptions& options)
    : fd_(fd), context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX* ctx = context_.get();
  SSL_CTX_set_min_proto_version(ctx, options.minimum);
  SSL_CTX_set_max_proto_version(ctx, options.maximum);
  // A session in the context's own cache would be spoilt when the context goes.
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  std::signal(SIGPIPE, SIG_IGN);  // writing to a server that has hung up
  if (options.minimum < TLS1_2_VERSION) SSL_CTX_set_security_level(ctx, 0);
  if (!options.ciphers.empty()) SSL_CTX_set_cipher_list(ctx, options.ciphers.c_str());
  if (!options.trust.empty()) {
    SSL_CTX_load_verify_file(ctx, options.trust.c_str());
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  }
  ssl_.reset(SSL_new(ctx));
  if (!options.server_name.empty()) {
    SSL_set_tlsext_host_name(ssl_.get(), options.server_name.c_str());
    if (!options.trust.empty()) SSL_set1_host(ssl_.get(), options.server_name.c_str());
  }
  if (!options.alpn.empty()) {
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(options.alpn.data()),
                        static_cast<unsigned>(options.alpn.size()));
  }
  if (options.resume != nullptr) SSL_set_session(ssl_.get(), options.resume);
  SSL_set_fd(ssl_.get(), fd);
}

Client::~Client() {
  ssl_.reset();
  ::close(fd_);
}

bool Client::check(int result) {
  if (result > 0) return true;
  const int why = SSL_get_error(ssl_.get(), result);
  error_ = why == SSL_ERROR_ZERO_RETURN ? "end" : take_openssl_error();
  return false;
}

bool Client::handshake() {
  ERR_clear_error();
  return check(SSL_connect(ssl_.get()));
}

bool Client::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t written = 0;
  return check(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written));
}

std::string Client::read(std::size_t limit) {
  ERR_clear_error();
  std::string text(limit, '\0');
  std::size_t bytes = 0;
  if (!check(SSL_read_ex(ssl_.get(), text.data(), text.size(), &bytes))) return {};
  text.resize(bytes);
  return text;
}

std::string Client::read_until(std::string_view end) {
  std::string text;
  while (!text.ends_with(end)) {
    const std::string more = read();
    if (more.empty()) break;
    text += more;
  }
  return text;
}

bool Client::key_update() {
  ERR_clear_error();
  return SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED) == 1 &&
         check(SSL_do_handshake(ssl_.get()));
}

bool Client::renegotiate() {
  ERR_clear_error();
  return SSL_renegotiate(ssl_.get()) == 1 && check(SSL_do_handshake(ssl_.get()));
}

void Client::send_close_notify() {
  SSL_shutdown(ssl_.get());
}

std::string Client::certificate_name() const {
  const X509Ptr certificate(SSL_get1_peer_certificate(ssl_.get()));
  if (certificate == nullptr) return {};
  char text[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, text,
                            sizeof text);
  return text;
}

TemporaryDirectory::TemporaryDirectory() {
  const char* base = std::getenv("TMPDIR");
  path_ = std::string(base == nullptr ? "/tmp" : base) + "/postern-test-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) std::abort();
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::below(const std::string& name) const {
  const std::string path = path_ + "/" + name;
  ::mkdir(path.c_str(), 0700);
  return path;
}

}  // namespace postern::tls::testing
