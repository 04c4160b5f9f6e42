// TicketKeys: the keys that seal TLS session tickets (RFC 5077, RFC 8446 §4.6.1).
//
// Random at start, in memory only, replaced every hour; the one before is kept to open older
// tickets, so a stolen key opens at most two hours of tickets. A ticket resumes encryption, never a
// login. Any thread; shared by a context and the one that replaces it at SIGHUP.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include "base/clock.h"

namespace postern::tls {

struct TicketKey {
  std::array<std::uint8_t, 16> name{};
  std::array<std::uint8_t, 32> cipher{};
  std::array<std::uint8_t, 32> mac{};
  ~TicketKey();  // wipes

  TicketKey() = default;
  TicketKey(const TicketKey&) = default;
  TicketKey& operator=(const TicketKey&) = default;
};

class TicketKeys {
 public:
  static constexpr Duration kRotation = std::chrono::hours(1);

  explicit TicketKeys(const Clock& clock);

  // The key that seals new tickets now.
  [[nodiscard]] TicketKey current();
  struct Found {
    TicketKey key;
    bool renew = false;  // sealed by the key before: give the client a new ticket
  };
  // The key of that name, unless it is too old.
  [[nodiscard]] std::optional<Found> find(std::span<const std::uint8_t, 16> name);

 private:
  void rotate_if_due();  // under mutex_

  const Clock& clock_;
  std::mutex mutex_;
  TicketKey current_;
  std::optional<TicketKey> previous_;
  TimePoint born_;
};

}  // namespace postern::tls
