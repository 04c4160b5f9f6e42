#include "app/key_reader.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "app/privileges.h"

namespace postern::app {
namespace {

// LIMIT: of a file; a chain of twenty certificates is about 40 KB.
constexpr std::size_t kMaxFile = 1 << 20;
constexpr std::uint32_t kMostFiles = 10'000;

// Before the bytes of the file. A failed read has an errno and no bytes.
struct Answer {
  std::int32_t error = 0;
  std::uint32_t size = 0;
};

bool send_all(int fd, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    at += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool receive_all(int fd, void* data, std::size_t size) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = recv(fd, at, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

// 0 or an errno.
int read_whole(const char* file, std::string& text) {
  const Fd fd(open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return errno;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > kMaxFile) return EFBIG;
  }
  explicit_bzero(buffer.data(), buffer.size());
  return 0;
}

// Keeps CAP_DAC_READ_SEARCH over the change of user; everything else of root goes.
bool keep_reading_only(const ServiceUser& user) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
    return false;
  if (setgroups(0, nullptr) != 0 || setresgid(user.group, user.group, user.group) != 0 ||
      setresuid(user.user, user.user, user.user) != 0)
    return false;
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  constexpr std::uint32_t kRead = 1u << CAP_DAC_READ_SEARCH;
  sets[0].effective = sets[0].permitted = kRead;
  return syscall(SYS_capset, &header, sets.data()) == 0;
}

[[noreturn]] void serve_files(Fd socket, pid_t parent, const std::vector<std::string>& files,
                              const ServiceUser& user) {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  if (!keep_reading_only(user)) _exit(1);
  // After the change of user, which resets both.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent) _exit(1);
  const Fd nothing(open("/dev/null", O_RDWR));
  if (dup2(socket.get(), 3) != 3) _exit(1);
  for (const int standard : {0, 1, 2}) {
    if (dup2(nothing.get(), standard) < 0) _exit(1);
  }
  if (close_range(4, ~0u, 0) != 0) _exit(1);
  for (std::uint32_t place = 0; receive_all(3, &place, sizeof place);) {
    std::string text;
    Answer answer{.error = EINVAL, .size = 0};
    if (place < files.size()) answer.error = read_whole(files[place].c_str(), text);
    if (answer.error != 0) text.clear();
    answer.size = static_cast<std::uint32_t>(text.size());
    const bool sent = send_all(3, &answer, sizeof answer) && send_all(3, text.data(), text.size());
    explicit_bzero(text.data(), text.size());
    if (!sent) break;
  }
  _exit(0);
}

Result<std::string> read_here(const std::string& file) {
  std::string text;
  if (const int error = read_whole(file.c_str(), text); error != 0)
    return fail(Errc::kIo, std::strerror(error));
  return text;
}

}  // namespace

Result<KeyReader> KeyReader::start(std::vector<std::string> files, const ServiceUser& user) {
  KeyReader reader;
  if (files.empty() || files.size() > kMostFiles || !user.drop) return reader;
  std::array<int, 2> ends{-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail_errno(errno, "socketpair");
  Fd ours(ends[0]);
  Fd theirs(ends[1]);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return fail_errno(errno, "fork the reader of certificates");
  if (child == 0) {
    ours.reset();
    serve_files(std::move(theirs), parent, files, user);
  }
  // A child that hangs, on a network file system for example, does not hang a reload for long.
  const timeval patience{.tv_sec = 5, .tv_usec = 0};
  setsockopt(ours.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  reader.files_ = std::move(files);
  reader.socket_ = std::move(ours);
  return reader;
}

KeyReader::~KeyReader() = default;  // the child sees the end of its socket

Result<std::string> KeyReader::read(const std::string& file) {
  const auto at = std::find(files_.begin(), files_.end(), file);
  if (!socket_.valid() || at == files_.end()) return read_here(file);
  const auto place = static_cast<std::uint32_t>(at - files_.begin());
  Answer answer;
  std::string text;
  bool good = send_all(socket_.get(), &place, sizeof place) &&
              receive_all(socket_.get(), &answer, sizeof answer) && answer.size <= kMaxFile;
  if (good) {
    text.resize(answer.size);
    good = receive_all(socket_.get(), text.data(), text.size());
  }
  if (!good) {
    socket_.reset();  // what comes later would answer another question
    return fail(Errc::kIo, "the reader of certificates does not answer; restart the server");
  }
  if (answer.error != 0) return fail(Errc::kIo, std::strerror(answer.error));
  return text;
}

}  // namespace postern::app
