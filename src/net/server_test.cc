// Accepting, limits before login, and the order of a stop.
#include "net/server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <future>
#include <stdexcept>

#include "base/log.h"
#include "net/test_support.h"
#include "tls/test_client.h"

namespace postern::net {
namespace {

using namespace testing;
using tls::testing::TemporaryDirectory;

// "login" signs in, "throw" throws, "who" tells the peer, "quit" says goodbye; all else is echoed.
task<void> serve_lines(std::unique_ptr<Transport> stream, OnAuthenticated authenticated) {
  char buffer[256];
  for (;;) {
    const auto n = co_await stream->read(buffer, TimePoint::max());
    if (!n || *n == 0) co_return;
    std::string text(buffer, *n);
    if (text == "login") authenticated();
    if (text == "throw") throw std::runtime_error("as asked");
    if (text == "who") text = stream->peer().address + " " + std::to_string(stream->peer().uid);
    if (!co_await stream->write(text, soon())) co_return;
    if (text == "quit") {
      co_await stream->shutdown();
      co_return;
    }
  }
}

class ServerTest : public ::testing::Test {
 protected:
  std::string serve(const std::string& spec, ServeOptions options = {}) {
    auto listener = Listener::bind(spec);
    EXPECT_TRUE(listener) << listener.error().detail;
    const std::string name = listener->name();
    server_.serve(std::move(*listener), std::move(options), serve_lines);
    return name;
  }
  static std::string ask(const Fd& fd, std::string_view text) {
    if (!send_all(fd.get(), text)) return {};
    return read_some(fd.get());
  }
  LoopGroup loops_{2};
  AdmissionTable admission_{{.total = 5, .per_address = 3}};
  Server server_{loops_};
};

TEST_F(ServerTest, ServesTcpOfBothFamiliesAndUnixSockets) {
  const TemporaryDirectory dir;
  const Fd v4 = connect_to(serve("127.0.0.1:0"));
  EXPECT_EQ(ask(v4, "who"), "127.0.0.1 -1");
  const Fd local = connect_to(serve("unix:" + dir.path() + "/s"));
  EXPECT_EQ(ask(local, "who"), "unix " + std::to_string(::getuid()));
  if (Listener::bind("[::1]:0")) {
    const Fd v6 = connect_to(serve("[::1]:0"));
    EXPECT_EQ(ask(v6, "who"), "::1 -1");
  }
  EXPECT_GE(server_.connections(), 2u);
}

TEST_F(ServerTest, AnExceptionEndsOneConnection) {
  std::string logged;
  set_log_sink([&](LogLevel, std::string_view line) { logged += line; });
  const std::string name = serve("127.0.0.1:0");
  const Fd other = connect_to(name);
  const Fd fd = connect_to(name);
  EXPECT_EQ(ask(fd, "throw"), "");
  EXPECT_EQ(ask(other, "fine"), "fine");
  EXPECT_TRUE(eventually([&] { return server_.connections() == 1; }));
  set_log_sink(nullptr);
  EXPECT_NE(logged.find("as asked"), std::string::npos);
}

TEST_F(ServerTest, TheOldestStrangerMakesRoomAndWhoSignedInStays) {
  const std::string name = serve("127.0.0.1:0", {.admission = &admission_});
  const Fd signed_in = connect_to(name);
  EXPECT_EQ(ask(signed_in, "login"), "login");
  std::vector<Fd> strangers;
  for (int i = 0; i < 3; ++i) {
    strangers.push_back(connect_to(name));
    EXPECT_EQ(ask(strangers.back(), "x"), "x");
  }
  EXPECT_EQ(admission_.size(), 3u);
  const Fd one_more = connect_to(name);
  EXPECT_EQ(ask(one_more, "x"), "x");
  EXPECT_EQ(read_some(strangers[0].get()), "") << "closed to make room";
  EXPECT_EQ(ask(strangers[1], "x"), "x");
  EXPECT_EQ(ask(signed_in, "x"), "x");
  strangers.clear();
  EXPECT_TRUE(eventually([&] { return admission_.size() == 1; })) << "who ends is not counted";
}

TEST_F(ServerTest, AListenerLimitIsAnsweredInWords) {
  const std::string name =
      serve("127.0.0.1:0", {.max_connections = 2, .refusal = "421 4.3.2 Too many connections\r\n"});
  const Fd a = connect_to(name);
  const Fd b = connect_to(name);
  EXPECT_EQ(ask(a, "x"), "x");
  EXPECT_EQ(ask(b, "x"), "x");
  const Fd c = connect_to(name);
  EXPECT_EQ(read_all(c.get()), "421 4.3.2 Too many connections\r\n");
}

TEST_F(ServerTest, StopsInOrder) {
  const TemporaryDirectory dir;
  const std::string path = dir.path() + "/s";
  const std::string name = serve("unix:" + path);
  Fd leaving = connect_to(name);
  const Fd staying = connect_to(name);
  EXPECT_EQ(ask(leaving, "x"), "x");
  EXPECT_EQ(ask(staying, "x"), "x");
  server_.stop_accepting();
  EXPECT_FALSE(connect_to(name).valid());
  EXPECT_NE(::access(path.c_str(), F_OK), 0) << "the socket is gone";
  EXPECT_EQ(ask(leaving, "still"), "still") << "connections go on";
  EXPECT_EQ(ask(leaving, "quit"), "quit");
  leaving.reset();
  EXPECT_EQ(server_.finish(std::chrono::milliseconds(20)), 1u) << "one had to be aborted";
  EXPECT_EQ(read_some(staying.get()), "");
  EXPECT_EQ(server_.connections(), 0u);
  EXPECT_EQ(server_.finish(std::chrono::seconds(5)), 0u);
}

TEST_F(ServerTest, AStopDoesNotWaitForIdleConnectionsOfOperators) {
  const Fd mail = connect_to(serve("127.0.0.1:0"));
  const Fd idle = connect_to(serve("127.0.0.1:0", {.on_stop = OnStop::kAbort}));
  EXPECT_EQ(ask(mail, "x"), "x");
  EXPECT_EQ(ask(idle, "x"), "x");
  server_.stop_accepting();
  EXPECT_EQ(read_some(idle.get()), "");
  EXPECT_EQ(ask(mail, "x"), "x");
}

// A handler that waits for something else does not end by the abort of its transport.
task<void> wait_for(OneShot<bool> release, std::unique_ptr<Transport> stream) {
  co_await stream->write("x", soon());
  co_await release.wait();
}

TEST_F(ServerTest, IsNotDestroyedUnderARunningHandler) {
  set_log_sink([](LogLevel, std::string_view) {});
  auto server = std::make_unique<Server>(loops_);
  auto listener = Listener::bind("127.0.0.1:0");
  ASSERT_TRUE(listener.has_value());
  const std::string name = listener->name();
  const OneShot<bool> release;
  server->serve(std::move(*listener), {},
                [release](std::unique_ptr<Transport> stream, OnAuthenticated) {
                  return wait_for(release, std::move(stream));
                });
  const Fd fd = connect_to(name);
  EXPECT_EQ(read_some(fd.get()), "x");
  server->stop_accepting();
  EXPECT_EQ(server->finish(Duration::zero(), std::chrono::milliseconds(1)), 1u);
  EXPECT_EQ(server->connections(), 1u) << "the caller can tell";
  const auto destroyed = std::async(std::launch::async, [&] { server.reset(); });
  EXPECT_EQ(destroyed.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  release.set(true);
  destroyed.wait();
  set_log_sink(nullptr);
}

// The limit of open files is reached: the queue is emptied and service returns (threat-model M14).
TEST_F(ServerTest, RunningOutOfDescriptorsClosesAndRecovers) {
  std::atomic<int> errors{0};
  set_log_sink([&](LogLevel level, std::string_view line) {
    if (level == LogLevel::kError && line.find("accept_failed") != std::string_view::npos) ++errors;
  });
  const std::string name = serve("127.0.0.1:0");
  const Fd before = connect_to(name);
  EXPECT_EQ(ask(before, "x"), "x");
  const Fd unlucky(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  std::vector<Fd> hog;
  rlimit limit{}, old{};
  ::getrlimit(RLIMIT_NOFILE, &old);
  limit = old;
  limit.rlim_cur = 256;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  for (;;) {
    Fd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) break;
    hog.push_back(std::move(fd));
  }
  const ListenAddress address = *parse_listen_address(name);
  sockaddr_in to{.sin_family = AF_INET,
                 .sin_port = htons(address.port),
                 .sin_addr = {htonl(INADDR_LOOPBACK)},
                 .sin_zero = {}};
  ASSERT_EQ(::connect(unlucky.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  EXPECT_EQ(read_some(unlucky.get()), "") << "closed, not left hanging";
  EXPECT_EQ(ask(before, "x"), "x");
  hog.clear();
  ::setrlimit(RLIMIT_NOFILE, &old);
  // Who comes while the queue is still being closed is closed as well: try again, as clients do.
  std::string answer;
  for (int attempt = 0; attempt < 100 && answer.empty(); ++attempt)
    answer = ask(connect_to(name), "x");
  EXPECT_EQ(answer, "x");
  set_log_sink(nullptr);
  EXPECT_EQ(errors, 1);
}

TEST_F(ServerTest, ManyClientsAtOnce) {
  const std::string name = serve("127.0.0.1:0");
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const Fd fd = connect_to(name);
        if (ask(fd, "hello") == "hello") ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 200);
  EXPECT_TRUE(eventually([&] { return server_.connections() == 0; }));
}

}  // namespace
}  // namespace postern::net
