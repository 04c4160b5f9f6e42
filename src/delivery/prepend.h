// The header fields that final delivery puts in front of a message (RFC 5321 §4.4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lmtp/machine.h"

namespace postern::delivery {

struct DeliveryFacts {
  std::string_view recipient;  // as accepted by RCPT, with its +detail
  std::string_view hostname;
  std::string_view peer;  // address of the client, or "unix"
  std::string_view id;    // of this delivery, for the log
  std::int64_t unix_seconds = 0;
};

// Return-Path, Delivered-To, Received, each ended by CRLF. Text of the client is sanitised: it
// cannot add a line.
[[nodiscard]] std::string prepended_header(const lmtp::Envelope& envelope,
                                           const DeliveryFacts& facts);

// "Fri, 20 Nov 2026 15:04:05 +0000" (RFC 5322 §3.3).
[[nodiscard]] std::string rfc5322_date(std::int64_t unix_seconds);

}  // namespace postern::delivery
