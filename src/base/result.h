// Result and Error: how everything that can fail says so.
//
// `Result<T>` is std::expected. `Error::detail` is for the log and never leaves the process; what a
// client is told follows from `Error::code` alone, in one function of the session room.
#pragma once

#include <cstdint>
#include <expected>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace postern {

// A code exists only where some caller acts on it.
enum class Errc : std::uint8_t {
  kUnavailable,     // nothing happened; the same call may succeed later
  kUnknownOutcome,  // the change may or may not be durable; reload before answering from memory
  kNotOwner,        // another node owns the account now
  kCorrupt,         // stored bytes failed a check; `detail` says which
  kFull,            // no space left; nothing happened
  kNotFound,        // absent, or forbidden to know of (the two are one on purpose)
  kAlreadyExists,
  kTryCreate,  // the target mailbox of APPEND, COPY or MOVE does not exist
  kNoPermission,
  kReadOnly,
  kOverQuota,
  kTooBig,
  kLimit,     // a configured bound was reached
  kInvalid,   // the caller's value does not fit the grammar or the range
  kCannot,    // well-formed, and this server cannot do it (RFC 5530 CANNOT)
  kInUse,     // held by another process or session
  kExpunged,  // the message is gone
  kAuthFailed,
  kClosed,  // the peer ended the connection
  kTimeout,
  kIo,  // the operating system said no; `detail` carries the path and errno text
  kInternal,
};

// A stable lower-case name for logs and metrics, for example "over_quota".
[[nodiscard]] std::string_view to_string(Errc code);

struct Error {
  Errc code = Errc::kInternal;
  std::string detail;
  std::source_location where;
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(
    Errc code, std::string detail = {},
    std::source_location where = std::source_location::current()) {
  return std::unexpected<Error>(Error{code, std::move(detail), where});
}

// kIo (kFull for ENOSPC and EDQUOT) with "what: strerror(errno_value)".
[[nodiscard]] std::unexpected<Error> fail_errno(
    int errno_value, std::string_view what,
    std::source_location where = std::source_location::current());

}  // namespace postern

#define POSTERN_CONCAT_2(a, b) a##b
#define POSTERN_CONCAT(a, b) POSTERN_CONCAT_2(a, b)

// POSTERN_TRY(auto x, expr): returns the error of `expr` to the caller, or declares x. On its own
// line.
#define POSTERN_TRY_2(tmp, decl, ...)                                   \
  auto tmp = (__VA_ARGS__);                                             \
  if (!tmp.has_value()) return std::unexpected(std::move(tmp).error()); \
  decl = std::move(*tmp)
#define POSTERN_TRY(decl, ...) \
  POSTERN_TRY_2(POSTERN_CONCAT(try_result_, __LINE__), decl, __VA_ARGS__)

// The same inside a coroutine.
#define POSTERN_CO_TRY_2(tmp, decl, ...)                                   \
  auto tmp = (__VA_ARGS__);                                                \
  if (!tmp.has_value()) co_return std::unexpected(std::move(tmp).error()); \
  decl = std::move(*tmp)
#define POSTERN_CO_TRY(decl, ...) \
  POSTERN_CO_TRY_2(POSTERN_CONCAT(try_result_, __LINE__), decl, __VA_ARGS__)

// For Result<void>: only the error is passed on.
#define POSTERN_CHECK_OK(...)                                                               \
  do {                                                                                      \
    auto check_result = (__VA_ARGS__);                                                      \
    if (!check_result.has_value()) return std::unexpected(std::move(check_result).error()); \
  } while (false)
#define POSTERN_CO_CHECK_OK(...)                                                               \
  do {                                                                                         \
    auto check_result = (__VA_ARGS__);                                                         \
    if (!check_result.has_value()) co_return std::unexpected(std::move(check_result).error()); \
  } while (false)
