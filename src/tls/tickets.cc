#include "tls/tickets.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstdlib>

namespace postern::tls {
namespace {

void fill(std::span<std::uint8_t> out) {
  // Without randomness nothing here is safe: there is no answer but to stop.
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) std::abort();
}

TicketKey make_key() {
  TicketKey key;
  fill(key.name);
  fill(key.cipher);
  fill(key.mac);
  return key;
}

}  // namespace

TicketKey::~TicketKey() {
  OPENSSL_cleanse(cipher.data(), cipher.size());
  OPENSSL_cleanse(mac.data(), mac.size());
}

TicketKeys::TicketKeys(const Clock& clock)
    : clock_(clock), current_(make_key()), born_(clock.now()) {}

void TicketKeys::rotate_if_due() {
  const Duration age = clock_.now() - born_;
  if (age < kRotation) return;
  if (age < 2 * kRotation) {
    previous_ = current_;
  } else {
    previous_.reset();
  }
  current_ = make_key();
  born_ = clock_.now();
}

TicketKey TicketKeys::current() {
  const std::lock_guard lock(mutex_);
  rotate_if_due();
  return current_;
}

std::optional<TicketKeys::Found> TicketKeys::find(std::span<const std::uint8_t, 16> name) {
  const std::lock_guard lock(mutex_);
  rotate_if_due();
  if (std::equal(name.begin(), name.end(), current_.name.begin())) return Found{.key = current_};
  if (previous_ && std::equal(name.begin(), name.end(), previous_->name.begin())) {
    return Found{.key = *previous_, .renew = true};
  }
  return std::nullopt;
}

}  // namespace postern::tls
