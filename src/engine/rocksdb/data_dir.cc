#include "engine/rocksdb/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>

#include "engine/rocksdb/format.h"

namespace postern::engine {
namespace {

constexpr std::string_view kVersionName = "postern-engine-rocksdb ";

Result<void> make_directory(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail_errno(errno, "create directory " + path.string());
}

Result<Fd> take_lock(const std::filesystem::path& dir) {
  const std::filesystem::path path = dir / "LOCK";
  POSTERN_TRY(Fd lock, open_file(path, O_RDWR | O_CREAT));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_errno(errno, "lock " + path.string());
    const auto text = read_some(lock, 0, 20, path);
    std::string holder = text.has_value() ? text->substr(0, text->find('\n')) : std::string();
    if (holder.empty() || holder.find_first_not_of("0123456789") != std::string::npos)
      holder = "(unknown)";
    return fail(Errc::kInUse, "data directory " + dir.string() + " is in use by process " + holder);
  }
  return lock;
}

// For people only: the lock is what counts, so this is not flushed.
Result<void> name_holder(const Fd& lock, const std::filesystem::path& dir) {
  const std::filesystem::path path = dir / "LOCK";
  if (::ftruncate(lock.get(), 0) != 0) return fail_errno(errno, "truncate " + path.string());
  return write_all(lock, std::to_string(::getpid()) + "\n", 0, path);
}

Result<void> check_version(const std::filesystem::path& dir) {
  const std::filesystem::path path = dir / "VERSION";
  const auto text = read_whole(path);
  if (!text.has_value()) {
    if (text.error().code != Errc::kNotFound) return std::unexpected(text.error());
    if (std::filesystem::exists(dir / "meta") || std::filesystem::exists(dir / "body")) {
      return fail(Errc::kCorrupt, "data directory " + dir.string() + " has no VERSION file");
    }
    return replace_file(path, std::string(kVersionName) + std::to_string(kFormatVersion) + "\n");
  }
  const std::string_view line = std::string_view(*text).substr(0, text->find('\n'));
  unsigned version = 0;
  const std::string_view digits = line.substr(std::min(kVersionName.size(), line.size()));
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (!line.starts_with(kVersionName) || error != std::errc() ||
      end != digits.data() + digits.size() || version == 0) {
    return fail(Errc::kCorrupt, path.string() + " is not a version of this engine");
  }
  if (version > kFormatVersion) {
    return fail(Errc::kInvalid, "data directory " + dir.string() + " has format " +
                                    std::to_string(version) +
                                    ", written by a newer Postern; this one knows formats up to " +
                                    std::to_string(kFormatVersion));
  }
  return {};
}

}  // namespace

Result<DataDir> DataDir::open(const std::filesystem::path& path) {
  DataDir dir;
  dir.path_ = path;
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(),
                                      error);  // a failure shows in the next call
  POSTERN_CHECK_OK(make_directory(path));
  POSTERN_TRY(dir.lock_, take_lock(path));
  POSTERN_CHECK_OK(check_version(path));
  POSTERN_CHECK_OK(name_holder(dir.lock_, path));  // only now: a refused start changes nothing
  POSTERN_CHECK_OK(make_directory(dir.meta()));
  POSTERN_CHECK_OK(make_directory(dir.body()));
  POSTERN_CHECK_OK(sync_directory(path));
  const bool meta = std::filesystem::exists(dir.meta() / "CURRENT", error);
  if (error) return fail_errno(error.value(), "look into " + dir.meta().string());
  const bool body_empty = std::filesystem::is_empty(dir.body(), error);
  if (error) return fail_errno(error.value(), "look into " + dir.body().string());
  if (!meta && !body_empty) {
    return fail(Errc::kCorrupt,
                "data directory " + path.string() + " has bodies but its metadata is missing");
  }
  dir.fresh_ = !meta;
  return dir;
}

}  // namespace postern::engine
