#include "http/admin.h"

#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstring>

#include "base/log.h"

namespace postern::http {
namespace {

namespace json = boost::json;

json::object refuse(std::string_view code, std::string_view message) {
  return {{"ok", false}, {"code", code}, {"message", message}};
}

struct Request {
  std::string verb;
  json::object arguments;
};

Result<Request> parse_request(std::string_view line) {
  boost::system::error_code error;
  json::value value = json::parse(line, error);  // depth is bounded by the parser (32)
  if (error || !value.is_object()) return fail(Errc::kInvalid, "the request is no JSON object");
  json::object& object = value.get_object();
  const json::value* verb = object.if_contains("verb");
  if (verb == nullptr || !verb->is_string())
    return fail(Errc::kInvalid, "the request names no verb");
  Request request{.verb = std::string(verb->get_string()), .arguments = {}};
  if (json::value* arguments = object.if_contains("arguments"); arguments != nullptr) {
    if (!arguments->is_object()) return fail(Errc::kInvalid, "the arguments are no JSON object");
    request.arguments = std::move(arguments->get_object());
  }
  return request;
}

task<json::object> answer(std::string line, const AdminVerbs& verbs) {
  auto request = parse_request(line);
  explicit_bzero(line.data(), line.size());
  if (!request) co_return refuse(to_string(request.error().code), request.error().detail);
  const AdminVerbs::Verb* verb = verbs.find(request->verb);
  if (verb == nullptr) {
    co_return refuse("not_found",
                     "the running server does not know this verb; is it older than this program?");
  }
  auto result = co_await (*verb)(std::move(request->arguments));
  if (!result) {
    const Error& error = result.error();
    co_return refuse(to_string(error.code),
                     error.detail.empty() ? to_string(error.code) : error.detail);
  }
  co_return json::object{{"ok", true}, {"result", std::move(*result)}};
}

TimePoint after(Duration delay) {
  return std::chrono::steady_clock::now() + delay;
}

task<bool> send(Transport& stream, const json::object& object, Duration deadline) {
  const std::string line = json::serialize(object) + "\n";
  co_return (co_await stream.write(line, after(deadline))).has_value();
}

bool may_use(const PeerInfo& peer) {
  return peer.uid == 0 || (peer.uid >= 0 && peer.uid == static_cast<std::int64_t>(::geteuid()));
}

// The buffer may hold a password when the connection ends in the middle.
struct WipedText {
  std::string text;
  WipedText() { text.reserve(kMaxAdminRequest + 4096); }  // never moved, so nothing is left behind
  ~WipedText() { explicit_bzero(text.data(), text.capacity()); }
  WipedText(const WipedText&) = delete;
  WipedText& operator=(const WipedText&) = delete;
};

}  // namespace

task<void> serve_admin(std::unique_ptr<Transport> stream, const AdminVerbs& verbs,
                       Duration deadline) {
  if (!may_use(stream->peer())) {
    log_warn("admin_refused", {{"uid", stream->peer().uid}});
    (void)co_await send(
        *stream, refuse("no_permission", "only root and the user the server runs as may do this"),
        deadline);
    co_await stream->shutdown();
    co_return;
  }
  WipedText input;
  for (;;) {
    const TimePoint limit = after(deadline);
    std::size_t end;
    while ((end = input.text.find('\n')) == std::string::npos) {
      if (input.text.size() > kMaxAdminRequest) {
        (void)co_await send(*stream, refuse("too_big", "the request is larger than 64 KiB"),
                            deadline);
        co_await stream->shutdown();
        co_return;
      }
      const std::size_t before = input.text.size();
      input.text.resize(before + 4096);
      const auto n = co_await stream->read(std::span(input.text).subspan(before), limit);
      input.text.resize(before + (n ? *n : 0));
      if (!n || *n == 0) co_return;
    }
    std::string line = input.text.substr(0, end);
    input.text.erase(0, end + 1);
    const json::object reply = co_await answer(std::move(line), verbs);
    if (!co_await send(*stream, reply, deadline)) co_return;
  }
}

}  // namespace postern::http
