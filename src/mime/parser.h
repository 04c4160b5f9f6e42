// MessageParser: the linear MIME pass (RFC 5322, 2045-2047, 2231). Fed in any split, bounded
// memory.
//
// Broken mail never fails: what cannot be understood is opaque and described as well as possible.
// LIMIT: depth 100, parts 1,000, 128 RFC 2231 parameters, 1,000 addresses a header, 256 KiB a
// field, 1 MiB of parsed header bytes, BODYSTRUCTURE text 256 KiB; past them the rest is opaque.
// Lines end in CRLF; a lone LF ends a line too (stored as it came), a lone CR is data.
#pragma once

#include <memory>
#include <string_view>

#include "mime/message.h"

namespace postern::mime {

class MessageParser {
 public:
  MessageParser();
  ~MessageParser();
  MessageParser(MessageParser&&) noexcept;
  MessageParser& operator=(MessageParser&&) noexcept;

  void feed(std::string_view bytes);
  [[nodiscard]] MessageInfo finish();  // once
  // After finish(): some part is an attachment (attachment.h).
  [[nodiscard]] bool has_attachment() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] MessageInfo parse_message(std::string_view whole);

}  // namespace postern::mime
