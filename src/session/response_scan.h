// ResponseScan: where, in the stream of responses, text of others begins and ends, so that a
// compressor can forget what it saw before.
//
// SECURITY (CRIME): the length of compressed text tells what it has in common with the text before
// it. A response that carries a string (quoted or literal: names, headers, bodies) is cut off on
// both sides: before its first string and after its end. Numbers, flags and keywords of the
// protocol between them share a dictionary.
//
// Pure machine; follows the server's own output, which is well formed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "imap/literal_scan.h"

namespace postern::session {

class ResponseScan {
 public:
  struct Piece {
    std::size_t size = 0;  // of the front of what was given
    bool cut = false;      // nothing after it may refer to it
  };
  // The front of `out` up to the next cut or its end. Not empty unless `out` is, or a cut stands
  // right at its front.
  [[nodiscard]] Piece next(std::string_view out);

 private:
  // What to do after one octet outside literals.
  enum class After : std::uint8_t { kGoOn, kCutBefore, kCut };
  After step(char c);

  imap::LiteralScan scan_;
  std::uint64_t literal_ = 0;  // octets left of the literal under way
  bool text_ = false;          // the response under way has had a string
  bool quoted_ = false, escaped_ = false;
};

}  // namespace postern::session
