// TLS over the loopback: the handshake deadline, waits that see through records, bulk, memory.
#include <gtest/gtest.h>
#include <malloc.h>

#include <fstream>

#include "base/log.h"
#include "base/metrics.h"
#include "net/server.h"
#include "net/stream.h"
#include "net/test_support.h"
#include "tls/self_signed.h"
#include "tls/test_client.h"

namespace postern::net {
namespace {

using namespace testing;
using tls::testing::Client;
using tls::testing::ClientOptions;

// Waits as a session does, and answers each line; "bulk" is answered by 4 MiB.
struct Echo {
  Signal* signal = nullptr;
  std::atomic<int> signals{0};
  std::atomic<int> wakes{0};

  static task<void> run(Echo& self, std::unique_ptr<Transport> stream) {
    if (!co_await stream->write("* OK\r\n", soon())) co_return;
    for (;;) {
      const auto wake = co_await stream->wait(self.signal, TimePoint::max());
      if (!wake) co_return;
      ++self.wakes;
      if (*wake == Transport::Wake::kSignal) {
        if (self.signal->take()) ++self.signals;
        continue;
      }
      std::string text(32768, '\0');
      const auto n = co_await stream->read(text, soon());
      if (!n || *n == 0) break;
      text.resize(*n);
      if (text == "who") {
        text =
            stream->peer().tls_version + " " + stream->peer().tls_cipher + " " + stream->peer().sni;
      }
      if (text == "bulk") text = std::string(4 << 20, 'b');
      if (!co_await stream->write(text, soon())) co_return;
    }
    co_await stream->shutdown();
  }
};

class TlsStreamTest : public ::testing::Test {
 protected:
  TlsStreamTest() {
    set_log(LogFormat::kJson, LogLevel::kWarn);
    const auto made = tls::ensure_self_signed(dir_.path(), "a.example");
    slot_.set(*tls::TlsContext::load({.certificates = {{made->certificate, made->key}}}));
    serve({});
  }
  void serve(ServeOptions options) {
    options.tls = &slot_;
    auto listener = Listener::bind("127.0.0.1:0");
    name_ = listener->name();
    server_.serve(std::move(*listener), std::move(options),
                  [this](std::unique_ptr<Transport> stream, OnAuthenticated) {
                    return Echo::run(echo_, std::move(stream));
                  });
  }
  std::unique_ptr<Client> connect(const ClientOptions& options = {}) {
    auto client = std::make_unique<Client>(connect_to(name_).release(), options);
    EXPECT_TRUE(client->handshake()) << client->error();
    EXPECT_EQ(client->read(), "* OK\r\n");
    return client;
  }

