#include "net/listener.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "net/test_support.h"
#include "tls/test_client.h"

namespace postern::net {
namespace {

using testing::connect_to;
using tls::testing::TemporaryDirectory;

TEST(Listener, PortZeroIsNamedByTheRealPort) {
  const auto listener = Listener::bind("127.0.0.1:0");
  ASSERT_TRUE(listener) << listener.error().detail;
  EXPECT_NE(listener->name(), "127.0.0.1:0");
  EXPECT_TRUE(connect_to(listener->name()).valid());
}

TEST(Listener, Ipv6AndIpv4ShareAPort) {
  const auto v6 = Listener::bind("[::]:0");
  if (!v6) {
    EXPECT_EQ(v6.error().code, Errc::kUnavailable) << v6.error().detail;
    GTEST_SKIP() << "no IPv6 here";
  }
  const std::string port = v6->name().substr(v6->name().rfind(':'));
  EXPECT_TRUE(Listener::bind("0.0.0.0" + port));
  EXPECT_TRUE(connect_to("[::1]" + port).valid());
}

TEST(Listener, APortInUseIsOneClearLine) {
  const auto first = Listener::bind("127.0.0.1:0");
  ASSERT_TRUE(first);
  const auto second = Listener::bind(first->name());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kInUse);
  EXPECT_TRUE(
      second.error().detail.starts_with("cannot listen on " + first->name() + ": another program"))
      << second.error().detail;
  EXPECT_EQ(second.error().detail.find('\n'), std::string::npos);
}

TEST(Listener, AnAddressOfAnotherMachineIsUnavailable) {
  const auto listener = Listener::bind("192.0.2.1:0");
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().code, Errc::kUnavailable);
}

TEST(Listener, AUnixSocketHasItsModeAndGoesWithTheListener) {
  const TemporaryDirectory dir;
  const std::string path = dir.path() + "/s";
  {
    const mode_t before = ::umask(077);
    const auto listener = Listener::bind("unix:" + path);
    ::umask(before);
    ASSERT_TRUE(listener) << listener.error().detail;
    EXPECT_EQ(listener->name(), "unix:" + path);
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0660u);
    EXPECT_TRUE(connect_to(listener->name()).valid());
  }
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

TEST(Listener, ReplacesAStaleSocketAndNothingElse) {
  const TemporaryDirectory dir;
  const std::string path = dir.path() + "/s";
  {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::strcpy(address.sun_path, path.c_str());
    const Fd left(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(left.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  const auto listener = Listener::bind("unix:" + path);
  ASSERT_TRUE(listener) << "nobody answers on what is left: " << listener.error().detail;
  const auto second = Listener::bind("unix:" + path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kInUse);
  EXPECT_TRUE(connect_to(listener->name()).valid()) << "the first one still serves";

  const std::string file = dir.path() + "/file";
  std::ofstream(file) << "precious";
  const auto third = Listener::bind("unix:" + file);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::kInvalid);
  EXPECT_EQ(::access(file.c_str(), F_OK), 0);
  const auto fourth = Listener::bind("unix:" + dir.path() + "/no/such/s");
  ASSERT_FALSE(fourth);
  EXPECT_NE(fourth.error().detail.find("create it"), std::string::npos);
}

}  // namespace
}  // namespace postern::net
