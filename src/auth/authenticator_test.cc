#include "auth/authenticator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "auth/test_engine.h"
#include "base/ascii.h"
#include "base/executor.h"
#include "base/metrics.h"
#include "crypto/crypto.h"

namespace postern::auth {
namespace {

using crypto::Secret;

std::uint64_t hashes_verified() {
  static constexpr std::string_view kName = "\npostern_auth_hashes_total ";
  const std::string all = render_metrics();
  const std::size_t at = all.find(kName) + kName.size();
  return parse_decimal<std::uint64_t>(std::string_view(all).substr(at, all.find('\n', at) - at))
      .value_or(0);
}

class AuthenticatorTest : public testing::Test {
 protected:
  AuthenticatorTest() {
    start({.hash_threads = 1, .memory_kib = 8, .passes = 1, .cache_entries = 1000});
  }

  void start(Authenticator::Options options) {
    auto opened = run_blocking(
        executor_, Directory::open(engine_, key_, system_clock(), crypto::system_random()));
    ASSERT_TRUE(opened.has_value());
    authenticator_.reset();
    directory_ = std::move(*opened);
    authenticator_ = Authenticator::create(*directory_, crypto::system_random(), options);
    ASSERT_NE(authenticator_, nullptr);
  }
  AccountRecord add(std::string address, std::string_view password) {
    AccountRecord record;
    record.id = directory_->next_id();
    record.address = std::move(address);
    record.aliases = {"alias-" + record.address};
    record.password_hash = authenticator_->hash(Secret(password)).value_or("");
    return **run_blocking(executor_, directory_->add(std::move(record)));
  }
  Result<RecordPtr> update_on(ManualExecutor& executor, const AccountRecord& record) {
    return run_blocking(executor, directory_->update(record.id, [record](AccountRecord& current) {
      current = record;
      return Result<void>{};
    }));
  }
  void update(const AccountRecord& record) {
    ASSERT_TRUE(update_on(executor_, record).has_value());
  }
  AuthVerdict check(std::string user, std::string_view password, std::string authzid = {}) {
    AuthRequest request;
    request.authcid = std::move(user);
    request.authzid = std::move(authzid);
    request.password = Secret(password);
    return run_blocking(executor_, authenticator_->check(std::move(request)));
  }
  AuthReason reason(std::string user, std::string_view password, std::string authzid = {}) {
    return check(std::move(user), password, std::move(authzid)).reason;
  }

