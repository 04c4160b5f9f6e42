// KeyReader: reads renewed certificates and keys after the rights of root were given up.
//
// start() makes a small child process that keeps one right, to read files of others, and nothing
// else: no root, no new privileges, no descriptor but its socket. It takes no names, only places in
// the list that the configuration gave at the start, so whoever takes over the server gets what the
// server has in memory anyway. It ends with its parent.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace postern::app {

struct ServiceUser;

class KeyReader {
 public:
  KeyReader() = default;  // without a child: everything is read with the rights of now
  // Called as root, on the main thread before any other thread exists. `files`: as configured.
  [[nodiscard]] static Result<KeyReader> start(std::vector<std::string> files,
                                               const ServiceUser& user);
  KeyReader(KeyReader&&) noexcept = default;
  KeyReader& operator=(KeyReader&&) noexcept = default;
  ~KeyReader();

  // The whole file, at most 1 MiB; one that was not named at the start is read with the rights of
  // now. The error's detail is the reason alone. Main thread; waits a few seconds at most.
  [[nodiscard]] Result<std::string> read(const std::string& file);

 private:
  std::vector<std::string> files_;
  Fd socket_;  // invalid: no child
};

}  // namespace postern::app
