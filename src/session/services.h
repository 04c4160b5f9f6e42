// Services: everything a session needs of the outside, handed in by reference; tests hand in fakes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "auth/authenticator.h"
#include "auth/directory.h"
#include "base/clock.h"
#include "mailstore/mailstore.h"

namespace postern::session {

class SessionRegistry;

// LIMIT: the defaults of the limits table; one struct, so that tests can lower them.
struct Limits {
  Duration time_to_authenticate = std::chrono::seconds(60);  // in total, not per byte
  Duration idle_without_idle = std::chrono::minutes(30);     // RFC 9051 §5.4: at least 30 minutes
  Duration stall = std::chrono::minutes(5);       // half a command, or output nobody reads
  Duration keep_alive = std::chrono::minutes(2);  // of IDLE
  unsigned bad_before_login = 3;                  // in a row
  unsigned bad_after_login = 10;                  // in a row
  unsigned rejected_passwords = 3;
};

struct Settings {
  std::string hostname = "localhost";  // named in the greeting
  std::string server_name = "Postern";
  std::string version;
  bool literal_minus = false;  // announce LITERAL- instead of LITERAL+ (RFC 7888 §5: never both)
  std::uint64_t max_message_size = 50u << 20;
  bool compress = false;       // offer COMPRESS=DEFLATE (RFC 4978)
  bool unauthenticate = true;  // offer UNAUTHENTICATE (RFC 8437 §8)
  // What GETMETADATA tells of the server (RFC 5464 §6.2): a URI, and a text. Empty: nothing.
  std::string contact;
  std::string comment;
  Limits limits;
};

// All referenced objects outlive every session.
struct Services {
  mailstore::MailStore& store;
  auth::Directory& directory;
  auth::Authenticator& authenticator;
  Clock& clock;
  SessionRegistry& registry;
  // Shared: a reload replaces it, and sessions that run keep the one they started with.
  std::shared_ptr<const Settings> settings;
};

}  // namespace postern::session
