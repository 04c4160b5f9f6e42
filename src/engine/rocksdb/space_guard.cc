#include "engine/rocksdb/space_guard.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/rocksdb/files.h"

namespace postern::engine {

SpaceGuard::SpaceGuard(std::filesystem::path dir, Options options)
    : dir_(std::move(dir)), file_(dir_ / "RESERVE"), options_(std::move(options)) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file_, error);
  reserved_ = !error && size >= options_.reserve;
  maintain();
}

std::uint64_t SpaceGuard::ask_file_system(const std::filesystem::path& dir) {
  struct statvfs info{};
  // A file system that does not answer is not a full one: what is written next will say what is
  // wrong.
  if (::statvfs(dir.c_str(), &info) != 0) return UINT64_MAX / 2;
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

void SpaceGuard::give_up(const std::filesystem::path& dir) {
  if (::unlink((dir / "RESERVE").c_str()) == 0) log_error("disk_full", {{"path", dir.string()}});
}

std::uint64_t SpaceGuard::free_bytes() const {
  return options_.free_bytes ? options_.free_bytes() : ask_file_system(dir_);
}

bool SpaceGuard::has_room(std::uint64_t bytes) const {
  const std::uint64_t free = free_bytes();
  return free > options_.min_free && free - options_.min_free >= bytes;
}

bool SpaceGuard::secure(std::uint64_t bytes) {
  if (free_bytes() >= bytes) return true;
  release();
  return free_bytes() >= bytes;
}

void SpaceGuard::release() {
  const std::lock_guard lock(mutex_);
  if (!reserved_) return;
  reserved_ = false;
  ::unlink(file_.c_str());
  log_error("disk_full", {{"path", dir_.string()}, {"released_bytes", options_.reserve}});
}

void SpaceGuard::maintain() {
  const std::lock_guard lock(mutex_);
  if (reserved_ || options_.reserve == 0 || !has_room(2 * options_.reserve)) return;
  auto file = open_file(file_, O_RDWR | O_CREAT);
  if (!file.has_value()) return;
  reserved_ = ::posix_fallocate(file->get(), 0, static_cast<off_t>(options_.reserve)) == 0;
  if (!reserved_) ::unlink(file_.c_str());
}

bool SpaceGuard::has_reserve() const {
  const std::lock_guard lock(mutex_);
  return reserved_;
}

}  // namespace postern::engine
