#include "delivery/prepend.h"

#include <ctime>

namespace postern::delivery {
namespace {

// Anything that could end a field or a comment becomes '?'.
std::string clean(std::string_view text, std::string_view forbidden) {
  std::string out;
  for (const char c : text.substr(0, 1000)) {
    const bool bad = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ||
                     forbidden.find(c) != std::string_view::npos;
    out += bad ? '?' : c;
  }
  return out;
}

}  // namespace

std::string rfc5322_date(std::int64_t unix_seconds) {
  const std::time_t when = unix_seconds;
  std::tm utc{};
  gmtime_r(&when, &utc);
  char text[64];
  // The "C" locale is never changed, so names are English.
  const std::size_t length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &utc);
  return {text, length};
}

std::string prepended_header(const lmtp::Envelope& envelope, const DeliveryFacts& facts) {
  std::string out = "Return-Path: <";
  out += clean(envelope.sender, "<>");
  out += ">\r\nDelivered-To: ";
  out += clean(facts.recipient, "");
  out += "\r\nReceived: from ";
  out += clean(envelope.lhlo, "()<>;");
  out += " (";
  out += clean(facts.peer, "()<>;");
  out += ")\r\n\tby ";
  out += facts.hostname;
  out += envelope.smtputf8 ? " with UTF8LMTP id " : " with LMTP id ";
  out += facts.id;
  out += "\r\n\tfor <";
  out += clean(facts.recipient, "<>");
  out += ">; ";
  out += rfc5322_date(facts.unix_seconds);
  out += "\r\n";
  return out;
}

}  // namespace postern::delivery
