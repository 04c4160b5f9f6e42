#include "http/admin_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace postern::http {
namespace {

namespace json = boost::json;

// LIMIT: a list of all accounts of a large server; more is no answer of ours.
constexpr std::size_t kMaxAnswer = 256 << 20;

Errc code_of(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Errc::kInternal); ++i) {
    if (to_string(static_cast<Errc>(i)) == name) return static_cast<Errc>(i);
  }
  return Errc::kInternal;
}

Result<void> send_line(int fd, std::string line) {
  std::string_view left = line;
  Result<void> result;
  while (!left.empty()) {
    const ssize_t n = ::send(fd, left.data(), left.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      left.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      result = fail(Errc::kClosed, "the server ended the admin connection");
      break;
    }
  }
  explicit_bzero(line.data(), line.size());  // may hold a password
  return result;
}

Result<std::string> read_line(int fd, std::string& buffer, TimePoint deadline) {
  std::size_t end;
  while ((end = buffer.find('\n')) == std::string::npos) {
    if (buffer.size() > kMaxAnswer) return fail(Errc::kTooBig, "the server's answer has no end");
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd p{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = left.count() <= 0 ? 0 : ::poll(&p, 1, static_cast<int>(left.count()));
    if (ready == 0) return fail(Errc::kTimeout, "the server did not answer in time");
    if (ready < 0 && errno == EINTR) continue;
    std::array<char, 16384> bytes;
    const ssize_t n = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(Errc::kClosed, "the server ended the admin connection");
    buffer.append(bytes.data(), static_cast<std::size_t>(n));
  }
  std::string line = buffer.substr(0, end);
  buffer.erase(0, end + 1);
  return line;
}

Result<json::object> parse_answer(const std::string& line) {
  boost::system::error_code error;
  json::value value = json::parse(line, error);
  const auto strange = [] {
    return fail(Errc::kInternal, "the server's answer is not understood");
  };
  if (error || !value.is_object()) return strange();
  json::object& object = value.get_object();
  const json::value* ok = object.if_contains("ok");
  if (ok == nullptr || !ok->is_bool()) return strange();
  if (ok->get_bool()) {
    json::value* result = object.if_contains("result");
    if (result == nullptr || !result->is_object()) return strange();
    return std::move(result->get_object());
  }
  const json::value* code = object.if_contains("code");
  const json::value* message = object.if_contains("message");
  if (code == nullptr || !code->is_string() || message == nullptr || !message->is_string()) {
    return strange();
  }
  return fail(code_of(std::string_view(code->get_string())), std::string(message->get_string()));
}

}  // namespace

Result<AdminClient> AdminClient::connect(std::string_view address) {
  const std::string path(address.starts_with("unix:") ? address.substr(5) : address);
  sockaddr_un to{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.empty() || path.size() >= sizeof to.sun_path) {
    return fail(Errc::kInvalid, "\"" + path + "\" is no path of a Unix socket");
  }
  std::memcpy(to.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno(errno, "cannot open a socket");
  AdminClient client(fd);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return client;
  switch (errno) {
    case ENOENT:
    case ECONNREFUSED:
      return fail(Errc::kUnavailable, "no server answers on " + path);
    case EACCES:
    case EPERM:
      return fail(Errc::kNoPermission, "the admin socket " + path +
                                           " belongs to another user; run this as root or as the "
                                           "user the server runs as");
    default:
      return fail_errno(errno, "cannot connect to " + path);
  }
}

AdminClient::AdminClient(AdminClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

AdminClient::~AdminClient() {
  if (fd_ >= 0) ::close(fd_);
}

Result<json::object> AdminClient::call(std::string_view verb, const json::object& arguments,
                                       Duration timeout) {
  const json::object request{{"verb", verb}, {"arguments", arguments}};
  POSTERN_CHECK_OK(send_line(fd_, json::serialize(request) + "\n"));
  POSTERN_TRY(const std::string line,
              read_line(fd_, buffer_, std::chrono::steady_clock::now() + timeout));
  return parse_answer(line);
}

}  // namespace postern::http
