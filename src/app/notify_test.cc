#include "app/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace postern::app {
namespace {

TEST(Notify, TheReadyLineIsOneJsonObject) {
  EXPECT_EQ(
      ready_line({.imaps = {"127.0.0.1:9993"}, .lmtp = {"unix:/a b"}, .http = {}, .admin = {}}, 12),
      R"({"event":"ready","imaps":["127.0.0.1:9993"],"lmtp":["unix:/a b"],"http":[],"admin":[],"pid":12})");
}

TEST(Notify, TellsTheServiceManager) {
  const std::string path = testing::TempDir() + "notify_test." + std::to_string(getpid());
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.data(), path.size());
  unlink(path.c_str());
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  notify_service_manager("READY=1");
  unsetenv("NOTIFY_SOCKET");
  notify_service_manager("STOPPING=1");
  char buffer[64] = {};
  EXPECT_EQ(recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT), 7);
  EXPECT_STREQ(buffer, "READY=1");
  EXPECT_LT(recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT), 0);
  close(fd);
  unlink(path.c_str());
}

}  // namespace
}  // namespace postern::app
