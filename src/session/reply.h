// Reply: the tagged end of a command, and the one function that turns an Errc into what a client
// reads.
//
// The text is fixed: Error::detail is for the log and never leaves the process. "Absent" and
// "forbidden" are one code, hence one text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "imap/framer.h"
#include "imap/parser.h"

namespace postern::session {

struct Reply {
  enum class Status : std::uint8_t { kOk, kNo, kBad };
  Status status = Status::kOk;
  std::string code;  // response code without its brackets (RFC 5530), empty for none
  std::string text;

  [[nodiscard]] bool ok() const { return status == Status::kOk; }
  [[nodiscard]] static Reply okay(std::string_view text) {
    return {Status::kOk, {}, std::string(text)};
  }
  [[nodiscard]] static Reply okay(std::string code, std::string_view text) {
    return {Status::kOk, std::move(code), std::string(text)};
  }
  [[nodiscard]] static Reply no(std::string_view code, std::string_view text) {
    return {Status::kNo, std::string(code), std::string(text)};
  }
  [[nodiscard]] static Reply bad(std::string_view text) {
    return {Status::kBad, {}, std::string(text)};
  }
  // A well-formed command that its client should have known not to send (RFC 5530 §3 CLIENTBUG).
  [[nodiscard]] static Reply client_bug(std::string_view text) {
    return {Status::kBad, "CLIENTBUG", std::string(text)};
  }
};

// The mapping Errc -> {NO, response code, text}. Logs what an operator must see (corruption,
// internal).
[[nodiscard]] Reply reply_for(const Error& error);
[[nodiscard]] Reply reply_for(const imap::ParseError& error);
[[nodiscard]] Reply reply_for(imap::Framer::Fault fault);

// "tag OK [CODE] text" CRLF. An empty tag becomes "*" (RFC 9051 §7.1: a BAD that answers no known
// tag).
void append_reply(std::string& out, std::string_view tag, const Reply& reply);

}  // namespace postern::session
