#include "app/admin.h"

#include <array>

namespace postern::app {
namespace {

namespace json = boost::json;
constexpr auto kPatience = std::chrono::minutes(1);

json::object error_object(std::string_view code, std::string_view text) {
  json::object out;
  out["error"] = json::object{{"code", code}, {"text", text}};
  return out;
}

}  // namespace

task<void> Admin::serve(std::unique_ptr<Transport> transport) {
  std::string buffer;
  std::array<char, 4096> piece;  // NOLINT: filled by read()
  while (true) {
    const Result<std::size_t> got = co_await transport->read(piece, clock_.now() + kPatience);
    if (!got.has_value() || *got == 0) break;
    buffer.append(piece.data(), *got);
    std::size_t end = 0;
    bool broken = false;
    while (!broken && (end = buffer.find('\n')) != std::string::npos) {
      const std::string line = buffer.substr(0, end);
      buffer.erase(0, end + 1);
      const json::object reply = co_await answer(line);
      const std::string text = json::serialize(reply) + "\n";
      broken = !(co_await transport->write(text, clock_.now() + kPatience)).has_value();
    }
    if (broken || buffer.size() > kMaxLine) break;
  }
  co_await transport->shutdown();
}

task<json::object> Admin::answer(std::string_view line) {
  boost::system::error_code error;
  json::value request = json::parse(line, error);
  if (error || !request.is_object()) co_return error_object("invalid", "not a JSON object");
  const json::value* op = request.get_object().if_contains("op");
  if (op != nullptr && op->is_string() && op->get_string() == "status") co_return status_();
  co_return co_await accounts_.handle(std::move(request.get_object()));
}

}  // namespace postern::app
