#include "app/serve.h"

#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "app/bind.h"
#include "app/certificates.h"
#include "app/key_reader.h"
#include "app/notify.h"
#include "app/privileges.h"
#include "app/server.h"
#include "app/store.h"
#include "app/version.h"
#include "base/log.h"
#include "crypto/crypto.h"

namespace postern::app {
namespace {

// Blocked before any thread exists, so that every thread inherits it and only wait() takes them.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, number);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    signal(SIGPIPE, SIG_IGN);
  }
  [[nodiscard]] int wait() const {
    int number = 0;
    while (sigwait(&set_, &number) != 0) {
    }
    return number;
  }

 private:
  sigset_t set_{};
};

// Everything that may fail, in an order that leaves nothing behind when it does: what only reads
// comes first, then the listeners, then what is made.
Result<std::unique_ptr<Server>> start(const config::Settings& settings, BoundNames& names,
                                      std::optional<KeyReader>& keys) {
  POSTERN_TRY(const ServiceUser user,
              find_service_user(settings.server.user, settings.server.group));
  POSTERN_CHECK_OK(check_not_in_use(settings.server.data_dir));
  std::shared_ptr<const tls::TlsContext> tls;
  if (!settings.tls.certificates.empty()) {
    POSTERN_TRY(tls, load_configured(settings, nullptr, system_clock()));
  }
  // Before there is any other secret in memory or descriptor to inherit.
  POSTERN_TRY(KeyReader reader, KeyReader::start(certificate_files(settings), user));
  keys.emplace(std::move(reader));
  POSTERN_TRY(Listeners listeners, bind_listeners(settings, user));
  POSTERN_TRY(std::optional<crypto::Secret> found,
              prepare_store(settings, user, crypto::system_random()));
  raise_file_limit();
  POSTERN_CHECK_OK(drop_privileges(user));
  harden_process();  // after the change of user, which resets part of it
  POSTERN_TRY(crypto::Secret master_key,
              complete_key(settings, std::move(found), crypto::system_random()));

  namespace fs = std::filesystem;
  if (fs::path(settings.storage.master_key).parent_path() == fs::path(settings.server.data_dir)) {
    log_warn(
        "master_key_beside_data",
        {{"file", settings.storage.master_key},
         {"hint", "whoever takes the disk takes both; move it and name it in storage.master_key"}});
  }
  if (user.drop) log_info("privileges_dropped", {{"user", user.name}});

  ManualExecutor executor;
  POSTERN_TRY(Store store,
              run_blocking(executor, open_store(settings, std::move(master_key), system_clock(),
                                                crypto::system_random())));
  POSTERN_TRY(std::unique_ptr<Server> server,
              Server::create(settings, std::move(store), std::move(tls)));
  names = listeners.names();
  server->start(std::move(listeners));
  return server;
}

void reload(Server& server, const config::Request& request, KeyReader& keys) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  notify_service_manager("RELOADING=1\nMONOTONIC_USEC=" +
                         std::to_string(now.tv_sec * 1'000'000 + now.tv_nsec / 1000));
  const auto loaded = config::load(request, config::system_environment());
  if (!loaded.has_value()) {
    for (const config::Problem& problem : loaded.error()) {
      log_error("reload_failed", {{"where", problem.where}, {"detail", problem.text}});
    }
  } else if (const Result<void> result = server.reload(
                 loaded->settings, [&keys](const std::string& file) { return keys.read(file); });
             !result.has_value()) {
    log_error("reload_failed", {{"detail", result.error().detail}});
  } else {
    log_info("reloaded");
  }
  notify_service_manager("READY=1");
}

}  // namespace

int serve(const config::Request& request) {
  const Signals signals;
  umask(077);
  const auto loaded = config::load(request, config::system_environment());
  if (!loaded.has_value()) {
    std::fputs(config::format(loaded.error()).c_str(), stderr);
    return 1;
  }
  const config::Settings& settings = loaded->settings;
  set_log(settings.log.format, settings.log.level);

  BoundNames names;
  std::optional<KeyReader> keys;
  Result<std::unique_ptr<Server>> server = start(settings, names, keys);
  if (!server.has_value()) {
    std::fprintf(stderr, "postern: %s\n", server.error().detail.c_str());
    return 1;
  }
  log_info("ready",
           {{"version", kVersion}, {"config", loaded->file.empty() ? "none" : loaded->file}});
  std::puts(ready_line(names, getpid()).c_str());
  std::fflush(stdout);
  notify_service_manager("READY=1");

  for (int number = signals.wait(); number != SIGTERM && number != SIGINT;
       number = signals.wait()) {
    reload(**server, request, *keys);
  }
  log_info("stopping");
  notify_service_manager("STOPPING=1");
  if (!(*server)->drain()) {
    (*server)->stop_hard();
    std::_Exit(1);  // runs no destructor under the feet of what still runs
  }
  server->reset();
  log_info("stopped");
  return 0;
}

}  // namespace postern::app
