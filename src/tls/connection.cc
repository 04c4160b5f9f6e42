#include "tls/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "tls/context_impl.h"
#include "tls/server_names.h"

namespace postern::tls {

struct TlsConnection::State {
  std::shared_ptr<const TlsContext> context;  // shared: its callbacks' arguments live in it
  int fd = -1;
  SslPtr ssl;
  bool socket_ended = false;
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::uint64_t key_updates = 0;
  TlsFailure failure = TlsFailure::kNone;
  std::string error;

  // From here on the socket gives no more bytes, so that OpenSSL's own loops end too.
  void condemn(std::string_view reason) {
    if (failure != TlsFailure::kNone) return;
    failure = TlsFailure::kAbuse;
    error = reason;
  }
  // What `result` of the last call on `ssl` means.
  Status finish(int result);
};

namespace {

TlsFailure classify(unsigned long code) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return TlsFailure::kOther;
  const int reason = ERR_GET_REASON(code);
  switch (reason) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return TlsFailure::kClosed;
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return TlsFailure::kNotTls;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
      return TlsFailure::kVersion;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
      return TlsFailure::kCipher;
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return TlsFailure::kAlpn;
    default:
      break;
  }
  // Alerts of the peer are reported as 1000 plus their number.
  return reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256
             ? TlsFailure::kPeerAlert
             : TlsFailure::kOther;
}

template <class State>
State& state_of(BIO* bio) {
  return *static_cast<State*>(BIO_get_data(bio));
}

bool must_wait(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

// The socket as OpenSSL sees it: never a SIGPIPE, every byte counted, and an end once condemned.
struct SocketBio {
  using State = TlsConnection::State;

  static int read(BIO* bio, char* into, int size) {
    State& state = state_of<State>(bio);
    BIO_clear_retry_flags(bio);
    if (state.failure != TlsFailure::kNone) return -1;
    if (SSL_is_init_finished(state.ssl.get()) == 0 &&
        state.received >= TlsConnection::kMaxHandshakeBytes) {
      state.condemn("handshake larger than 64 KiB");
      return -1;
    }
    const ssize_t n = ::recv(state.fd, into, static_cast<std::size_t>(size), 0);
    if (n < 0 && must_wait(errno)) BIO_set_retry_read(bio);
    if (n == 0) state.socket_ended = true;
    if (n > 0) state.received += static_cast<std::uint64_t>(n);
    return static_cast<int>(n);
  }

  static int write(BIO* bio, const char* bytes, int size) {
    State& state = state_of<State>(bio);
    BIO_clear_retry_flags(bio);
    const ssize_t n = ::send(state.fd, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (n < 0 && must_wait(errno)) BIO_set_retry_write(bio);
    if (n > 0) state.sent += static_cast<std::uint64_t>(n);
    return static_cast<int>(n);
  }

  static long control(BIO* bio, int command, long, void*) {
    switch (command) {
      case BIO_CTRL_FLUSH:
        return 1;
      case BIO_CTRL_EOF:
        return state_of<State>(bio).socket_ended ? 1 : 0;
      default:
        return 0;
    }
  }

  static BIO_METHOD* method() {
    static BIO_METHOD* const instance = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "postern socket");
      BIO_meth_set_read(made, read);
      BIO_meth_set_write(made, write);
      BIO_meth_set_ctrl(made, control);
      return made;
    }();
    return instance;
  }

  // Sees every protocol message. SECURITY: bad-inputs A15, key update floods and renegotiation.
  static void message(int writing, int, int type, const void* bytes, std::size_t size, SSL*,
                      void* arg) {
    State& state = *static_cast<State*>(arg);
    const auto* data = static_cast<const unsigned char*>(bytes);
    if (writing == 0 && type == SSL3_RT_HANDSHAKE && size >= 1 && data[0] == SSL3_MT_KEY_UPDATE) {
      const std::uint64_t allowed =
          TlsConnection::kMaxKeyUpdates + ((state.received + state.sent) >> 20);
      if (++state.key_updates > allowed) state.condemn("too many key updates");
    }
    // SSL_OP_NO_RENEGOTIATION answers with this warning and would go on listening.
    if (writing == 1 && type == SSL3_RT_ALERT && size == 2 && data[1] == SSL_AD_NO_RENEGOTIATION) {
      state.condemn("renegotiation");
    }
  }
};

