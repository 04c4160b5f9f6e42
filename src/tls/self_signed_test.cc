#include "tls/self_signed.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tls/certificate.h"
#include "tls/context.h"
#include "tls/test_client.h"

namespace postern::tls {
namespace {

class FixedClock final : public Clock {
 public:
  explicit FixedClock(std::int64_t seconds) : seconds_(seconds) {}
  TimePoint now() const override { return {}; }
  std::int64_t unix_seconds() const override { return seconds_; }
  std::int64_t unix_millis() const override { return seconds_ * 1000; }

 private:
  std::int64_t seconds_;
};

constexpr std::int64_t kDay = 86400;

TEST(SelfSigned, NamesTheHostAndTheLoopback) {
  const testing::TemporaryDirectory dir;
  const FixedClock clock(1'800'000'000);
  const auto made = ensure_self_signed(dir.path(), "Mail.Example.Org", clock);
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_TRUE(made->created);
  const auto info = load_certificate_info(made->certificate);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->dns_names, (std::vector<std::string>{"mail.example.org", "localhost"}));
  EXPECT_EQ(info->addresses, (std::vector<std::string>{"127.0.0.1", "::1"}));
  EXPECT_EQ(info->subject, "CN=mail.example.org");
  EXPECT_EQ(info->days_left(1'800'000'000), kSelfSignedDays - 1);
  EXPECT_LE(info->not_after - info->not_before, 397 * kDay);
  EXPECT_EQ(info->serial.size(), 32u);
  EXPECT_EQ(info->fingerprint.size(), 64u);
  struct stat status{};
  ASSERT_EQ(::stat(made->key.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(SelfSigned, KeepsAGoodPairAndReplacesOthers) {
  const testing::TemporaryDirectory dir;
  const std::int64_t start = 1'800'000'000;
  const auto first = ensure_self_signed(dir.path(), "a.example", FixedClock(start));
  ASSERT_TRUE(first && first->created);
  const std::string serial = load_certificate_info(first->certificate)->serial;

  auto again = ensure_self_signed(dir.path(), "a.example", FixedClock(start + 366 * kDay));
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->created) << "30 days left";
  EXPECT_EQ(load_certificate_info(first->certificate)->serial, serial);

  again = ensure_self_signed(dir.path(), "a.example", FixedClock(start + 367 * kDay));
  EXPECT_TRUE(again && again->created) << "29 days left";
  again = ensure_self_signed(dir.path(), "b.example", FixedClock(start + 367 * kDay));
  EXPECT_TRUE(again && again->created) << "another name";

  // A crash between the two files leaves a key that does not fit.
  const testing::TemporaryDirectory other;
  const auto pair = ensure_self_signed(other.path(), "b.example", FixedClock(start));
  ASSERT_TRUE(pair);
  std::filesystem::copy_file(pair->key, first->key,
                             std::filesystem::copy_options::overwrite_existing);
  again = ensure_self_signed(dir.path(), "b.example", FixedClock(start + 367 * kDay));
  EXPECT_TRUE(again && again->created);
  EXPECT_TRUE(TlsContext::load({.certificates = {{again->certificate, again->key}}}));
}

TEST(SelfSigned, ADirectoryThatCannotBeWrittenIsNamed) {
  const auto made = ensure_self_signed("/nonexistent/here", "a.example");
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().detail.find("/nonexistent/here"), std::string::npos);
}

TEST(SelfSigned, AHostNameThatIsNoneBecomesLocalhost) {
  const testing::TemporaryDirectory dir;
  const auto made = ensure_self_signed(dir.path(), "a,DNS:evil.example");
  ASSERT_TRUE(made);
  EXPECT_EQ(load_certificate_info(made->certificate)->dns_names,
            std::vector<std::string>{"localhost"});
}

TEST(CertificateInfo, CountsWholeDays) {
  CertificateInfo info{.not_after = 10 * kDay};
  EXPECT_EQ(info.days_left(9 * kDay), 1);
  EXPECT_EQ(info.days_left(9 * kDay + 1), 0);
  EXPECT_EQ(info.days_left(10 * kDay + 1), -1);
}

}  // namespace
}  // namespace postern::tls
