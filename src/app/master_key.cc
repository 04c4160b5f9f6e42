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

// 64 hexadecimal digits that say which key it is and nothing about it.
std::string key_check(const crypto::Secret& key) {
  const crypto::Digest digest = crypto::hmac_sha256(key.view(), "postern master key check 1");
  return crypto::to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// `bytes` in place under `path`, complete or not at all, and never over another file.
Result<void> write_new_file(const std::string& path, std::string_view bytes,
                            const ServiceUser& owner) {
  // Complete and flushed under another name first; link() then puts it in place.
  const std::string temporary = path + ".new." + std::to_string(getpid());
  const File file(
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return fail_errno(errno, "make " + path);
  const Result<void> written = write_and_sync(path, file.get(), bytes);
  if (!written.has_value()) {
    unlink(temporary.c_str());
    return written;
  }
  const int linked = link(temporary.c_str(), path.c_str());
  const int link_error = errno;
  unlink(temporary.c_str());
  if (linked != 0 && link_error == EEXIST) return fail(Errc::kAlreadyExists, path + " exists");
  if (linked != 0) return fail_errno(link_error, "make " + path);
  // Given away last: a unit may have left root without the right to link the files of others.
  if (owner.drop && (fchown(file.get(), owner.user, owner.group) != 0 || fsync(file.get()) != 0))
    return fail_errno(errno, "chown " + path);

  const std::string folder = std::filesystem::path(path).parent_path().string();
  const File directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || fsync(directory.get()) != 0)
    return fail_errno(errno, "flush the folder of " + path);
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
    return fail(Errc::kInvalid, "the master key " + path + " is not a file of " +
                                    std::to_string(crypto::kKeySize) +
                                    " bytes; restore it from your copy");
  }
  return std::optional(crypto::Secret(bytes.view().substr(0, crypto::kKeySize)));
}

Result<void> check_master_key(const std::string& data_dir, const std::string& path,
                              const crypto::Secret& key) {
  const std::string check_path = data_dir + "/KEYCHECK";
  const File file(open(check_path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return {};  // the store itself will tell, or cannot be read at all
  char text[65] = {};
  const ssize_t got = read(file.get(), text, sizeof(text) - 1);
  if (got < 0) return fail_errno(errno, "read " + check_path);
  if (got == 64 && !crypto::equal_constant_time(text, key_check(key))) {
    return fail(Errc::kInvalid, "the master key " + path + " is not the one that the store in " +
                                    data_dir + " was written with");
  }
  return {};
}

Result<void> keep_key_check(const std::string& data_dir, const crypto::Secret& key) {
  const Result<void> written = write_new_file(data_dir + "/KEYCHECK", key_check(key) + "\n", {});
  if (!written.has_value() && written.error().code != Errc::kAlreadyExists) return written;
  return {};
}

Result<crypto::Secret> create_master_key(const std::string& path, const ServiceUser& owner,
                                         Random& random) {
  crypto::Secret key = crypto::Secret::zeroed(crypto::kKeySize);
  random.fill(key.bytes());
  POSTERN_CHECK_OK(write_new_file(path, key.view(), owner));
  return key;
}

}  // namespace postern::app
