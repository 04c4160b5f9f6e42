#include "app/privileges.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/fd.h"

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

namespace {

// As anyone would make them, whatever the umask is: the service user must get through.
Result<void> make_parents(const fs::path& path) {
  std::error_code error;
  if (path.empty() || fs::exists(path, error)) return {};
  POSTERN_CHECK_OK(make_parents(path.parent_path()));
  if (mkdir(path.c_str(), 0755) != 0) {
    if (errno == EEXIST) return {};
    return fail_errno(errno, "create directory " + path.string());
  }
  const Fd made(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!made.valid() || fchmod(made.get(), 0755) != 0)
    return fail_errno(errno, "chmod " + path.string());
  return {};
}

// In this order it needs no right over the files of others.
Result<void> give_away(const std::string& path, const ServiceUser& user, bool follow) {
  const Fd folder(
      open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)));
  struct stat info{};
  if (!folder.valid() || fstat(folder.get(), &info) != 0) return fail_errno(errno, "open " + path);
  if (info.st_uid == user.user) return {};  // of an earlier start
  if (fchmod(folder.get(), 0700) != 0) return fail_errno(errno, "chmod " + path);
  if (fchown(folder.get(), user.user, user.group) != 0) return fail_errno(errno, "chown " + path);
  return {};
}

}  // namespace

Result<void> prepare_directory(const std::string& path, const ServiceUser& user) {
  std::error_code error;
  const bool absent = !fs::exists(path, error);
  if (absent) {
    POSTERN_CHECK_OK(make_parents(fs::path(path).parent_path()));
    // Private from its first moment.
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
      return fail_errno(errno, "create directory " + path);
  } else if (!fs::is_directory(path, error)) {
    return fail(Errc::kIo, path + " is not a directory");
  }
  if (user.drop && (absent || fs::is_empty(path, error)))
    POSTERN_CHECK_OK(give_away(path, user, !absent));
  return {};
}

Result<void> drop_privileges(const ServiceUser& user) {
  if (!user.drop) return {};
  // Its own other groups: one of them may be what lets it read a renewed TLS key.
  if (initgroups(user.name.c_str(), user.group) != 0)
    return fail_errno(errno, "take the groups of " + user.name);
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