TlsConnection::Status TlsConnection::State::finish(int result) {
  if (failure != TlsFailure::kNone) {
    ERR_clear_error();
    return Status::kFailed;
  }
  if (result > 0) return Status::kOk;
  switch (SSL_get_error(ssl.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Status::kWantRead;
    case SSL_ERROR_WANT_WRITE:
      return Status::kWantWrite;
    case SSL_ERROR_ZERO_RETURN:
      return Status::kEnd;
    case SSL_ERROR_SYSCALL:
      failure = TlsFailure::kClosed;
      error = "connection lost";
      ERR_clear_error();
      return Status::kFailed;
    default:
      failure = classify(ERR_peek_error());
      error = take_openssl_error();
      return Status::kFailed;
  }
}

std::string_view to_string(TlsFailure failure) {
  switch (failure) {
    case TlsFailure::kNone:
      return "none";
    case TlsFailure::kClosed:
      return "closed";
    case TlsFailure::kNotTls:
      return "not_tls";
    case TlsFailure::kVersion:
      return "version";
    case TlsFailure::kCipher:
      return "cipher";
    case TlsFailure::kAlpn:
      return "alpn";
    case TlsFailure::kPeerAlert:
      return "peer_alert";
    case TlsFailure::kAbuse:
      return "abuse";
    case TlsFailure::kOther:
      return "other";
  }
  return "other";
}

Result<TlsConnection> TlsConnection::accept(std::shared_ptr<const TlsContext> context, int fd) {
  ERR_clear_error();
  auto state = std::make_unique<State>();
  state->ssl.reset(SSL_new(context->impl().contexts.front().get()));
  BIO* bio = state->ssl == nullptr ? nullptr : BIO_new(SocketBio::method());
  if (bio == nullptr) return fail(Errc::kUnavailable, "no TLS connection: " + take_openssl_error());
  state->context = std::move(context);
  state->fd = fd;
  BIO_set_data(bio, state.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(state->ssl.get(), bio, bio);  // owns it
  SSL_set_msg_callback(state->ssl.get(), SocketBio::message);
  SSL_set_msg_callback_arg(state->ssl.get(), state.get());
  SSL_set_accept_state(state->ssl.get());
  return TlsConnection(std::move(state));
}

TlsConnection::TlsConnection(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsConnection::TlsConnection(TlsConnection&&) noexcept = default;
TlsConnection& TlsConnection::operator=(TlsConnection&&) noexcept = default;
TlsConnection::~TlsConnection() = default;

TlsConnection::Status TlsConnection::handshake() {
  ERR_clear_error();
  return state_->finish(SSL_do_handshake(state_->ssl.get()));
}

TlsConnection::Io TlsConnection::read(std::span<char> into) {
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_read_ex(state_->ssl.get(), into.data(), into.size(), &bytes);
  return {.status = state_->finish(result), .bytes = bytes};
}

TlsConnection::Status TlsConnection::peek() {
  ERR_clear_error();
  char byte = 0;
  std::size_t bytes = 0;
  return state_->finish(SSL_peek_ex(state_->ssl.get(), &byte, 1, &bytes));
}

bool TlsConnection::has_buffered() const {
  return SSL_has_pending(state_->ssl.get()) == 1;
}

TlsConnection::Io TlsConnection::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t written = 0;
  const int result = SSL_write_ex(state_->ssl.get(), bytes.data(), bytes.size(), &written);
  return {.status = state_->finish(result), .bytes = written};
}

TlsConnection::Status TlsConnection::shutdown() {
  if (state_->failure != TlsFailure::kNone) return Status::kFailed;
  ERR_clear_error();
  const int result = SSL_shutdown(state_->ssl.get());
  return result >= 0 ? Status::kOk
                     : state_->finish(result);  // 0: ours is sent, the peer's not here
}

std::uint64_t TlsConnection::bytes_sent() const {
  return state_->sent;
}

std::string TlsConnection::version() const {
  return SSL_get_version(state_->ssl.get());
}

std::string TlsConnection::cipher() const {
  const char* name = SSL_get_cipher_name(state_->ssl.get());
  return name == nullptr ? "" : name;
}

std::string TlsConnection::server_name() const {
  const char* name = SSL_get_servername(state_->ssl.get(), TLSEXT_NAMETYPE_host_name);
  return name != nullptr && is_dns_name(name) ? name : "";
}

bool TlsConnection::resumed() const {
  return SSL_session_reused(state_->ssl.get()) == 1;
}
TlsFailure TlsConnection::failure() const {
  return state_->failure;
}
const std::string& TlsConnection::error() const {
  return state_->error;
}

}  // namespace postern::tls