  tls::testing::TemporaryDirectory dir_;
  tls::TlsContextSlot slot_{nullptr};
  Signal signal_;
  Echo echo_;
  LoopGroup loops_{2};
  Server server_{loops_};
  std::string name_;
};

TEST_F(TlsStreamTest, EchoesAndTellsWhatWasAgreed) {
  const auto client = connect(
      {.server_name = "a.example", .alpn = "\4imap", .trust = dir_.path() + "/self-signed.pem"});
  ASSERT_TRUE(client->write("who"));
  EXPECT_EQ(client->read(), "TLSv1.3 TLS_AES_128_GCM_SHA256 a.example");
  client->send_close_notify();
  EXPECT_EQ(client->read(), "");
  EXPECT_EQ(client->error(), "end") << "close_notify is answered in kind";
  const auto old = connect({.maximum = TLS1_2_VERSION});
  ASSERT_TRUE(old->write("who"));
  EXPECT_EQ(old->read(), "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384 ");
}

TEST_F(TlsStreamTest, AHalfClientHelloIsHeldNoLongerThanTheDeadline) {
  serve({.handshake_timeout = std::chrono::milliseconds(50)});
  const Fd fd = connect_to(name_);
  ASSERT_TRUE(send_all(fd.get(), std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(read_all(fd.get()), "");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_NE(render_metrics().find("postern_tls_handshake_failures_total{cause=\"timeout\"} 1"),
            std::string::npos);
}

TEST_F(TlsStreamTest, OneByteAtATimeDoesNotExtendTheDeadline) {
  serve({.handshake_timeout = std::chrono::milliseconds(100)});
  const Fd fd = connect_to(name_);
  ASSERT_TRUE(send_all(fd.get(), std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)));
  const auto begin = std::chrono::steady_clock::now();
  pollfd p{.fd = fd.get(), .events = POLLIN, .revents = 0};
  while (::poll(&p, 1, 10) == 0) {
    if (!send_all(fd.get(), "x")) break;
    ASSERT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  }
}

TEST_F(TlsStreamTest, PlainTextIsAnsweredByAnEnd) {
  const Fd fd = connect_to(name_);
  ASSERT_TRUE(send_all(fd.get(), "a1 LOGIN alice secret\r\n"));
  ::shutdown(fd.get(), SHUT_WR);
  EXPECT_TRUE(read_all(fd.get()).has_value());
  EXPECT_TRUE(eventually([&] { return server_.connections() == 0; }));
}

TEST_F(TlsStreamTest, ManyRecordsAtOnceAreAllSeen) {
  const auto client = connect();
  // Several records in one segment: after the first read the socket is empty, OpenSSL is not.
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    const std::string text = "line " + std::to_string(i) + "\r\n";
    ASSERT_TRUE(client->write(text));
    expected += text;
  }
  std::string got;
  while (got.size() < expected.size()) {
    const std::string more = client->read();
    ASSERT_NE(more, "");
    got += more;
  }
  EXPECT_EQ(got, expected);
}

TEST_F(TlsStreamTest, AKeyUpdateDoesNotLookLikeInput) {
  echo_.signal = &signal_;
  const auto client = connect();
  ASSERT_TRUE(client->write("x"));
  EXPECT_EQ(client->read(), "x");
  const int before = echo_.wakes;
  ASSERT_TRUE(client->key_update());
  signal_.notify();
  EXPECT_TRUE(eventually([&] { return echo_.signals == 1; }))
      << "the session is not stuck in a read";
  EXPECT_EQ(echo_.wakes, before + 1);
  ASSERT_TRUE(client->write("y"));
  EXPECT_EQ(client->read(), "y");
}

TEST_F(TlsStreamTest, BulkComesInFullRecordsAndAtTheReadersPace) {
  const auto client = connect();
  ASSERT_TRUE(client->write("bulk"));
  std::size_t got = 0;
  std::size_t reads = 0;
  while (got < (4u << 20)) {
    const std::string more = client->read(16384);
    ASSERT_NE(more, "");
    ASSERT_EQ(more.find_first_not_of('b'), std::string::npos);
    got += more.size();
    ++reads;
  }
  EXPECT_EQ(reads, (4u << 20) / 16384) << "every record is full";
}

TEST_F(TlsStreamTest, AReloadServesNewConnectionsAndKeepsOldOnes) {
  const auto old = connect();
  EXPECT_EQ(old->certificate_name(), "a.example");
  const auto made = tls::ensure_self_signed(dir_.below("b"), "b.example");
  slot_.set(*tls::TlsContext::load({.certificates = {{made->certificate, made->key}}},
                                   slot_.get().get()));
  EXPECT_EQ(connect()->certificate_name(), "b.example");
  ASSERT_TRUE(old->write("alive"));
  EXPECT_EQ(old->read(), "alive");
}

TEST_F(TlsStreamTest, AStopEndsHandshakesAtOnceAndSessionsLater) {
  const auto client = connect();
  const Fd fd = connect_to(name_);
  ASSERT_TRUE(eventually([&] { return server_.connections() == 2; }));
  server_.stop_accepting();
  EXPECT_EQ(read_all(fd.get()), "");
  ASSERT_TRUE(client->write("x"));
  EXPECT_EQ(client->read(), "x");
  EXPECT_EQ(server_.finish(Duration::zero()), 1u);
  EXPECT_EQ(server_.connections(), 0u);
}

// The program a person would use: versions and suites as another implementation of the client sees
// them.
TEST_F(TlsStreamTest, OpensslSClientAgrees) {
  const std::string port = name_.substr(name_.rfind(':') + 1);
  const auto run = [&](const std::string& arguments) {
    const std::string out = dir_.path() + "/s_client.txt";
    (void)std::system(("timeout 10 openssl s_client -connect 127.0.0.1:" + port + " " + arguments +
                       " < /dev/null > " + out + " 2>&1")
                          .c_str());
    std::ifstream in(out);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const std::string good =
      run("-tls1_3 -CAfile " + dir_.path() + "/self-signed.pem -verify_return_error");
  if (good.find("CONNECTED") == std::string::npos) GTEST_SKIP() << "no openssl program";
  EXPECT_NE(good.find("Verification: OK"), std::string::npos) << good;
  EXPECT_NE(good.find("Early data was not sent"), std::string::npos);
  const std::string compressed = run("-tls1_2 -comp");
  EXPECT_NE(compressed.find("Compression: NONE"), std::string::npos);
  EXPECT_NE(compressed.find("ECDHE-ECDSA"), std::string::npos);
  EXPECT_NE(run("-tls1_1 -cipher DEFAULT@SECLEVEL=0").find("no peer certificate"),
            std::string::npos);
  EXPECT_NE(run("-alpn h2").find("no application protocol"), std::string::npos);
}

// Loosely: what the allocator holds for one idle connection of the server. The client's objects are
// freed once they have done the handshake; their sockets stay open.
TEST_F(TlsStreamTest, PrintsTheMemoryOfIdleConnections) {
  constexpr std::size_t kCount = 400;
  {
    const auto warm = connect();
  }
  ASSERT_TRUE(eventually([&] { return server_.connections() == 0; }));
  const std::size_t before = mallinfo2().uordblks;
  std::vector<Fd> idle;
  for (std::size_t i = 0; i < kCount; ++i) idle.emplace_back(::dup(connect()->fd()));
  const std::size_t each = (mallinfo2().uordblks - before) / kCount;
  std::printf("an idle TLS connection holds %zu bytes on the heap\n", each);
  EXPECT_EQ(server_.connections(), kCount);
}

}  // namespace
}  // namespace postern::net
