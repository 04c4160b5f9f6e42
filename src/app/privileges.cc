#include "app/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace postern::app {

namespace fs = std::filesystem;

Result<ServiceUser> find_service_user(const std::string& user, const std::string& group) {
  ServiceUser result{.user = geteuid(), .group = getegid(), .name = user};
  if (geteuid() != 0) return result;
  const passwd* account = user.empty() ? nullptr : getpwnam(user.c_str());
  if (account == nullptr) {
    return fail(Errc::kInvalid,
                "started as root, and the user \"" + user +
                    "\" to become (server.user) does not exist; make it with: useradd --system "
                    "--user-group --no-create-home --shell /usr/sbin/nologin " +
                    (user.empty() ? "postern" : user));
  }
  result.user = account->pw_uid;
  const ::group* entry = group.empty() ? nullptr : getgrnam(group.c_str());
  if (entry == nullptr) {
    return fail(Errc::kInvalid,
                "started as root, and the group \"" + group +
                    "\" to become (server.group) does not exist; make it with: groupadd --system " +
                    (group.empty() ? "postern" : group));
  }
  result.group = entry->gr_gid;
  result.drop = result.user != 0;
  return result;
}

Result<void> prepare_directory(const std::string& path, const ServiceUser& user) {
  std::error_code error;
  const bool absent = !fs::exists(path, error);
  if (absent) {
    // Parents are made as anyone would make them, the directory itself private from its first
    // moment.
    fs::create_directories(fs::path(path).parent_path(), error);
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
      return fail_errno(errno, "create directory " + path);
  } else if (!fs::is_directory(path, error)) {
    return fail(Errc::kIo, path + " is not a directory");
  }
  if (user.drop && (absent || fs::is_empty(path, error))) {
    // In this order it needs no right over the files of others.
    if (chmod(path.c_str(), 0700) != 0) return fail_errno(errno, "chmod " + path);
    if (chown(path.c_str(), user.user, user.group) != 0) return fail_errno(errno, "chown " + path);
  }
  return {};
}

Result<void> drop_privileges(const ServiceUser& user) {
  if (!user.drop) return {};
  if (setgroups(0, nullptr) != 0) return fail_errno(errno, "drop supplementary groups");
  if (setresgid(user.group, user.group, user.group) != 0) return fail_errno(errno, "setresgid");
  if (setresuid(user.user, user.user, user.user) != 0) return fail_errno(errno, "setresuid");
  if (setuid(0) == 0)
    return fail(Errc::kInternal, "root could be regained after dropping to " + user.name);
  return {};
}

void harden_process() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#if !__has_feature(address_sanitizer)  // the leak checker attaches as a debugger does
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace postern::app
