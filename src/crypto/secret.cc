#include "crypto/secret.h"

#include <sodium.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace postern::crypto {
namespace {

// sodium_init picks implementations and is idempotent; a static makes it run before first use.
bool sodium_ready() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

}  // namespace

Secret Secret::zeroed(std::size_t size) {
  Secret secret;
  if (size == 0) return secret;
  if (!sodium_ready()) std::abort();
  // Guard pages, MADV_DONTDUMP, and mlock where RLIMIT_MEMLOCK allows it.
  secret.data_ = static_cast<std::uint8_t*>(sodium_malloc(size));
  if (secret.data_ == nullptr) throw std::bad_alloc();
  std::memset(secret.data_, 0, size);
  secret.size_ = size;
  return secret;
}

Secret::Secret(std::string_view bytes) : Secret(zeroed(bytes.size())) {
  if (!bytes.empty()) std::memcpy(data_, bytes.data(), bytes.size());
}

void Secret::wipe() {
  if (data_ != nullptr) sodium_free(data_);  // zeroes first
  data_ = nullptr;
  size_ = 0;
}

void wipe(std::string& text) {
  text.resize(text.capacity());
  sodium_memzero(text.data(), text.size());
  text.clear();
}

}  // namespace postern::crypto
