// The HTTP listener, from raw sockets: whole, byte by byte, at its limits, and with what is no
// HTTP.
#include "http/server.h"

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "net/server.h"
#include "net/test_support.h"

namespace postern::http {
namespace {

using namespace net::testing;

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() {
    add_operating_routes(
        routes_, [this] { return Health{.healthy = healthy_, .json = R"({"status":"x"})"}; });
    routes_.add("/throws", []() -> HttpResponse { throw std::runtime_error("secret detail"); });
    name_ = start(kHttpDeadline);
  }
  std::string start(Duration deadline) {
    auto listener = net::Listener::bind("127.0.0.1:0");
    std::string name = listener->name();
    server_.serve(std::move(*listener), {},
                  [this, deadline](std::unique_ptr<Transport> stream, net::OnAuthenticated) {
                    return serve_http(std::move(stream), routes_, deadline);
                  });
    return name;
  }
  // Sends everything, ends our side, returns everything.
  std::string exchange(std::string_view request) {
    const Fd fd = connect_to(name_);
    (void)send_all(fd.get(), request);
    ::shutdown(fd.get(), SHUT_WR);
    return read_all(fd.get()).value_or("(reset)");
  }
  static std::string get(std::string_view target, std::string_view more = "Connection: close\r\n") {
    std::string request = "GET ";
    request += target;
    request += " HTTP/1.1\r\nHost: x\r\n";
    request += more;
    return request + "\r\n";
  }
  static std::string status(const std::string& response) {
    return response.substr(0, response.find("\r\n"));
  }

  HttpRoutes routes_;
  std::atomic<bool> healthy_{true};
  net::LoopGroup loops_{1};
  net::Server server_{loops_};
  std::string name_;
};

TEST_F(HttpServerTest, AnswersHealthAndMetrics) {
  const std::string good = exchange(get("/healthz"));
  EXPECT_EQ(status(good), "HTTP/1.1 200 OK");
  EXPECT_TRUE(good.ends_with("\r\n\r\n{\"status\":\"x\"}\n")) << good;
  EXPECT_NE(good.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(good.find("Cache-Control: no-store\r\n"), std::string::npos);
  healthy_ = false;
  EXPECT_EQ(status(exchange(get("/healthz?verbose=1"))), "HTTP/1.1 503 Service Unavailable");
  const std::string metrics = exchange(get("/metrics"));
  EXPECT_EQ(status(metrics), "HTTP/1.1 200 OK");
  EXPECT_NE(metrics.find("\npostern_http_requests_total{status=\"2xx\"}"), std::string::npos);
}

TEST_F(HttpServerTest, EverythingElseIsRefused) {
  const std::pair<std::string, const char*> cases[] = {
      {get("/"), "HTTP/1.1 404 Not Found"},
      {get("/metrics/"), "HTTP/1.1 404 Not Found"},
      {get("/../metrics"), "HTTP/1.1 404 Not Found"},
      {get("//metrics"), "HTTP/1.1 404 Not Found"},
      {get("/%6detrics"), "HTTP/1.1 404 Not Found"},
      {get("http://x/metrics"), "HTTP/1.1 404 Not Found"},
      {get("/throws"), "HTTP/1.1 500 Internal Server Error"},
      {"POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
       "HTTP/1.1 405 Method Not Allowed"},
      {"DELETE /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
       "HTTP/1.1 405 Method Not Allowed"},
      {"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
       "HTTP/1.1 413 Payload Too Large"},
      {"POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "HTTP/1.1 413 Payload Too Large"},
      {"GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"GET /metrics\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"GET  HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"a1 LOGIN alice secret\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {std::string("\x16\x03\x01\x02\x00\x01\r\n\r\n", 10), "HTTP/1.1 400 Bad Request"},
      {std::string("GET /me\0trics HTTP/1.1\r\nHost: x\r\n\r\n", 35), "HTTP/1.1 400 Bad Request"},
  };
  for (const auto& [request, expected] : cases) {
    const std::string response = exchange(request);
    EXPECT_EQ(status(response), expected) << request;
    EXPECT_EQ(response.find("secret"), std::string::npos);
    EXPECT_NE(response.find("Connection: close"), std::string::npos) << request;
  }
  EXPECT_NE(exchange(cases[7].first).find("Allow: GET, HEAD\r\n"), std::string::npos);
}

TEST_F(HttpServerTest, HeadHasNoBody) {
  const std::string response =
      exchange("HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status(response), "HTTP/1.1 200 OK");
  EXPECT_NE(response.find("Content-Length: 15\r\n"), std::string::npos);
  EXPECT_TRUE(response.ends_with("\r\n\r\n"));
}

TEST_F(HttpServerTest, KeepsAliveAndAnswersWhatCameTogether) {
  const Fd fd = connect_to(name_);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(send_all(fd.get(), get("/healthz", "")));
    EXPECT_TRUE(read_some(fd.get()).starts_with("HTTP/1.1 200 OK\r\n"));
  }
  const std::string both = exchange(get("/healthz", "") + get("/none", "Connection: close\r\n"));
  EXPECT_TRUE(both.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(both.find("\nHTTP/1.1 404 Not Found\r\n"), std::string::npos) << both;
  const std::string old = exchange("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(status(old), "HTTP/1.1 200 OK");
  EXPECT_NE(old.find("Connection: close"), std::string::npos);
}

TEST_F(HttpServerTest, AcceptsARequestAtEverySplit) {
  const std::string request = get("/healthz");
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    const Fd fd = connect_to(name_);
    ASSERT_TRUE(send_all(fd.get(), std::string_view(request).substr(0, cut)));
    ASSERT_TRUE(send_all(fd.get(), std::string_view(request).substr(cut)));
    EXPECT_TRUE(read_all(fd.get()).value_or("").starts_with("HTTP/1.1 200 OK\r\n")) << cut;
  }
  const Fd fd = connect_to(name_);
  for (const char c : request) ASSERT_TRUE(send_all(fd.get(), std::string_view(&c, 1)));
  EXPECT_TRUE(read_all(fd.get()).value_or("").starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpServerTest, TheHeaderIsBounded) {
  const auto padded = [&](std::size_t size) {
    std::string request = get("/healthz", "Connection: close\r\nX: ");
    request.insert(request.size() - 2, "\r\n");
    request.insert(request.size() - 4, std::string(size - request.size(), 'x'));
    return request;
  };
  ASSERT_EQ(padded(kMaxHttpHeader - 1).size(), kMaxHttpHeader - 1);
  EXPECT_EQ(status(exchange(padded(kMaxHttpHeader - 1))), "HTTP/1.1 200 OK");
  EXPECT_EQ(status(exchange(padded(kMaxHttpHeader))), "HTTP/1.1 200 OK");
  EXPECT_EQ(status(exchange(padded(kMaxHttpHeader + 1))),
            "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(status(exchange("GET /" + std::string(20'000, 'a'))),
            "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST_F(HttpServerTest, ASlowRequestEndsAtTheDeadline) {
  name_ = start(std::chrono::milliseconds(40));
  const Fd silent = connect_to(name_);
  EXPECT_EQ(read_all(silent.get()), "");
  const Fd half = connect_to(name_);
  ASSERT_TRUE(send_all(half.get(), "GET /healthz HTTP/1.1\r\nHo"));
  EXPECT_EQ(read_all(half.get()), "");
}

}  // namespace
}  // namespace postern::http
