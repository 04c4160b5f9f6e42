#include "http/server.h"

#include <array>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <optional>

#include "base/metrics.h"

namespace postern::http {
namespace {

namespace beast = boost::beast;
using Request = beast::http::request<beast::http::empty_body>;
using Response = beast::http::response<beast::http::string_body>;
using RequestParser = beast::http::request_parser<beast::http::empty_body>;

constexpr std::string_view kRequests = "postern_http_requests_total";
constexpr std::string_view kRequestsHelp = "HTTP requests answered, by class of status.";
Counter answered_2xx(kRequests, kRequestsHelp, R"(status="2xx")");
Counter answered_4xx(kRequests, kRequestsHelp, R"(status="4xx")");
Counter answered_5xx(kRequests, kRequestsHelp, R"(status="5xx")");

HttpResponse plain(unsigned status, std::string text) {
  return {.status = status, .body = std::move(text) + "\n"};
}

// Takes bytes until a header is complete.
class Reader {
 public:
  Reader() { restart(); }

  void restart() {
    parser_.emplace();
    parser_->header_limit(kMaxHttpHeader);
    parser_->eager(false);
    taken_ = 0;
  }
  std::string& buffer() { return buffer_; }
  // The status of a refusal, or nothing while more is needed or when done().
  std::optional<HttpResponse> parse() {
    beast::error_code error;
    const std::size_t used = parser_->put(boost::asio::buffer(buffer_), error);
    buffer_.erase(0, used);
    taken_ += used;
    // The parser's own limit leaves some line ends out.
    if (taken_ > kMaxHttpHeader) return too_large();
    if (error == beast::http::error::need_more) {
      if (taken_ + buffer_.size() > kMaxHttpHeader) return too_large();
      return std::nullopt;
    }
    if (error == beast::http::error::header_limit) return too_large();
    if (error == beast::http::error::body_limit) return plain(413, "This server takes no bodies.");
    if (error) return plain(400, "This is no HTTP request that this server understands.");
    return std::nullopt;
  }
  bool done() const { return parser_->is_header_done(); }
  bool has_body() const { return parser_->chunked() || parser_->content_length().value_or(0) != 0; }
  const Request& request() const { return parser_->get(); }

 private:
  static HttpResponse too_large() { return plain(431, "The request header is too large."); }

  std::string buffer_;     // not parsed yet
  std::size_t taken_ = 0;  // parsed of this request
  std::optional<RequestParser> parser_;
};

struct Answer {
  HttpResponse response;
  bool allow = false;  // with an Allow field
  bool keep_alive = false;
  bool head = false;
};

HttpResponse call(const HttpRoutes::Answer& answer) {
  try {
    return answer();
  } catch (const std::exception&) {
    return plain(500, "The answer could not be made.");
  }
}

Answer answer_request(const HttpRoutes& routes, const Reader& reader) {
  const Request& request = reader.request();
  if (reader.has_body()) return {.response = plain(413, "This server takes no bodies.")};
  // RFC 9112 §3.2: a request of HTTP/1.1 without Host, or with two, is answered 400.
  if (request.version() >= 11 && request.count(beast::http::field::host) != 1) {
    return {.response = plain(400, "The request has no Host field.")};
  }
  Answer answer{.keep_alive = request.keep_alive(),
                .head = request.method() == beast::http::verb::head};
  const std::string_view target(request.target().data(), request.target().size());
  const HttpRoutes::Answer* route = routes.find(target.substr(0, target.find('?')));
  if (route == nullptr) {
    answer.response = plain(404, "There is nothing here.");
  } else if (!answer.head && request.method() != beast::http::verb::get) {
    answer.response = plain(405, "Only GET and HEAD.");
    answer.allow = true;
  } else {
    answer.response = call(*route);
  }
  return answer;
}

std::string render(Answer answer) {
  Response response(static_cast<beast::http::status>(answer.response.status), 11);
  response.set(beast::http::field::content_type, answer.response.content_type);
  response.set(beast::http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  if (answer.allow) response.set(beast::http::field::allow, "GET, HEAD");
  response.keep_alive(answer.keep_alive);
  response.body() = std::move(answer.response.body);
  response.prepare_payload();
  beast::http::response_serializer<beast::http::string_body> serializer(response);
  serializer.split(answer.head);
  std::string out;
  beast::error_code error;
  while (!(answer.head ? serializer.is_header_done() : serializer.is_done()) && !error) {
    serializer.next(error, [&](beast::error_code&, const auto& buffers) {
      out += beast::buffers_to_string(buffers);
      serializer.consume(boost::asio::buffer_size(buffers));
    });
  }
  return out;
}

void count(unsigned status) {
  (status < 400 ? answered_2xx : status < 500 ? answered_4xx : answered_5xx).add();
}

TimePoint after(Duration delay) {
  return std::chrono::steady_clock::now() + delay;
}

// Adds what the client sends; false at its end, an error or the deadline.
task<bool> read_more(Transport& stream, std::string& buffer, TimePoint deadline) {
  std::array<char, 2048> bytes;
  const auto n = co_await stream.read(bytes, deadline);
  if (!n || *n == 0) co_return false;
  buffer.append(bytes.data(), *n);
  co_return true;
}

}  // namespace

void add_operating_routes(HttpRoutes& routes, std::function<Health()> health) {
  routes.add("/metrics", [] {
    return HttpResponse{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                        .body = render_metrics()};
  });
  routes.add("/healthz", [health = std::move(health)] {
    Health now = health();
    return HttpResponse{.status = now.healthy ? 200u : 503u,
                        .content_type = "application/json",
                        .body = std::move(now.json) + "\n"};
  });
}

task<void> serve_http(std::unique_ptr<Transport> stream, const HttpRoutes& routes,
                      Duration deadline) {
  Reader reader;
  for (;;) {
    const TimePoint limit = after(deadline);
    std::optional<HttpResponse> refusal;
    // A request that came with the one before may be complete already.
    if (!reader.buffer().empty()) refusal = reader.parse();
    while (!refusal && !reader.done()) {
      if (!co_await read_more(*stream, reader.buffer(), limit)) {
        co_await stream->shutdown();
        co_return;
      }
      refusal = reader.parse();
    }
    Answer answer =
        refusal ? Answer{.response = std::move(*refusal)} : answer_request(routes, reader);
    const bool keep_alive = answer.keep_alive;
    count(answer.response.status);
    const std::string bytes = render(std::move(answer));
    if (!co_await stream->write(bytes, after(deadline))) co_return;
    if (!keep_alive) {
      co_await stream->shutdown();
      co_return;
    }
    reader.restart();
  }
}

}  // namespace postern::http
