// Secret: bytes that are wiped when they go, kept out of core files, and never printed.
//
// Move-only; copies are explicit (clone). There is no operator<< and no to_string on purpose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace postern::crypto {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view bytes);  // copies; the caller wipes its own
  [[nodiscard]] static Secret zeroed(std::size_t size);
  Secret(Secret&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  [[nodiscard]] Secret clone() const { return Secret(view()); }
  // Lives as long as the Secret; do not store.
  [[nodiscard]] std::string_view view() const {
    return {reinterpret_cast<const char*>(data_), size_};
  }
  [[nodiscard]] std::span<std::uint8_t> bytes() { return {data_, size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  void wipe();
  std::uint8_t* data_ = nullptr;  // sodium_malloc: guard pages, kept out of core files
  std::size_t size_ = 0;
};

// Overwrites the text's whole capacity and empties it.
void wipe(std::string& text);

}  // namespace postern::crypto
