// Settings: every key of the configuration, as the program uses it. docs/configuration.md describes
// them.
//
// A plain value without defaults of its own: those stand in the table (config/table.h), and load()
// or default_settings() fills them in. Paths are absolute.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "config/endpoint.h"

namespace postern::config {

enum class BareNewline : std::uint8_t { kKeep, kReject };

struct CertificateFiles {
  std::string certificate;  // PEM, leaf first
  std::string key;          // PEM
};

struct Settings {
  struct Server {
    std::string hostname, data_dir, user, group;
    std::string contact, comment;
    Duration drain{};
  } server;
  struct Listen {
    std::vector<Endpoint> imaps, lmtp, http;
    std::vector<Endpoint> admin;  // none or one, always a Unix socket
  } listen;
  struct Tls {
    std::vector<CertificateFiles> certificates;  // empty: a self-signed one is made
    std::string minimum;                         // "1.2" or "1.3"
  } tls;
  struct Limits {
    std::uint64_t max_message_size = 0;
    std::uint64_t sessions_per_account = 0;
  } limits;
  struct Storage {
    std::string engine;
    std::uint64_t cache = 0;
    std::string master_key;
    std::uint64_t min_free = 0;
  } storage;
  struct Lmtp {
    std::vector<Network> allow_remote;
    BareNewline bare_newline{};
  } lmtp;
  struct Imap {
    bool literal_minus = false;
    bool compress = false;
    bool unauthenticate = true;
  } imap;
  struct Log {
    LogFormat format{};
    LogLevel level{};
  } log;
};

}  // namespace postern::config
