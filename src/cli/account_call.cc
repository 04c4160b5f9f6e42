#include "cli/account_call.h"

#include "app/accounts.h"
#include "app/privileges.h"
#include "app/store.h"
#include "base/executor.h"
#include "crypto/crypto.h"
#include "http/admin_client.h"

namespace postern::cli {
namespace {

namespace json = boost::json;

class ServerCall final : public AccountCall {
 public:
  explicit ServerCall(http::AdminClient client) : client_(std::move(client)) {}

  Result<json::object> call(std::string_view verb, const json::object& arguments) override {
    return client_.call(verb, arguments);
  }

 private:
  http::AdminClient client_;
};

class StoreCall final : public AccountCall {
 public:
  explicit StoreCall(app::Store store)
      : store_(std::move(store)), accounts_(*store_.mail, *store_.directory, [](AccountId) {}) {}

  Result<json::object> call(std::string_view verb, const json::object& arguments) override {
    return run_blocking(executor_, accounts_.call(std::string(verb), arguments));
  }

 private:
  ManualExecutor executor_;  // outlives the store, whose commits post to it
  app::Store store_;
  app::Accounts accounts_;
};

}  // namespace

Result<std::unique_ptr<AccountCall>> AccountCall::open_server(const config::Settings& settings) {
  if (settings.listen.admin.empty())
    return fail(Errc::kUnavailable, "listen.admin names no socket");
  POSTERN_TRY(http::AdminClient client,
              http::AdminClient::connect(settings.listen.admin.front().text));
  return std::make_unique<ServerCall>(std::move(client));
}

Result<std::unique_ptr<AccountCall>> AccountCall::open(const config::Settings& settings) {
  Result<std::unique_ptr<AccountCall>> server = open_server(settings);
  if (server.has_value() || server.error().code != Errc::kUnavailable) return server;

  const Result<void> free = app::check_not_in_use(settings.server.data_dir);
  if (!free.has_value()) {
    return fail(Errc::kInUse, free.error().detail + ", and " + server.error().detail +
                                  "; is listen.admin the same as the server's?");
  }
  POSTERN_TRY(const app::ServiceUser user,
              app::find_service_user(settings.server.user, settings.server.group));
  POSTERN_TRY(std::optional<crypto::Secret> found,
              app::prepare_store(settings, user, crypto::system_random()));
  POSTERN_CHECK_OK(app::drop_privileges(user));
  app::harden_process();
  POSTERN_TRY(crypto::Secret key,
              app::complete_key(settings, std::move(found), crypto::system_random()));
  ManualExecutor executor;
  POSTERN_TRY(app::Store store,
              run_blocking(executor, app::open_store(settings, std::move(key), system_clock(),
                                                     crypto::system_random())));
  return std::make_unique<StoreCall>(std::move(store));
}

}  // namespace postern::cli
