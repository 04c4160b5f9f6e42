// What a URL of CATENATE names (RFC 4469 §3, RFC 5092 §6): octets of a message, read in pieces.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/task.h"
#include "session/cmd/fetch_range.h"
#include "session/context.h"

namespace postern::session {

class UrlOctets {
 public:
  // What FETCH BODY.PEEK of the section would give; nothing is marked \Seen. kInvalid: no URL of a
  // message on this server; kNotFound: stale UIDVALIDITY, no such mailbox, message or part.
  static task<Result<UrlOctets>> open(Context& context, std::string url);

  [[nodiscard]] std::uint64_t size() const;
  // The next octets, at most kFetchPiece; empty at the end. kExpunged.
  task<Result<std::string>> next();

 private:
  std::shared_ptr<mailstore::Account> account_;  // of the mailbox, which may be another's
  EmailId email_;
  OctetRange range_;    // of the message, or of fields_ if that is set
  std::string fields_;  // HEADER.FIELDS: no one range of the message
  bool selected_ = false;
};

}  // namespace postern::session
