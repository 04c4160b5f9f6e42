#include "engine/rocksdb/wal_check.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

#include "engine/rocksdb/crc32c.h"
#include "engine/rocksdb/files.h"

namespace postern::engine {
namespace {

// RocksDB's log format: blocks of 32 KiB; records of crc32c (masked) u32, length u16, both
// little-endian, type u8, payload; a record that does not fit is split; fewer than 7 bytes at a
// block's end are padding.
constexpr std::size_t kBlock = 32 << 10;
constexpr std::size_t kHeader = 7;
enum : unsigned { kZero = 0, kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

struct Record {
  unsigned type;
  std::size_t extent;  // header and payload
};

enum class Wanted : std::uint8_t { kAny, kBeginning };  // kBeginning: of a full or a split record

// The record at the start of `bytes` (the rest of a block), if it is whole and its sum is right.
std::optional<Record> whole_record(std::string_view bytes, Wanted wanted) {
  if (bytes.size() < kHeader) return std::nullopt;
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]));
  };
  const std::size_t length = byte(4) | byte(5) << 8;
  const unsigned type = byte(6);
  if (type == kZero || length > bytes.size() - kHeader) return std::nullopt;
  if (wanted == Wanted::kBeginning && type != kFull && type != kFirst) return std::nullopt;
  const std::uint32_t masked = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
  const std::uint32_t crc = crc32c(bytes.substr(6, 1 + length));
  if (masked != ((crc >> 15) | (crc << 17)) + 0xa282ead8u) return std::nullopt;
  return Record{type, kHeader + length};
}

// Walks a log block by block.
class Walk {
 public:
  // False: a whole record begins behind damage.
  bool block(std::string_view bytes, std::uint64_t offset) {
    std::size_t at = 0;
    while (at < bytes.size()) {
      if (kBlock - at < kHeader) {
        at = bytes.size();
        if (!damaged_ && !in_record_) kept_ = offset + at;
        break;
      }
      const auto record =
          whole_record(bytes.substr(at), damaged_ ? Wanted::kBeginning : Wanted::kAny);
      if (!record) {
        damaged_ = true;
        ++at;  // lengths cannot be trusted any more: look at every byte for a record that is whole
        continue;
      }
      const bool begins = record->type == kFull || record->type == kFirst;
      if (begins && (damaged_ || in_record_)) return false;
      at += record->extent;
      if (!begins && !in_record_ && record->type <= kLast) {
        damaged_ = true;  // the middle of a record without its beginning
        continue;
      }
      in_record_ = record->type == kFirst || record->type == kMiddle;
      if (!in_record_) kept_ = offset + at;
    }
    return true;
  }
  [[nodiscard]] std::uint64_t kept() const { return kept_; }

 private:
  std::uint64_t kept_ = 0;
  bool damaged_ = false;
  bool in_record_ = false;
};

struct Log {
  std::filesystem::path path;
  std::uint64_t number = 0;
};

Result<std::optional<Log>> newest_log(const std::filesystem::path& meta) {
  std::optional<Log> newest;
  std::error_code error;
  std::filesystem::directory_iterator entries(meta, error);
  if (error == std::errc::no_such_file_or_directory) return newest;
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (!name.ends_with(".log") || name.size() > 22) continue;
    const std::string digits = name.substr(0, name.size() - 4);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) continue;
    if (entries->file_size(error) == 0) continue;
    if (error) break;
    const std::uint64_t number = std::stoull(digits);
    if (!newest || number > newest->number) newest = Log{entries->path(), number};
  }
  if (error) return fail_errno(error.value(), "read directory " + meta.string());
  return newest;
}

}  // namespace

Result<WalTail> repair_wal_tail(const std::filesystem::path& meta) {
  POSTERN_TRY(const std::optional<Log> log, newest_log(meta));
  if (!log) return WalTail{};
  POSTERN_TRY(const Fd file, open_file(log->path, O_RDWR));
  POSTERN_TRY(const std::uint64_t size, file_size(file, log->path));
  Walk walk;
  for (std::uint64_t at = 0; at < size; at += kBlock) {
    POSTERN_TRY(const std::string bytes, read_some(file, at, kBlock, log->path));
    if (!walk.block(bytes, at)) {
      return fail(Errc::kCorrupt, log->path.string() + " is damaged after byte " +
                                      std::to_string(walk.kept()) +
                                      ", and whole records follow the damage");
    }
  }
  const WalTail tail{.kept = walk.kept(), .cut = size - walk.kept()};
  if (tail.cut == 0) return tail;
  if (::ftruncate(file.get(), static_cast<off_t>(tail.kept)) != 0) {
    return fail_errno(errno, "truncate " + log->path.string());
  }
  if (::fsync(file.get()) != 0) return fail_errno(errno, "fsync " + log->path.string());
  return tail;
}

}  // namespace postern::engine
