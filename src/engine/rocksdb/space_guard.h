// Watches free disk space and keeps a reserve: a preallocated file that is given back to the file
// system when it is really full, so that EXPUNGE, flags and logins still commit.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>

#include "base/result.h"

namespace postern::engine {

class SpaceGuard {
 public:
  struct Options {
    std::uint64_t min_free = 0;
    std::uint64_t reserve = 0;
    std::function<std::uint64_t()> free_bytes;  // tests only; null asks the file system
  };

  // The reserve is made if there is room for it now, or later by maintain().
  SpaceGuard(std::filesystem::path dir, Options options);

  // What the file system of `dir` has left for us.
  static std::uint64_t ask_file_system(const std::filesystem::path& dir);
  // Deletes the reserve before there is a guard, to open a store on a full disk.
  static void give_up(const std::filesystem::path& dir);

  // What the file system has left for us, the reserve not counted.
  [[nodiscard]] std::uint64_t free_bytes() const;
  [[nodiscard]] std::uint64_t min_free() const { return options_.min_free; }
  // Whether a delivery of `bytes` leaves min_free untouched.
  [[nodiscard]] bool has_room(std::uint64_t bytes) const;
  // Makes sure of `bytes`, giving up the reserve if need be. False: not even then.
  [[nodiscard]] bool secure(std::uint64_t bytes);
  // Gives up the reserve, for a background task of the engine that failed for want of space.
  void release();
  // Makes the reserve again when there is room above min_free for it.
  void maintain();
  [[nodiscard]] bool has_reserve() const;

 private:
  std::filesystem::path dir_;
  std::filesystem::path file_;
  Options options_;
  mutable std::mutex mutex_;
  bool reserved_ = false;  // guarded by mutex_
};

}  // namespace postern::engine
