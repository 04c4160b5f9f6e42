#include "auth/authenticator.h"

#include <sodium.h>

#include <atomic>

#include "auth/password.h"
#include "auth/verdict_cache.h"
#include "base/log.h"
#include "base/metrics.h"

namespace postern::auth {
namespace {

// What a name alone decides, before any password is looked at.
struct Subject {
  AuthReason reason = AuthReason::kOk;  // kOk: verify against `account`; else against the dummy
  RecordPtr account;
};

Subject find_subject(const Directory& directory, const AuthRequest& request) {
  const auto name = canonical_address(request.authcid);
  if (!name.has_value()) return {AuthReason::kMalformed, nullptr};
  if (!request.authzid.empty()) {
    // RFC 4616 §2: acting for someone else is asked for by another authzid; nobody may here.
    const auto other = canonical_address(request.authzid);
    if (!other.has_value() || *other != *name) return {AuthReason::kAuthzid, nullptr};
  }
  RecordPtr account = directory.find_login(*name);
  if (!account) return {AuthReason::kUnknownUser, nullptr};
  if (account->disabled) return {AuthReason::kDisabled, nullptr};
  if (account->password_hash.empty()) return {AuthReason::kWrongPassword, nullptr};
  return {AuthReason::kOk, std::move(account)};
}

constexpr std::string_view kOutcomeName = "postern_auth_total";
constexpr std::string_view kOutcomeHelp = "Password sign-ins by outcome";
// In the order of AuthReason.
std::array<Counter, 7> outcomes = {
    Counter(kOutcomeName, kOutcomeHelp, "outcome=\"ok\""),
    Counter(kOutcomeName, kOutcomeHelp, "outcome=\"unknown_user\""),
    Counter(kOutcomeName, kOutcomeHelp, "outcome=\"wrong_password\""),
    Counter(kOutcomeName, kOutcomeHelp, "outcome=\"disabled\""),
    Counter(kOutcomeName, kOutcomeHelp, "outcome=\"malformed\""),
    Counter(kOutcomeName, kOutcomeHelp, "outcome=\"authzid\""),
    Counter(kOutcomeName, kOutcomeHelp, "outcome=\"busy\""),
};
Counter hashes("postern_auth_hashes_total", "Password hashes verified");
Counter cache_hits("postern_auth_cache_hits_total", "Sign-ins answered from the verdict cache");

class PoolAuthenticator final : public Authenticator {
 public:
  PoolAuthenticator(Directory& directory, Random& random, const Options& options,
                    std::string dummy_hash)
      : directory_(directory),
        options_(options),
        dummy_hash_(std::move(dummy_hash)),
        cache_(random, options.cache_entries),
        pool_(options.hash_threads) {}

  task<AuthVerdict> check(AuthRequest request) override {
    AuthVerdict verdict = co_await decide(std::move(request));
    outcomes.at(static_cast<std::size_t>(verdict.reason)).add();
    if (verdict.cached) cache_hits.add();
    co_return verdict;
  }

  Result<std::string> hash(const crypto::Secret& password) const override {
    return hash_password(password, {.memory_kib = options_.memory_kib, .passes = options_.passes});
  }

 private:
  // Room in the queue, given back when the hash is done or the waiting coroutine is destroyed.
  class Place {
   public:
    explicit Place(std::atomic<std::size_t>& count) : count_(count) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { count_.fetch_sub(1, std::memory_order_relaxed); }

   private:
    std::atomic<std::size_t>& count_;
  };

  task<AuthVerdict> decide(AuthRequest request) {
    Subject subject = find_subject(directory_, request);
    if (subject.account && cache_.contains(*subject.account, request.password)) {
      co_return AuthVerdict{
          .reason = AuthReason::kOk, .account = std::move(subject.account), .cached = true};
    }

    // SECURITY: from here every request costs one hash, whatever the name was.
    if (waiting_.fetch_add(1, std::memory_order_relaxed) >= options_.max_waiting) {
      waiting_.fetch_sub(1, std::memory_order_relaxed);
      co_return AuthVerdict{.reason = AuthReason::kBusy};
    }
    const Place place(waiting_);
    const auto password = std::make_shared<const crypto::Secret>(std::move(request.password));
    const std::string stored = subject.account ? subject.account->password_hash : dummy_hash_;
    // Shared with the pool: the hash may outlive a session that is torn down while it waits.
    auto verify = [stored, password] {
      hashes.add();
      return verify_password(stored, *password);
    };
    const Match match = co_await pool_.run(std::move(verify));
    // Whatever the name was: no memory is not a wrong password.
    if (match == Match::kNoMemory) co_return AuthVerdict{.reason = AuthReason::kBusy};

    if (!subject.account) co_return AuthVerdict{.reason = subject.reason};
    if (match != Match::kRight) co_return AuthVerdict{.reason = AuthReason::kWrongPassword};
    // The credentials may have changed while the hash ran.
    RecordPtr now = directory_.find(subject.account->id);
    if (!now) co_return AuthVerdict{.reason = AuthReason::kUnknownUser};
    if (now->disabled) co_return AuthVerdict{.reason = AuthReason::kDisabled};
    if (now->epoch != subject.account->epoch)
      co_return AuthVerdict{.reason = AuthReason::kWrongPassword};
    cache_.remember(*now, *password);
    co_return AuthVerdict{.reason = AuthReason::kOk, .account = std::move(now)};
  }

  Directory& directory_;
  const Options options_;
  const std::string dummy_hash_;
  VerdictCache cache_;
  std::atomic<std::size_t> waiting_{0};
  ThreadPool pool_;  // last: its threads end before what they use
};

}  // namespace

std::string_view to_string(AuthReason reason) {
  switch (reason) {
    case AuthReason::kOk:
      return "ok";
    case AuthReason::kUnknownUser:
      return "unknown_user";
    case AuthReason::kWrongPassword:
      return "wrong_password";
    case AuthReason::kDisabled:
      return "disabled";
    case AuthReason::kMalformed:
      return "malformed";
    case AuthReason::kAuthzid:
      return "authzid";
    case AuthReason::kBusy:
      return "busy";
  }
  return "unknown";
}

std::unique_ptr<Authenticator> Authenticator::create(Directory& directory, Random& random,
                                                     Options options) {
  // The dummy has the cost of a real one, and a password that nobody knows.
  crypto::Secret nobody = crypto::Secret::zeroed(32);
  random.fill(nobody.bytes());
  Result<std::string> dummy =
      hash_password(nobody, {.memory_kib = options.memory_kib, .passes = options.passes});
  if (!dummy.has_value()) {
    log_error("auth_start_failed", {{"detail", dummy.error().detail}});
    return nullptr;
  }
  return std::make_unique<PoolAuthenticator>(directory, random, options, std::move(*dummy));
}

}  // namespace postern::auth
