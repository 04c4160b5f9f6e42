// A small blocking TLS client for tests: what mail apps do, and what they must not get away with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tls/openssl.h"
#include "tls/self_signed.h"

namespace postern::tls::testing {

struct SessionFree {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SessionPtr = std::unique_ptr<SSL_SESSION, SessionFree>;

struct ClientOptions {
  int minimum = TLS1_2_VERSION;
  int maximum = TLS1_3_VERSION;
  std::string ciphers;      // TLS 1.2 list, empty for the default
  std::string server_name;  // SNI
  std::string alpn;         // wire form: length byte and name, repeated
  std::string trust;        // PEM file; empty: the certificate is not verified
  SSL_SESSION* resume = nullptr;
};

class Client {
 public:
  // Takes `fd`, a connected blocking socket.
  Client(int fd, const ClientOptions& options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool handshake();
  [[nodiscard]] bool write(std::string_view bytes);
  // At most `limit` bytes; empty at the end or on an error (see error()).
  [[nodiscard]] std::string read(std::size_t limit = 65536);
  // Until the text read ends with `end`, or the connection ends.
  [[nodiscard]] std::string read_until(std::string_view end);
  [[nodiscard]] bool key_update();
  // True when the server agreed.
  [[nodiscard]] bool renegotiate();
  void send_close_notify();

  [[nodiscard]] SSL* ssl() { return ssl_.get(); }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  [[nodiscard]] std::string certificate_name() const;  // subject common name
  // The newest ticket (TLS 1.3: arrives with the first read).
  [[nodiscard]] SessionPtr session() const { return SessionPtr(SSL_get1_session(ssl_.get())); }

 private:
  bool check(int result);

  int fd_;
  SslContextPtr context_;
  SslPtr ssl_;
  std::string error_;
};

// A directory that is removed with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  // A fresh directory below, for a certificate of its own.
  [[nodiscard]] std::string below(const std::string& name) const;

 private:
  std::string path_;
};

}  // namespace postern::tls::testing
