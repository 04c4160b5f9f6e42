// TlsConnection: the server's side of one TLS connection over a non-blocking socket.
//
// Never waits: every call says whether it is done or what the socket must be ready for before the
// same call is made again. One thread at a time. Record buffers exist only while a record is being
// moved (SSL_MODE_RELEASE_BUFFERS), so an idle connection holds none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tls/context.h"

namespace postern::tls {

// Why a connection failed, as far as counting needs it.
enum class TlsFailure : std::uint8_t {
  kNone,
  kClosed,     // the peer went away in the middle
  kNotTls,     // plain text, for example a client set to STARTTLS or no encryption
  kVersion,    // no common protocol version
  kCipher,     // no common cipher suite or group
  kAlpn,       // the client asked for another protocol than IMAP
  kPeerAlert,  // the client refused us, most often our certificate
  kAbuse,      // a bound was reached: handshake bytes, key updates, renegotiation
  kOther,
};
[[nodiscard]] std::string_view to_string(TlsFailure failure);

class TlsConnection {
 public:
  enum class Status : std::uint8_t {
    kOk,
    kWantRead,   // call again when the socket is readable
    kWantWrite,  // call again when the socket is writable
    kEnd,        // the peer ended its side (close_notify, or the end of the socket)
    kFailed,     // see failure() and error(); nothing works any more
  };
  struct Io {
    Status status = Status::kFailed;
    std::size_t bytes = 0;
  };

  // LIMIT: bytes a client may send before its handshake is complete. A ClientHello with every known
  // extension is below 2 KiB, with post-quantum shares below 4 KiB.
  static constexpr std::size_t kMaxHandshakeBytes = 64 * 1024;
  // LIMIT: key updates (RFC 8446 §4.6.3) a client may ask for, beyond one for each MiB moved. Each
  // costs two key derivations and an answer; clients that follow the RFC need one every 2^24
  // records.
  static constexpr std::uint64_t kMaxKeyUpdates = 32;

  // `fd` is non-blocking and outlives the connection, which does not own it.
  [[nodiscard]] static Result<TlsConnection> accept(std::shared_ptr<const TlsContext> context,
                                                    int fd);

  TlsConnection(TlsConnection&&) noexcept;
  TlsConnection& operator=(TlsConnection&&) noexcept;
  ~TlsConnection();

  [[nodiscard]] Status handshake();
  [[nodiscard]] Io read(std::span<char> into);
  // kOk: read() will give at least one byte. kWantRead: whatever came was no application data.
  [[nodiscard]] Status peek();
  // True when bytes were taken from the socket that read() has not given out: readiness of the
  // socket says nothing about them.
  [[nodiscard]] bool has_buffered() const;
  // At most one record (16 KiB). After kWantRead or kWantWrite the same bytes come again.
  [[nodiscard]] Io write(std::string_view bytes);
  // Sends close_notify; kOk once it is on its way.
  [[nodiscard]] Status shutdown();

  // Bytes that went into the socket: progress that is finer than a record.
  [[nodiscard]] std::uint64_t bytes_sent() const;

  // After the handshake.
  [[nodiscard]] std::string version() const;  // "TLSv1.3"
  [[nodiscard]] std::string cipher() const;
  [[nodiscard]] std::string server_name() const;  // empty when none, or no DNS name
  [[nodiscard]] bool resumed() const;

  [[nodiscard]] TlsFailure failure() const;
  // For the log: OpenSSL's words.
  [[nodiscard]] const std::string& error() const;

 private:
  friend struct SocketBio;
  struct State;
  explicit TlsConnection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace postern::tls
