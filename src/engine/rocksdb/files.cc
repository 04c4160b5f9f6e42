#include "engine/rocksdb/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace postern::engine {

Result<Fd> open_file(const std::filesystem::path& path, int flags) {
  for (;;) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (fd >= 0) return Fd(fd);
    if (errno == EINTR) continue;
    if (errno == ENOENT) return fail(Errc::kNotFound, path.string());
    return fail_errno(errno, "open " + path.string());
  }
}

Result<void> write_all(const Fd& file, std::string_view bytes, std::uint64_t offset,
                       const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t wrote =
        ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return fail_errno(errno, "write " + path.string());
    if (wrote == 0) return fail_errno(ENOSPC, "write " + path.string());
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
    offset += static_cast<std::uint64_t>(wrote);
  }
  return {};
}

Result<std::string> read_some(const Fd& file, std::uint64_t offset, std::size_t length,
                              const std::filesystem::path& path) {
  std::string bytes(length, '\0');
  std::size_t have = 0;
  while (have < length) {
    const ssize_t got =
        ::pread(file.get(), bytes.data() + have, length - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read " + path.string());
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

std::optional<std::string> read_cached(const Fd& file, std::uint64_t offset, std::size_t length) {
  std::string bytes(length, '\0');
  const iovec part = {bytes.data(), length};
  const ssize_t got = ::preadv2(file.get(), &part, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  // A short count may be the end of the file or the end of what is cached: the caller cannot tell.
  if (got < 0 || static_cast<std::size_t>(got) != length) return std::nullopt;
  return bytes;
}

Result<void> sync_data(const Fd& file, const std::filesystem::path& path) {
  // Never retried: after a failure the kernel forgets which pages were dirty, and a second call
  // succeeds.
  if (::fdatasync(file.get()) != 0) return fail_errno(errno, "fdatasync " + path.string());
  return {};
}

Result<void> sync_directory(const std::filesystem::path& path) {
  POSTERN_TRY(const Fd directory, open_file(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(directory.get()) != 0) return fail_errno(errno, "fsync " + path.string());
  return {};
}

Result<std::uint64_t> file_size(const Fd& file, const std::filesystem::path& path) {
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return fail_errno(errno, "stat " + path.string());
  return static_cast<std::uint64_t>(info.st_size);
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view bytes) {
  const std::filesystem::path fresh = path.string() + ".new";
  {
    POSTERN_TRY(const Fd file, open_file(fresh, O_WRONLY | O_CREAT | O_TRUNC));
    POSTERN_CHECK_OK(write_all(file, bytes, 0, fresh));
    POSTERN_CHECK_OK(sync_data(file, fresh));
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0)
    return fail_errno(errno, "rename " + fresh.string());
  return sync_directory(path.parent_path());
}

Result<std::string> read_whole(const std::filesystem::path& path) {
  POSTERN_TRY(const Fd file, open_file(path, O_RDONLY));
  POSTERN_TRY(const std::uint64_t size, file_size(file, path));
  return read_some(file, 0, static_cast<std::size_t>(size), path);
}

}  // namespace postern::engine
