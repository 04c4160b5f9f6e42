#include "session/reply.h"

#include "base/log.h"

namespace postern::session {

Reply reply_for(const Error& error) {
  switch (error.code) {
    case Errc::kUnavailable:
    case Errc::kNotOwner:
      return Reply::no("UNAVAILABLE", "The mail store is not available now. Try again later.");
    case Errc::kUnknownOutcome:
      log_warn("unknown_outcome", {{"detail", error.detail}});
      return Reply::no("UNAVAILABLE",
                       "The change may not have been saved. Check before trying again.");
    case Errc::kFull:
      return Reply::no("UNAVAILABLE", "The server has no space left for this. Try again later.");
    case Errc::kNotFound:
      return Reply::no("NONEXISTENT", "There is no such mailbox.");
    case Errc::kAlreadyExists:
      return Reply::no("ALREADYEXISTS", "A mailbox of that name exists already.");
    case Errc::kTryCreate:
      return Reply::no("TRYCREATE", "The target mailbox does not exist.");
    case Errc::kNoPermission:
      return Reply::no("NOPERM", "That is not permitted.");
    case Errc::kReadOnly:
      return Reply::no("READ-ONLY", "The mailbox is open read-only.");
    case Errc::kOverQuota:
      return Reply::no("OVERQUOTA", "That would exceed the account's quota.");
    case Errc::kTooBig:
      return Reply::no("TOOBIG", "The message is larger than this server takes.");
    case Errc::kLimit:
      return Reply::no("LIMIT", "That exceeds a limit of this server.");
    case Errc::kInvalid:
      return Reply::no("CANNOT", "That name or value is not valid here.");
    case Errc::kCannot:
      return Reply::no("CANNOT", "That can never be done.");
    case Errc::kInUse:
      return Reply::no("INUSE", "That is in use by another session.");
    case Errc::kExpunged:
      return Reply::no("EXPUNGEISSUED", "Some of the messages no longer exist.");
    case Errc::kAuthFailed:
      return Reply::no("AUTHENTICATIONFAILED", "Authentication failed.");
    case Errc::kCorrupt:
      log_error("corrupt_data", {{"detail", error.detail}});
      return Reply::no("CORRUPTION", "Stored data is damaged. The server's log has the details.");
    case Errc::kIo:
    case Errc::kTimeout:
    case Errc::kClosed:
      log_error("session_io", {{"code", to_string(error.code)}, {"detail", error.detail}});
      return Reply::no("UNAVAILABLE", "The server could not do that now. Try again later.");
    case Errc::kInternal:
      break;
  }
  log_error("session_internal", {{"code", to_string(error.code)},
                                 {"detail", error.detail},
                                 {"where", error.where.function_name()}});
  return Reply::no("SERVERBUG", "Something went wrong in the server. Its log has the details.");
}

Reply reply_for(const imap::ParseError& error) {
  switch (error.code) {
    case Errc::kLimit:
      return Reply::no("LIMIT", error.message);
    case Errc::kTooBig:
      return {Reply::Status::kBad, "TOOBIG", error.message};
    // RFC 9051 §6.4.4: an unsupported charset is NO, with the list of those that are supported.
    case Errc::kCannot:
      return Reply::no("BADCHARSET (US-ASCII UTF-8)", error.message);
    default:
      return Reply::bad(error.message);
  }
}

Reply reply_for(imap::Framer::Fault fault) {
  switch (fault) {
    case imap::Framer::Fault::kLineTooLong:
      return {Reply::Status::kBad, "TOOBIG", "Command line too long."};
    case imap::Framer::Fault::kTooDeep:
      return Reply::bad("Too many nested parentheses.");
    case imap::Framer::Fault::kBadLiteral:
      return Reply::bad("Malformed literal.");
    case imap::Framer::Fault::kLiteralTooBig:
      return {Reply::Status::kBad, "TOOBIG", "Literal too large."};
    case imap::Framer::Fault::kBadByte:
      return Reply::bad("Lines end in CRLF; NUL, a lone CR and a lone LF are not allowed.");
    case imap::Framer::Fault::kNotImap:
    case imap::Framer::Fault::kNone:
      break;
  }
  return Reply::bad("This is an IMAP server.");
}

void append_reply(std::string& out, std::string_view tag, const Reply& reply) {
  out += tag.empty() ? std::string_view("*") : tag;
  switch (reply.status) {
    case Reply::Status::kOk:
      out += " OK ";
      break;
    case Reply::Status::kNo:
      out += " NO ";
      break;
    case Reply::Status::kBad:
      out += " BAD ";
      break;
  }
  if (!reply.code.empty()) {
    out += '[';
    out += reply.code;
    out += "] ";
  }
  out += reply.text;
  out += "\r\n";
}

}  // namespace postern::session
