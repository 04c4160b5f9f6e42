#include "crypto/secret.h"

#include <sodium.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

namespace postern::crypto {
namespace {

// sodium_init picks implementations and is idempotent; a static makes it run before first use.
bool sodium_ready() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

// Keys are many (three an account) and small. Each sodium_malloc() is a mapping of its own with
// guard pages, and the kernel bounds the mappings of a process, so keys share slabs: one guarded,
// locked mapping holds a thousand. Slabs are kept for the life of the process.
class SlotPool {
 public:
  static constexpr std::size_t kSlot = 64;

  std::uint8_t* take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) grow();
    std::uint8_t* const slot = free_.back();
    free_.pop_back();
    return slot;
  }
  void give(std::uint8_t* slot) {
    sodium_memzero(slot, kSlot);
    const std::lock_guard lock(mutex_);
    free_.push_back(slot);
  }

 private:
  void grow() {
    constexpr std::size_t kSlab = 64 * 1024;
    auto* const slab = static_cast<std::uint8_t*>(sodium_malloc(kSlab));
    if (slab == nullptr) throw std::bad_alloc();
    free_.reserve(free_.size() + kSlab / kSlot);
    for (std::size_t at = 0; at < kSlab; at += kSlot) free_.push_back(slab + at);
  }
  std::mutex mutex_;
  std::vector<std::uint8_t*> free_;
};

// Never destroyed: secrets of static objects may outlive any order of destruction.
SlotPool& pool() {
  static SlotPool* const instance = new SlotPool;
  return *instance;
}

}  // namespace

Secret Secret::zeroed(std::size_t size) {
  Secret secret;
  if (size == 0) return secret;
  if (!sodium_ready()) std::abort();
  // Guard pages, MADV_DONTDUMP, and mlock where RLIMIT_MEMLOCK allows it.
  secret.data_ =
      size <= SlotPool::kSlot ? pool().take() : static_cast<std::uint8_t*>(sodium_malloc(size));
  if (secret.data_ == nullptr) throw std::bad_alloc();
  std::memset(secret.data_, 0, size);
  secret.size_ = size;
  return secret;
}

Secret::Secret(std::string_view bytes) : Secret(zeroed(bytes.size())) {
  if (!bytes.empty()) std::memcpy(data_, bytes.data(), bytes.size());
}

void Secret::wipe() {
  if (data_ != nullptr && size_ <= SlotPool::kSlot) {
    pool().give(data_);
  } else if (data_ != nullptr) {
    sodium_free(data_);  // zeroes first
  }
  data_ = nullptr;
  size_ = 0;
}

void wipe(std::string& text) {
  text.resize(text.capacity());
  sodium_memzero(text.data(), text.size());
  text.clear();
}

}  // namespace postern::crypto
