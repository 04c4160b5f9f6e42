#include "cli/account_call.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "app/accounts.h"
#include "app/privileges.h"
#include "app/store.h"
#include "base/executor.h"
#include "crypto/crypto.h"

namespace postern::cli {
namespace {

namespace json = boost::json;

class ServerCall final : public AccountCall {
 public:
  explicit ServerCall(int fd) : fd_(fd) {}
  ~ServerCall() override { close(fd_); }
  ServerCall(const ServerCall&) = delete;
  ServerCall& operator=(const ServerCall&) = delete;

  Result<json::object> call(const json::object& request) override {
    const std::string line = json::serialize(request) + "\n";
    std::string_view rest = line;
    while (!rest.empty()) {
      const ssize_t sent = send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return fail_errno(errno, "the server's admin socket");
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::size_t end = 0;
    while ((end = buffer_.find('\n')) == std::string::npos) {
      char piece[4096];
      const ssize_t got = recv(fd_, piece, sizeof(piece), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail_errno(errno, "the server's admin socket");
      if (got == 0) return fail(Errc::kClosed, "the server closed its admin socket before it answered");
      buffer_.append(piece, static_cast<std::size_t>(got));
    }
    boost::system::error_code error;
    const json::value answer = json::parse(std::string_view(buffer_).substr(0, end), error);
    buffer_.erase(0, end + 1);
    if (error || !answer.is_object()) return fail(Errc::kInvalid, "the server's answer is not understood");
    return answer.get_object();
  }

 private:
  const int fd_;
  std::string buffer_;
};

class StoreCall final : public AccountCall {
 public:
  explicit StoreCall(app::Store store)
      : store_(std::move(store)), accounts_(*store_.mail, *store_.directory, [](AccountId) {}) {}

  Result<json::object> call(const json::object& request) override {
    return run_blocking(executor_, accounts_.handle(request));
  }

 private:
  ManualExecutor executor_;  // outlives the store, whose commits post to it
  app::Store store_;
  app::Accounts accounts_;
};

// The connected socket; an Error of kUnavailable when nobody listens.
Result<int> connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return fail(Errc::kInvalid, "the path is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno(errno, "socket");
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  const int error = errno;
  close(fd);
  if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR) {
    return fail(Errc::kUnavailable, "no server answers at unix:" + path);
  }
  return fail_errno(error, "connect to unix:" + path);
}

}  // namespace

Result<std::unique_ptr<AccountCall>> AccountCall::open_server(const config::Settings& settings) {
  if (settings.listen.admin.empty()) return fail(Errc::kUnavailable, "listen.admin names no socket");
  POSTERN_TRY(const int fd, connect_to(settings.listen.admin.front().path));
  return std::make_unique<ServerCall>(fd);
}

Result<std::unique_ptr<AccountCall>> AccountCall::open(const config::Settings& settings) {
  Result<std::unique_ptr<AccountCall>> server = open_server(settings);
  if (server.has_value() || server.error().code != Errc::kUnavailable) return server;

  const Result<void> free = app::check_not_in_use(settings.server.data_dir);
  if (!free.has_value()) {
    return fail(Errc::kInUse, free.error().detail + ", and " + server.error().detail +
                                  "; is listen.admin the same as the server's?");
  }
  POSTERN_TRY(const app::ServiceUser user, app::find_service_user(settings.server.user, settings.server.group));
  POSTERN_TRY(crypto::Secret key, app::prepare_store(settings, user, crypto::system_random()));
  POSTERN_CHECK_OK(app::drop_privileges(user));
  app::harden_process();
  ManualExecutor executor;
  POSTERN_TRY(app::Store store, run_blocking(executor, app::open_store(settings, std::move(key), system_clock(),
                                                                       crypto::system_random())));
  return std::make_unique<StoreCall>(std::move(store));
}

}  // namespace postern::cli