  ManualExecutor executor_;
  TestEngine engine_;
  Secret key_{"0123456789abcdef0123456789abcdef"};
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<Authenticator> authenticator_;
};

TEST_F(AuthenticatorTest, RightAndWrong) {
  add("ann@example.org", "right");
  const AuthVerdict first = check("ANN@example.org", "right");
  EXPECT_EQ(first.reason, AuthReason::kOk);
  EXPECT_FALSE(first.cached);
  ASSERT_NE(first.account, nullptr);
  EXPECT_EQ(first.account->address, "ann@example.org");
  EXPECT_TRUE(check("ann@example.org", "right").cached);
  const AuthVerdict wrong = check("ann@example.org", "wrong");
  EXPECT_EQ(wrong.reason, AuthReason::kWrongPassword);
  EXPECT_EQ(wrong.account, nullptr);
  EXPECT_EQ(reason("ann@example.org", ""), AuthReason::kWrongPassword);
  EXPECT_EQ(reason("bob@example.org", "right"), AuthReason::kUnknownUser);
  EXPECT_EQ(reason("alias-ann@example.org", "right"), AuthReason::kUnknownUser);
  EXPECT_EQ(reason("ann", "right"), AuthReason::kMalformed);
  EXPECT_EQ(reason("ann@example.org\xc3", "right"), AuthReason::kMalformed);
  EXPECT_EQ(reason("", ""), AuthReason::kMalformed);
}

TEST_F(AuthenticatorTest, AuthzidMustBeTheSameUser) {
  add("ann@example.org", "right");
  add("bob@example.org", "right");
  EXPECT_EQ(reason("ann@example.org", "right", "Ann@Example.org"), AuthReason::kOk);
  EXPECT_EQ(reason("ann@example.org", "right", "bob@example.org"), AuthReason::kAuthzid);
  EXPECT_EQ(reason("ann@example.org", "right", "ann"), AuthReason::kAuthzid);
}

TEST_F(AuthenticatorTest, AnImportedHashVerifies) {
  AccountRecord record = add("ann@example.org", "x");
  record.password_hash = "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";
  update(record);
  EXPECT_EQ(reason("ann@example.org", "Hello world!"), AuthReason::kOk);
  EXPECT_EQ(reason("ann@example.org", "x"), AuthReason::kWrongPassword);
}

TEST_F(AuthenticatorTest, NonAsciiPasswordsAreBytes) {
  add("ann@example.org", "gr\u00fcn");
  EXPECT_EQ(reason("ann@example.org", "gr\u00fcn"), AuthReason::kOk);
  EXPECT_EQ(reason("ann@example.org", "gr\xfcn"), AuthReason::kWrongPassword);
}

// bad-inputs A11: one path, one hash, whatever the name and the password are.
TEST_F(AuthenticatorTest, EveryRefusalCostsExactlyOneHash) {
  add("ann@example.org", "right");
  AccountRecord off = add("off@example.org", "right");
  off.disabled = true;
  update(off);
  AccountRecord none = add("none@example.org", "right");
  none.password_hash.clear();
  update(none);
  const std::string big(65'536, 'p');
  for (const char* user : {"ann@example.org", "nobody@example.org", "off@example.org",
                           "none@example.org", "malformed", ""}) {
    for (const std::string_view password :
         {std::string_view("wrong"), std::string_view(), std::string_view(big)}) {
      const std::uint64_t before = hashes_verified();
      EXPECT_NE(reason(user, password), AuthReason::kOk) << user;
      EXPECT_EQ(hashes_verified() - before, 1u) << user;
    }
  }
  const std::uint64_t before = hashes_verified();
  EXPECT_EQ(reason("off@example.org", "right"), AuthReason::kDisabled);
  EXPECT_EQ(reason("ann@example.org", "right", "off@example.org"), AuthReason::kAuthzid);
  EXPECT_EQ(hashes_verified() - before, 2u);
}

TEST_F(AuthenticatorTest, ACachedVerdictCostsNoHash) {
  add("ann@example.org", "right");
  EXPECT_EQ(reason("ann@example.org", "right"), AuthReason::kOk);
  const std::uint64_t before = hashes_verified();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(check("ann@example.org", "right").cached);
  EXPECT_EQ(hashes_verified(), before);
}

// bad-inputs A12: random users that share passwords, changes in between; the model is a plain map.
TEST_F(AuthenticatorTest, TheCacheNeverChangesAVerdict) {
  struct User {
    std::string password;
    bool disabled = false, removed = false;
  };
  std::mt19937 random(7);
  const std::vector<std::string> passwords = {"p1", "p2", "p3", ""};
  std::map<std::string, User> model;
  for (int i = 0; i < 5; ++i) {
    const std::string address = "user" + std::to_string(i) + "@example.org";
    model[address].password = passwords[random() % passwords.size()];
    add(address, model[address].password);
  }
  for (int step = 0; step < 3000; ++step) {
    auto it = std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size()));
    auto& [address, user] = *it;
    switch (random() % 20) {
      case 0: {
        user.password = passwords[random() % passwords.size()];
        if (user.removed) break;
        AccountRecord record = *directory_->find_login(address);
        record.password_hash = *authenticator_->hash(Secret(user.password));
        update(record);
        break;
      }
      case 1: {
        if (user.removed) break;
        user.disabled = !user.disabled;
        AccountRecord record = *directory_->find_login(address);
        record.disabled = user.disabled;
        update(record);
        break;
      }
      case 2: {
        if (user.removed) {
          add(address, user.password);
          user.disabled = false;
        } else {
          ASSERT_TRUE(
              run_blocking(executor_, directory_->remove(directory_->find_login(address)->id))
                  .has_value());
        }
        user.removed = !user.removed;
        break;
      }
      default: {
        const std::string& password = passwords[random() % passwords.size()];
        const bool expected = !user.removed && !user.disabled && password == user.password;
        EXPECT_EQ(reason(address, password) == AuthReason::kOk, expected)
            << address << " step " << step;
      }
    }
  }
}

TEST_F(AuthenticatorTest, AChangeWhileTheHashRunsWins) {
  start(
      {.hash_threads = 1, .max_waiting = 8, .memory_kib = 8192, .passes = 40, .cache_entries = 10});
  AccountRecord ann = add("ann@example.org", "right");
  auto body = [](Authenticator& auth, AuthRequest r,
                 std::optional<AuthVerdict>& out) -> task<void> {
    out = co_await auth.check(std::move(r));
  };
  bool raced = false;
  // A thread that is kept waiting for longer than the hash takes sees its verdict too early: that
  // round says nothing, and the next one is tried under another epoch.
  for (int round = 0; round < 20 && !raced; ++round) {
    AuthRequest request;
    request.authcid = "ann@example.org";
    request.password = Secret("right");
    std::optional<AuthVerdict> verdict;
    spawn(executor_, body(*authenticator_, std::move(request), verdict), [](std::exception_ptr) {});
    executor_.run_ready();  // submits the hash; the answer waits for this executor
    raced = !verdict.has_value();
    ann.disabled = true;
    // The change is made on an executor of its own, before the verdict is taken up here.
    ManualExecutor other;
    ASSERT_TRUE(update_on(other, ann).has_value());
    executor_.run_until([&] { return verdict.has_value(); });
    if (raced) {
      EXPECT_EQ(verdict->reason, AuthReason::kDisabled);
    }
    ann.disabled = false;
    update(ann);
  }
  ASSERT_TRUE(raced);
  EXPECT_FALSE(check("ann@example.org", "right").cached);
}

TEST_F(AuthenticatorTest, BeyondTheQueueIsBusyNotWrong) {
  // Many passes: the first hash must not end while the test is still asking for the others.
  start(
      {.hash_threads = 1, .max_waiting = 2, .memory_kib = 8192, .passes = 40, .cache_entries = 10});
  add("ann@example.org", "right");
  EXPECT_EQ(reason("ann@example.org", "right"), AuthReason::kOk);
  std::vector<AuthReason> reasons;
  auto body = [](Authenticator& auth, std::string password,
                 std::vector<AuthReason>& out) -> task<void> {
    AuthRequest request;
    request.authcid = "ann@example.org";
    request.password = Secret(password);
    const AuthVerdict verdict = co_await auth.check(std::move(request));
    out.push_back(verdict.reason);
  };
  for (int i = 0; i < 3; ++i)
    spawn(executor_, body(*authenticator_, "wrong", reasons), [](std::exception_ptr) {});
  spawn(executor_, body(*authenticator_, "right", reasons), [](std::exception_ptr) {});
  executor_.run_until([&] { return reasons.size() == 4; });
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), AuthReason::kBusy), 1);
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), AuthReason::kWrongPassword), 2);
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), AuthReason::kOk), 1)
      << "a remembered one never waits";
  EXPECT_EQ(reason("ann@example.org", "wrong"), AuthReason::kWrongPassword)
      << "the places were given back";
}

