#include "auth/verdict_cache.h"

#include <cstring>

#include "base/codec.h"

namespace postern::auth {
namespace {

crypto::Secret random_key(Random& random) {
  crypto::Secret key = crypto::Secret::zeroed(crypto::kKeySize);
  random.fill(key.bytes());
  return key;
}

}  // namespace

VerdictCache::VerdictCache(Random& random, std::size_t capacity)
    : key_(random_key(random)), capacity_(capacity) {}

std::size_t VerdictCache::Hash::operator()(const crypto::Digest& digest) const {
  std::size_t value = 0;
  std::memcpy(&value, digest.data(), sizeof(value));
  return value;
}

crypto::Digest VerdictCache::digest(const AccountRecord& account,
                                    const crypto::Secret& password) const {
  // Length-prefixed: no two different inputs run together into the same bytes.
  ByteWriter input;
  input.u64(account.id.value());
  input.u64(account.epoch);
  input.string(account.address);
  input.string(account.password_hash);
  std::string bytes = input.take();
  // The password goes in as a digest of its own, so that no second copy of it lies in `bytes`.
  const crypto::Digest secret = crypto::hmac_sha256(key_.view(), password.view());
  bytes.append(reinterpret_cast<const char*>(secret.data()), secret.size());
  return crypto::hmac_sha256(key_.view(), bytes);
}

bool VerdictCache::contains(const AccountRecord& account, const crypto::Secret& password) {
  const crypto::Digest key = digest(account, password);
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(key);
  if (it == entries_.end()) return false;
  order_.splice(order_.begin(), order_, it->second);
  return true;
}

void VerdictCache::remember(const AccountRecord& account, const crypto::Secret& password) {
  if (capacity_ == 0) return;
  const crypto::Digest key = digest(account, password);
  const std::lock_guard lock(mutex_);
  if (entries_.contains(key)) return;
  if (entries_.size() >= capacity_) {
    entries_.erase(order_.back());
    order_.pop_back();
  }
  order_.push_front(key);
  entries_.emplace(key, order_.begin());
}

std::size_t VerdictCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace postern::auth
