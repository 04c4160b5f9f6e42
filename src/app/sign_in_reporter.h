// SignInReporter: one connection's authenticator, which tells the listener when its client has
// signed in, so that the limits for strangers no longer count it.
#pragma once

#include "auth/authenticator.h"
#include "net/server.h"

namespace postern::app {

class SignInReporter final : public auth::Authenticator {
 public:
  SignInReporter(auth::Authenticator& authenticator, net::OnAuthenticated on_authenticated)
      : authenticator_(authenticator), on_authenticated_(std::move(on_authenticated)) {}

  task<auth::AuthVerdict> check(auth::AuthRequest request) override {
    auth::AuthVerdict verdict = co_await authenticator_.check(std::move(request));
    if (verdict.reason == auth::AuthReason::kOk && on_authenticated_)
      std::exchange(on_authenticated_, {})();
    co_return verdict;
  }
  [[nodiscard]] Result<std::string> hash(const crypto::Secret& password) const override {
    return authenticator_.hash(password);
  }

 private:
  auth::Authenticator& authenticator_;
  net::OnAuthenticated on_authenticated_;  // empty once called
};

}  // namespace postern::app
