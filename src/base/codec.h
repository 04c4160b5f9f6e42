// Byte codecs for stored records: big-endian fixed integers (keys sort as numbers), LEB128 varints,
// length-prefixed strings. The reader checks every bound and latches the first failure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern {

class ByteWriter {
 public:
  void u8(std::uint8_t value) { out_ += static_cast<char>(value); }
  void u16(std::uint16_t value) { fixed(value, 2); }
  void u32(std::uint32_t value) { fixed(value, 4); }
  void u64(std::uint64_t value) { fixed(value, 8); }
  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      u8(static_cast<std::uint8_t>(value | 0x80));
      value >>= 7;
    }
    u8(static_cast<std::uint8_t>(value));
  }
  // Signed numbers, small in either direction: zigzag.
  void svarint(std::int64_t value) {
    varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void bytes(std::string_view value) { out_ += value; }
  void string(std::string_view value) {
    varint(value.size());
    bytes(value);
  }
  [[nodiscard]] const std::string& str() const { return out_; }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void fixed(std::uint64_t value, int width) {
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8)
      u8(static_cast<std::uint8_t>(value >> shift));
  }
  std::string out_;
};

// Reads what ByteWriter wrote. Past the end or on a malformed varint every call returns zero or
// empty and ok() is false for good; check ok() once, at the end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}  // views into `in` are returned

  std::uint8_t u8() { return static_cast<std::uint8_t>(fixed(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(fixed(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(fixed(4)); }
  std::uint64_t u64() { return fixed(8); }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint64_t byte = fixed(1);
      if (shift == 63 && byte > 1) break;
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
  }
  std::int64_t svarint() {
    const std::uint64_t raw = varint();
    return static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
  }
  std::string_view bytes(std::uint64_t count) {
    if (!ok_ || count > in_.size() - at_) {
      ok_ = false;
      return {};
    }
    const std::string_view result = in_.substr(at_, static_cast<std::size_t>(count));
    at_ += static_cast<std::size_t>(count);
    return result;
  }
  std::string_view string() { return bytes(varint()); }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return at_ == in_.size(); }
  [[nodiscard]] std::size_t remaining() const { return in_.size() - at_; }

 private:
  std::uint64_t fixed(std::size_t width) {
    if (!ok_ || width > in_.size() - at_) {
      ok_ = false;
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i)
      value = value << 8 | static_cast<unsigned char>(in_[at_ + i]);
    at_ += width;
    return value;
  }
  std::string_view in_;  // owned by the caller
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace postern
