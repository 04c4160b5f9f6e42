// The TLS policy, seen from a client: versions, suites, SNI, ALPN, tickets, floods, and load
// errors.
#include "tls/context.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/log.h"
#include "tls/connection.h"
#include "tls/self_signed.h"
#include "tls/test_client.h"

namespace postern::tls {
namespace {

using Status = TlsConnection::Status;
using testing::Client;
using testing::ClientOptions;

// A server on one end of a socket pair: handshake, then echo in upper-case "got" lines until the
// end.
class Server {
 public:
  explicit Server(std::shared_ptr<const TlsContext> context) {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
    client_fd_ = fds[0];
    fd_ = fds[1];
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    thread_ =
        std::thread([this, context = std::move(context)]() mutable { run(std::move(context)); });
  }
  ~Server() { join(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  int client_fd() const { return client_fd_; }

  // Valid after join().
  TlsFailure failure = TlsFailure::kNone;
  std::string error, version, cipher, server_name;
  bool resumed = false;
  bool orderly = false;

 private:
  void wait_for(Status status) const {
    pollfd p{.fd = fd_,
             .events = static_cast<short>(status == Status::kWantRead ? POLLIN : POLLOUT),
             .revents = 0};
    ::poll(&p, 1, 10'000);
  }
  void run(std::shared_ptr<const TlsContext> context) {
    auto accepted = TlsConnection::accept(std::move(context), fd_);
    TlsConnection connection = std::move(*accepted);
    serve(connection);
    failure = connection.failure();
    error = connection.error();
    ::close(fd_);
  }
  void serve(TlsConnection& connection) {
    Status status;
    while ((status = connection.handshake()) == Status::kWantRead || status == Status::kWantWrite) {
      wait_for(status);
    }
    if (status != Status::kOk) return;
    version = connection.version();
    cipher = connection.cipher();
    server_name = connection.server_name();
    resumed = connection.resumed();
    char buffer[16384];
    for (;;) {
      const auto io = connection.read(buffer);
      if (io.status == Status::kWantRead || io.status == Status::kWantWrite) {
        wait_for(io.status);
        continue;
      }
      orderly = io.status == Status::kEnd;
      if (io.status != Status::kOk) return;
      std::string_view left(buffer, io.bytes);
      while (!left.empty()) {
        const auto out = connection.write(left);
        if (out.status == Status::kFailed) return;
        if (out.status == Status::kOk) {
          left.remove_prefix(out.bytes);
        } else {
          wait_for(out.status);
        }
      }
    }
  }

  int fd_ = -1, client_fd_ = -1;
  std::thread thread_;
};

class ContextTest : public ::testing::Test {
 protected:
  void SetUp() override { set_log(LogFormat::kJson, LogLevel::kWarn); }
  CertificateFiles certificate(const std::string& name) {
    const auto made = ensure_self_signed(dir_.below(name), name);
    return {made->certificate, made->key};
  }
  std::shared_ptr<const TlsContext> context(const std::string& minimum = "1.2") {
    auto loaded = TlsContext::load(
        {.certificates = {certificate("a.example"), certificate("b.example")}, .minimum = minimum});
    EXPECT_TRUE(loaded) << loaded.error().detail;
    return *loaded;
  }
  testing::TemporaryDirectory dir_;
};

struct Outcome {
  bool connected = false;
  bool echoed = false;
  std::string client_error, certificate;
  testing::SessionPtr session;
  bool resumed = false;
};

Outcome exchange(Server& server, const ClientOptions& options) {
  Outcome out;
  {
    Client client(server.client_fd(), options);
    out.connected = client.handshake();
    if (out.connected) {
      out.echoed = client.write("hello") && client.read() == "hello";
      out.certificate = client.certificate_name();
      out.resumed = client.resumed();
      client.send_close_notify();
    }
    out.client_error = client.error();
    out.session = client.session();
  }
  server.join();
  return out;
}

TEST_F(ContextTest, SpeaksTls13And12) {
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    Server server(context());
    const Outcome out = exchange(server, {.minimum = version, .maximum = version});
    EXPECT_TRUE(out.echoed) << out.client_error;
    EXPECT_EQ(server.version, version == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2");
    EXPECT_EQ(server.cipher, version == TLS1_3_VERSION ? "TLS_AES_128_GCM_SHA256"
                                                       : "ECDHE-ECDSA-AES256-GCM-SHA384");
    EXPECT_TRUE(server.orderly);
  }
}

TEST_F(ContextTest, RefusesOldVersions) {
  Server server(context());
  const Outcome out = exchange(server, {.minimum = TLS1_VERSION, .maximum = TLS1_1_VERSION});
  EXPECT_FALSE(out.connected);
  EXPECT_EQ(server.failure, TlsFailure::kVersion) << server.error;
}

TEST_F(ContextTest, MinimumCanBe13) {
  Server server(context("1.3"));
  const Outcome out = exchange(server, {.maximum = TLS1_2_VERSION});
  EXPECT_FALSE(out.connected);
  EXPECT_EQ(server.failure, TlsFailure::kVersion) << server.error;
}

TEST_F(ContextTest, RefusesSuitesWithoutAeadOrForwardSecrecy) {
  for (const char* suites : {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA",
                             "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM"}) {
    Server server(context());
    const Outcome out = exchange(server, {.maximum = TLS1_2_VERSION, .ciphers = suites});
    EXPECT_FALSE(out.connected) << suites;
    EXPECT_EQ(server.failure, TlsFailure::kCipher) << suites << ": " << server.error;
  }
}

TEST_F(ContextTest, ChoosesTheCertificateByServerName) {
  const auto both = context();
  const std::pair<const char*, const char*> cases[] = {
      {"", "a.example"},          {"a.example", "a.example"}, {"b.example", "b.example"},
      {"B.EXAMPLE", "b.example"}, {"c.example", "a.example"}, {"../../x", "a.example"},
      {"192.0.2.1", "a.example"}};
  for (const auto& [asked, expected] : cases) {
    Server server(both);
    const Outcome out = exchange(server, {.server_name = asked});
    EXPECT_EQ(out.certificate, expected) << asked;
  }
}

TEST_F(ContextTest, TheSelfSignedCertificateVerifies) {
  const auto files = certificate("a.example");
  Server server(context());
  const Outcome out = exchange(server, {.server_name = "a.example", .trust = files.certificate});
  EXPECT_TRUE(out.echoed) << out.client_error;
  EXPECT_EQ(server.server_name, "a.example");
}

TEST_F(ContextTest, AlpnIsImapOrNothing) {
  for (const char* good : {"\4imap", "\2h2\4imap"}) {
    Server server(context());
    EXPECT_TRUE(exchange(server, {.alpn = good}).echoed) << good;
  }
  for (const char* bad : {"\2h2", "\10http/1.1", "\4smtp", "\4IMAP", "\3ima"}) {
    Server server(context());
    const Outcome out = exchange(server, {.alpn = bad});
    EXPECT_FALSE(out.connected) << bad;
    EXPECT_EQ(out.client_error, "tlsv1 alert no application protocol") << bad;
    EXPECT_EQ(server.failure, TlsFailure::kAlpn) << server.error;
  }
}

TEST_F(ContextTest, TicketsResumeUnderTheirCertificateOnly) {
  const auto both = context();
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    Server first(both);
    const Outcome a =
        exchange(first, {.minimum = version, .maximum = version, .server_name = "a.example"});
    ASSERT_TRUE(a.echoed);
    ASSERT_NE(a.session, nullptr);
    EXPECT_FALSE(first.resumed);
    Server second(both);
    const Outcome again = exchange(second, {.minimum = version,
                                            .maximum = version,
                                            .server_name = "a.example",
                                            .resume = a.session.get()});
    EXPECT_TRUE(again.echoed);
    EXPECT_TRUE(second.resumed && again.resumed);
    // bad-inputs A15: a ticket of one host shown to another.
    Server other(both);
    const Outcome b = exchange(other, {.minimum = version,
                                       .maximum = version,
                                       .server_name = "b.example",
                                       .resume = a.session.get()});
    EXPECT_TRUE(b.echoed) << b.client_error;
    EXPECT_FALSE(other.resumed);
    EXPECT_EQ(b.certificate, "b.example");
  }
}

TEST_F(ContextTest, AReloadKeepsTicketKeysAndARestartDoesNot) {
  const TlsConfig config{.certificates = {certificate("a.example")}};
  const auto before = *TlsContext::load(config);
  Server first(before);
  const Outcome a = exchange(first, {});
  ASSERT_NE(a.session, nullptr);
  Server reloaded(*TlsContext::load(config, before.get()));
  EXPECT_TRUE(exchange(reloaded, {.resume = a.session.get()}).resumed);
  Server restarted(*TlsContext::load(config));
  const Outcome out = exchange(restarted, {.resume = a.session.get()});
  EXPECT_TRUE(out.echoed);
  EXPECT_FALSE(out.resumed);
}

TEST_F(ContextTest, RenegotiationEndsTheConnection) {
  Server server(context());
  {
    Client client(server.client_fd(), {.maximum = TLS1_2_VERSION});
    ASSERT_TRUE(client.handshake());
    EXPECT_FALSE(client.renegotiate());
  }
  server.join();
  EXPECT_EQ(server.failure, TlsFailure::kAbuse) << server.error;
  EXPECT_EQ(server.error, "renegotiation");
}

TEST_F(ContextTest, KeyUpdatesWorkAndAFloodIsCut) {
  Server server(context());
  {
    Client client(server.client_fd(), {});
    ASSERT_TRUE(client.handshake());
    for (std::uint64_t i = 0; i < TlsConnection::kMaxKeyUpdates; ++i) {
      ASSERT_TRUE(client.key_update()) << i;
    }
    ASSERT_TRUE(client.write("still"));
    EXPECT_EQ(client.read(), "still") << "at the limit everything works";
    (void)client.key_update();
    (void)client.write("over");
    EXPECT_EQ(client.read(), "");
  }
  server.join();
  EXPECT_EQ(server.failure, TlsFailure::kAbuse);
  EXPECT_EQ(server.error, "too many key updates");
}

TEST_F(ContextTest, PlainTextIsCalledSo) {
  for (const std::string text :
       {"GET / HTTP/1.0\r\n\r\n", "a1 LOGIN alice secret\r\n", "EHLO mail.example\r\n"}) {
    Server server(context());
    ASSERT_EQ(::send(server.client_fd(), text.data(), text.size(), 0),
              static_cast<ssize_t>(text.size()));
    ::shutdown(server.client_fd(), SHUT_WR);
    server.join();
    ::close(server.client_fd());
    EXPECT_EQ(server.failure, TlsFailure::kNotTls) << text << server.error;
  }
}

TEST_F(ContextTest, AnEndlessHandshakeIsCut) {
  Server server(context());
  // Records of a ClientHello that claims 16 MB.
  std::string record("\x16\x03\x01\x40\x00", 5);
  record += std::string("\x01\xff\xff\xff\x03\x03", 6);
  record.resize(5 + 0x4000, 'x');
  for (int i = 0; i < 64; ++i) {
    if (::send(server.client_fd(), record.data(), record.size(), MSG_NOSIGNAL) < 0) break;
  }
  server.join();
  ::close(server.client_fd());
  EXPECT_NE(server.failure, TlsFailure::kNone);
  EXPECT_NE(server.error, "");
}

TEST_F(ContextTest, LoadErrorsNameTheFile) {
  const auto a = certificate("a.example");
  const auto b = certificate("b.example");
  const std::string empty = dir_.path() + "/empty.pem";
  std::ofstream(empty).close();
  const auto detail = [](const TlsConfig& config) {
    const auto loaded = TlsContext::load(config);
    return loaded ? std::string("loaded") : loaded.error().detail;
  };
  EXPECT_EQ(detail({.certificates = {{a.certificate, b.key}}}),
            "TLS key " + b.key + " does not belong to certificate " + a.certificate);
  EXPECT_EQ(detail({.certificates = {{"/nonexistent.pem", a.key}}}),
            "cannot read TLS certificate /nonexistent.pem: No such file or directory");
  EXPECT_EQ(detail({.certificates = {{a.certificate, "/nonexistent.key"}}}),
            "cannot read TLS key /nonexistent.key: No such file or directory");
  EXPECT_EQ(detail({.certificates = {{dir_.path(), a.key}}}),
            "cannot read TLS certificate " + dir_.path() + ": Is a directory");
  EXPECT_TRUE(detail({.certificates = {{empty, a.key}}}).starts_with("TLS certificate " + empty));
  EXPECT_TRUE(detail({.certificates = {{a.certificate, empty}}}).starts_with("TLS key " + empty));
  EXPECT_EQ(detail({.certificates = {a}, .minimum = "1.1"}),
            "tls.minimum is \"1.1\"; it can be \"1.2\" or \"1.3\"");
  EXPECT_EQ(detail({}), "no TLS certificate is configured");
}

TEST_F(ContextTest, AKeyUnderAPassphraseIsRefusedWithoutAsking) {
  const auto a = certificate("a.example");
  const std::string locked = dir_.path() + "/locked.key";
  const std::string command =
      "openssl pkey -in " + a.key + " -aes128 -passout pass:x -out " + locked;
  if (std::system(command.c_str()) != 0) GTEST_SKIP() << "no openssl program";
  const auto loaded = TlsContext::load({.certificates = {{a.certificate, locked}}});
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().detail.find("passphrase"), std::string::npos) << loaded.error().detail;
}

TEST_F(ContextTest, AnExpiredCertificateIsServedWithAWarning) {
  class Past final : public Clock {
   public:
    TimePoint now() const override { return {}; }
    std::int64_t unix_seconds() const override { return 1'000'000'000; }
    std::int64_t unix_millis() const override { return 1'000'000'000'000; }
  };
  const auto made = ensure_self_signed(dir_.below("old"), "old.example", Past());
  ASSERT_TRUE(made);
  std::string logged;
  set_log_sink([&](LogLevel level, std::string_view line) {
    if (level == LogLevel::kWarn) logged += line;
  });
  const auto loaded = TlsContext::load({.certificates = {{made->certificate, made->key}}});
  set_log_sink(nullptr);
  EXPECT_TRUE(loaded);
  EXPECT_NE(logged.find("tls_certificate_expired"), std::string::npos);
}

}  // namespace
}  // namespace postern::tls
