#include "cli/password_input.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "auth/address.h"
#include "crypto/crypto.h"

namespace postern::cli {
namespace {

constexpr std::size_t kLongest = 4096;  // LIMIT: of a password

Result<void> say(int fd, std::string_view text) {
  if (write(fd, text.data(), text.size()) < 0) return fail_errno(errno, "write to the terminal");
  return {};
}

// No echo while it lives.
class Quiet {
 public:
  explicit Quiet(int fd) : fd_(fd) {
    saved_ = tcgetattr(fd, &before_) == 0;
    if (!saved_) return;
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(fd, TCSAFLUSH, &now);
  }
  ~Quiet() {
    if (saved_) tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  int fd_;
  termios before_{};
  bool saved_ = false;
};

}  // namespace

Result<void> check_password(const crypto::Secret& password) {
  if (password.empty()) return fail(Errc::kInvalid, "the password is empty");
  if (password.view().find('\0') != std::string_view::npos)
    return fail(Errc::kInvalid, "the password holds a NUL");
  if (!auth::is_utf8(password.view())) return fail(Errc::kInvalid, "the password is not UTF-8");
  return {};
}

Result<crypto::Secret> read_password_line(int fd) {
  std::string line;
  line.reserve(kLongest + 1);  // never moved, so that no copy stays behind
  char c = 0;
  ssize_t got = 0;
  while ((got = read(fd, &c, 1)) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || c == '\n') break;
    if (line.size() == kLongest) {
      crypto::wipe(line);
      return fail(Errc::kTooBig,
                  "the password is longer than " + std::to_string(kLongest) + " bytes");
    }
    line += c;
  }
  if (got < 0) return fail_errno(errno, "read the password");
  crypto::Secret password(line);
  crypto::wipe(line);
  POSTERN_CHECK_OK(check_password(password));
  return password;
}

Result<crypto::Secret> ask_password_twice() {
  const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0)
    return fail(Errc::kInvalid, "there is no terminal to ask for a password; use --password-stdin");
  const auto ask = [&](std::string_view prompt) -> Result<crypto::Secret> {
    POSTERN_CHECK_OK(say(terminal, prompt));
    const Quiet quiet(terminal);
    Result<crypto::Secret> password = read_password_line(terminal);
    POSTERN_CHECK_OK(say(terminal, "\n"));
    return password;
  };
  Result<crypto::Secret> first = ask("Password: ");
  Result<crypto::Secret> second = first.has_value() ? ask("Again: ") : fail(Errc::kInvalid);
  close(terminal);
  if (!first.has_value()) return first;
  if (!second.has_value()) return second;
  if (!crypto::equal_constant_time(first->view(), second->view()))
    return fail(Errc::kInvalid, "the two differ");
  return first;
}

}  // namespace postern::cli
