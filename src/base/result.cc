#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace postern {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::kUnavailable:
      return "unavailable";
    case Errc::kUnknownOutcome:
      return "unknown_outcome";
    case Errc::kNotOwner:
      return "not_owner";
    case Errc::kCorrupt:
      return "corrupt";
    case Errc::kFull:
      return "full";
    case Errc::kNotFound:
      return "not_found";
    case Errc::kAlreadyExists:
      return "already_exists";
    case Errc::kTryCreate:
      return "try_create";
    case Errc::kNoPermission:
      return "no_permission";
    case Errc::kReadOnly:
      return "read_only";
    case Errc::kOverQuota:
      return "over_quota";
    case Errc::kTooBig:
      return "too_big";
    case Errc::kLimit:
      return "limit";
    case Errc::kInvalid:
      return "invalid";
    case Errc::kCannot:
      return "cannot";
    case Errc::kInUse:
      return "in_use";
    case Errc::kExpunged:
      return "expunged";
    case Errc::kAuthFailed:
      return "auth_failed";
    case Errc::kClosed:
      return "closed";
    case Errc::kTimeout:
      return "timeout";
    case Errc::kIo:
      return "io";
    case Errc::kInternal:
      return "internal";
  }
  return "internal";
}

std::unexpected<Error> fail_errno(int errno_value, std::string_view what,
                                  std::source_location where) {
  const Errc code = errno_value == ENOSPC || errno_value == EDQUOT ? Errc::kFull : Errc::kIo;
  std::string detail(what);
  detail += ": ";
  char text[128];
  detail += strerror_r(errno_value, text, sizeof text);  // the GNU variant returns the text
  return fail(code, std::move(detail), where);
}

}  // namespace postern
