// Privileges: from root to the service user, and what a process that holds mail should not do.
//
// Called on the main thread before any other thread exists.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace postern::app {

struct ServiceUser {
  uid_t user = 0;
  gid_t group = 0;
  std::string name;
  bool drop = false;  // started as root and to become someone else
};

// Who the process will be. Only root becomes someone else; then a user or group that does not exist
// is kInvalid, with what to do about it.
[[nodiscard]] Result<ServiceUser> find_service_user(const std::string& user,
                                                    const std::string& group);

// Makes `path` (0700) and its missing parents; a directory made here, or an empty one, goes to the
// service user when root makes it for him.
[[nodiscard]] Result<void> prepare_directory(const std::string& path, const ServiceUser& user);

// Becomes the service user, with the groups it is a member of and no way back.
[[nodiscard]] Result<void> drop_privileges(const ServiceUser& user);

// SECURITY: no core file and no debugger gets at keys and mail; nothing started from here gains
// rights.
void harden_process();
// As many open files as the system lets us have.
void raise_file_limit();

}  // namespace postern::app
