#include "app/master_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "crypto/crypto.h"

namespace postern::app {
namespace {

// Closes on every way out.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Result<void> write_and_sync(const std::string& path, int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, "write " + path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fsync(fd) != 0) return fail_errno(errno, "flush " + path);
  return {};
}

}  // namespace

Result<std::optional<crypto::Secret>> read_master_key(const std::string& path) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<crypto::Secret>();
    return fail_errno(errno, "read the master key " + path);
  }
  // One byte more than a key has, so that a longer file is seen as such.
  crypto::Secret bytes = crypto::Secret::zeroed(crypto::kKeySize + 1);
  const ssize_t got = read(file.get(), bytes.bytes().data(), bytes.size());
  if (got < 0) return fail_errno(errno, "read the master key " + path);
  if (got != static_cast<ssize_t>(crypto::kKeySize)) {
    return fail(Errc::kInvalid, "the master key " + path + " is not a file of " + std::to_string(crypto::kKeySize) +
                                    " bytes; restore it from your copy");
  }
  return std::optional(crypto::Secret(bytes.view().substr(0, crypto::kKeySize)));
}

Result<crypto::Secret> create_master_key(const std::string& path, const ServiceUser& owner, Random& random) {
  crypto::Secret key = crypto::Secret::zeroed(crypto::kKeySize);
  random.fill(key.bytes());
  // Complete and flushed under another name first; link() then puts it in place and never over another.
  const std::string temporary = path + ".new." + std::to_string(getpid());
  {
    const File file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0) return fail_errno(errno, "make the master key " + path);
    Result<void> written = write_and_sync(path, file.get(), key.view());
    if (written.has_value() && owner.drop && fchown(file.get(), owner.user, owner.group) != 0) {
      written = fail_errno(errno, "chown the master key " + path);
    }
    if (!written.has_value()) {
      unlink(temporary.c_str());
      return std::unexpected(written.error());
    }
  }
  const int linked = link(temporary.c_str(), path.c_str());
  const int link_error = errno;
  unlink(temporary.c_str());
  if (linked != 0 && link_error == EEXIST) return fail(Errc::kAlreadyExists, "the master key " + path + " exists");
  if (linked != 0) return fail_errno(link_error, "make the master key " + path);

  const std::string folder = std::filesystem::path(path).parent_path().string();
  const File directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || fsync(directory.get()) != 0) return fail_errno(errno, "flush the folder of " + path);
  return key;
}

}  // namespace postern::app
