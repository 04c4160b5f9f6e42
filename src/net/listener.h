// Listener: a bound, listening socket. Binding is apart from serving, so that a server started as
// root binds everything first, drops its privileges, and only then talks to strangers.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "net/address.h"

namespace postern::net {

class Listener {
 public:
  // Reads `spec` (net/address.h), binds and listens; port 0 takes a free port. "[::]" is IPv6 only.
  // A Unix socket has mode 0660; one that is there already is replaced only when nobody answers it.
  // Errors are one line that names the address and says what to do:
  //   kInUse        the port or the socket belongs to a running program
  //   kUnavailable  this machine does not have that address (no IPv6, for example)
  //   kNoPermission a port below 1024 without the right to it, or a directory that cannot be
  //   written kInvalid      `spec` is no address, or the path is taken by something that is no
  //   socket
  // `mode` is that of a socket file, whatever the umask is. Main thread: changes the umask for a
  // moment.
  [[nodiscard]] static Result<Listener> bind(std::string_view spec, mode_t mode = 0660);

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) noexcept = delete;
  // Closes, and removes the Unix socket unless another server has put its own there.
  ~Listener();

  // As bound, with the real port: "127.0.0.1:9993", "unix:/run/postern/lmtp.sock".
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] ListenAddress::Kind kind() const { return kind_; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  // The descriptor changes hands; name and Unix socket stay with the listener.
  [[nodiscard]] Fd take_fd() { return std::move(fd_); }

  // For a Unix socket bound as root: who may connect after privileges are dropped. No-op otherwise.
  [[nodiscard]] Result<void> set_owner(uid_t user, gid_t group) const;

 private:
  Listener(Fd fd, ListenAddress address);

  Fd fd_;
  std::string name_;
  ListenAddress::Kind kind_;
  std::string path_;  // of the Unix socket it removes, empty otherwise
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace postern::net