// bad-inputs A6: a hundred right sign-ins in parallel are a hundred OKs.
TEST_F(AuthenticatorTest, AHundredInParallel) {
  std::vector<std::string> users;
  for (int i = 0; i < 100; ++i) {
    users.push_back("user" + std::to_string(i) + "@example.org");
    add(users.back(), "pw" + std::to_string(i));
  }
  int ok = 0, done = 0;
  auto body = [](Authenticator& auth, std::string user, std::string password, int& good,
                 int& all) -> task<void> {
    AuthRequest request;
    request.authcid = user;
    request.password = Secret(password);
    const AuthVerdict verdict = co_await auth.check(std::move(request));
    good += verdict.reason == AuthReason::kOk && verdict.account->address == user ? 1 : 0;
    ++all;
  };
  for (int i = 0; i < 100; ++i) {
    spawn(executor_,
          body(*authenticator_, users[static_cast<std::size_t>(i)], "pw" + std::to_string(i), ok,
               done),
          [](std::exception_ptr) {});
  }
  executor_.run_until([&] { return done == 100; });
  EXPECT_EQ(ok, 100);
}

// bad-inputs A11 as a measurement: Welch's t over interleaved attempts. By hand, on a quiet
// machine: POSTERN_TIMING=2000 build/release/.../postern_auth_test --gtest_filter='*Welch*'
TEST_F(AuthenticatorTest, WelchFindsNoDifferenceBetweenRefusals) {
  const char* wanted = std::getenv("POSTERN_TIMING");
  if (wanted == nullptr)
    GTEST_SKIP() << "since 2026-11-20, a measurement for a quiet machine: set POSTERN_TIMING to "
                    "the attempts per case";
  const std::size_t rounds = parse_decimal<std::size_t>(wanted).value_or(500);
  start({.hash_threads = 1});
  add("ann@example.org", "right");
  AccountRecord off = add("off@example.org", "right");
  off.disabled = true;
  update(off);
  const std::vector<std::string> users = {"ann@example.org", "nob@example.org", "off@example.org",
                                          "malformed"};
  const std::vector<std::string> passwords = {"wrong", "", std::string(65'536, 'p')};
  std::mt19937 random(1);
  for (const std::string& password : passwords) {
    std::vector<std::vector<double>> times(users.size());
    for (std::size_t round = 0; round < rounds; ++round) {
      std::vector<std::size_t> order = {0, 1, 2, 3};
      std::shuffle(order.begin(), order.end(), random);
      for (const std::size_t who : order) {
        const TimePoint start_time = system_clock().now();
        (void)check(users[who], password);
        times[who].push_back(
            std::chrono::duration<double, std::micro>(system_clock().now() - start_time).count());
      }
    }
    const auto moments = [](const std::vector<double>& values) {
      double mean = 0, square = 0;
      for (const double v : values) mean += v / static_cast<double>(values.size());
      for (const double v : values) square += (v - mean) * (v - mean);
      return std::pair{mean, square / static_cast<double>(values.size() - 1) /
                                 static_cast<double>(values.size())};
    };
    for (std::size_t a = 0; a < users.size(); ++a) {
      for (std::size_t b = a + 1; b < users.size(); ++b) {
        const auto [mean_a, var_a] = moments(times[a]);
        const auto [mean_b, var_b] = moments(times[b]);
        const double t = (mean_a - mean_b) / std::sqrt(var_a + var_b);
        EXPECT_LT(std::abs(t), 4.5)
            << users[a] << " / " << users[b] << " password of " << password.size()
            << " octets: " << mean_a << " us, " << mean_b << " us";
      }
    }
  }
}

}  // namespace
}  // namespace postern::auth
