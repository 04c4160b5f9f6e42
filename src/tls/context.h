// TlsContext: the TLS policy and the certificates of a listener, immutable once loaded.
//
// The policy is fixed in code (threat-model M7): TLS 1.2 with ECDHE and an AEAD, or TLS 1.3; ALPN
// "imap" or none (RFC 7301); no renegotiation, no compression, no early data; session tickets
// under keys that never leave memory. A connection keeps the context it began with, so replacing
// the context at SIGHUP disturbs nobody.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "tls/certificate.h"

namespace postern::tls {

class TicketKeys;

struct CertificateFiles {
  std::string certificate;  // PEM: the certificate, then its issuers
  std::string key;          // PEM
};

// How a file is read: its whole content, or an error whose detail is the reason alone.
using ReadFile = std::function<Result<std::string>(const std::string& file)>;

struct TlsConfig {
  std::vector<CertificateFiles> certificates;  // the first answers unknown server names
  std::string minimum = "1.2";                 // or "1.3"
  ReadFile read;                               // empty: opened by this process
};

class TlsContext {
 public:
  // Reads every file. An error is one line that names the file: unreadable, no PEM, a key that does
  // not fit its certificate. A certificate outside its dates is logged as a warning and served.
  // `previous` (may be null) hands its ticket keys on, so that a reload does not end resumption.
  [[nodiscard]] static Result<std::shared_ptr<const TlsContext>> load(
      const TlsConfig& config, const TlsContext* previous = nullptr,
      const Clock& clock = system_clock());

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // In the order of the configuration.
  [[nodiscard]] const std::vector<CertificateInfo>& certificates() const { return certificates_; }

  struct Impl;  // for tls/connection.cc
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  TlsContext();
  std::vector<CertificateInfo> certificates_;
  std::unique_ptr<Impl> impl_;
};

// Where listeners find the context of now. Any thread.
class TlsContextSlot {
 public:
  explicit TlsContextSlot(std::shared_ptr<const TlsContext> context)
      : context_(std::move(context)) {}

  [[nodiscard]] std::shared_ptr<const TlsContext> get() const {
    const std::lock_guard lock(mutex_);
    return context_;
  }
  // New connections use `context` from now on; the others keep theirs.
  void set(std::shared_ptr<const TlsContext> context) {
    const std::lock_guard lock(mutex_);
    context_.swap(context);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsContext> context_;  // shared: connections outlive the replacement
};

}  // namespace postern::tls
