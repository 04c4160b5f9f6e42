// Test support: runs a Framer over bytes in any partition and writes down what it says.
//
//   "C text"  a command      "L text"  a raw line     "? n [sync] [binary]"  a literal is
//   announced "S text"  streamed octets (joined)   "E"  their end   "X tag"  skipped   "B fault[!]
//   tag"  bad, ! fatal
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "imap/framer.h"

namespace postern::imap {

// Answers a kLiteral; returns nothing of use.
using Answer = std::function<std::string(Framer&)>;

inline std::string accept_all(Framer& framer) {
  framer.accept_literal();
  return {};
}
inline std::string stream_all(Framer& framer) {
  framer.stream_literal();
  return {};
}
inline std::string reject_all(Framer& framer) {
  framer.reject_command();
  return {};
}

inline std::string describe_literal(const Framer::Literal& literal) {
  return "? " + std::to_string(literal.size) + (literal.synchronizing ? " sync" : "") +
         (literal.binary ? " binary" : "");
}

inline std::string with_tag(std::string event, std::string_view tag) {
  if (!tag.empty()) event += ' ';
  return event += tag;
}

inline std::vector<std::string> trace_of(const std::vector<std::string>& chunks,
                                         const FramerLimits& limits, const Answer& answer) {
  static constexpr std::array<std::string_view, 7> kFaults = {
      "none",     "line_too_long", "too_deep", "bad_literal", "literal_too_big",
      "bad_byte", "not_imap"};
  Framer framer(limits);
  std::vector<std::string> trace;
  for (const std::string& chunk : chunks) {
    std::string_view in = chunk;
    for (bool more = true; more;) {
      switch (framer.feed(in)) {
        case Framer::Action::kNeedMore:
          EXPECT_TRUE(in.empty());
          more = false;
          break;
        case Framer::Action::kCommand:
          trace.push_back("C " + std::string(framer.command()));
          break;
        case Framer::Action::kLine:
          trace.push_back("L " + std::string(framer.command()));
          break;
        case Framer::Action::kLiteral:
          trace.push_back(describe_literal(framer.literal()));
          answer(framer);
          break;
        case Framer::Action::kStreamBytes:
          if (trace.back().starts_with("S ")) {
            trace.back() += framer.body();
          } else {
            trace.push_back("S " + std::string(framer.body()));
          }
          break;
        case Framer::Action::kStreamEnd:
          trace.emplace_back("E");
          break;
        case Framer::Action::kSkipped:
          trace.push_back(with_tag("X", framer.tag()));
          break;
        case Framer::Action::kBad:
          trace.push_back(
              with_tag("B " + std::string(kFaults[static_cast<std::size_t>(framer.fault())]) +
                           (framer.fatal() ? "!" : ""),
                       framer.tag()));
          break;
      }
    }
  }
  return trace;
}

inline void expect_trace_in_chunks(const std::string& input, std::size_t size,
                                   const FramerLimits& limits, const Answer& answer,
                                   const std::vector<std::string>& expected) {
  std::vector<std::string> chunks;
  for (std::size_t at = 0; at < input.size(); at += size) chunks.push_back(input.substr(at, size));
  EXPECT_EQ(trace_of(chunks, limits, answer), expected) << "in chunks of " << size;
}

// Whole, octet by octet, and cut in two at every place.
inline void expect_trace_at_every_split(const std::string& input, const FramerLimits& limits,
                                        const Answer& answer,
                                        const std::vector<std::string>& expected) {
  EXPECT_EQ(trace_of({input}, limits, answer), expected) << "whole";
  expect_trace_in_chunks(input, 1, limits, answer, expected);
  for (std::size_t at = 1; at < input.size(); ++at) {
    EXPECT_EQ(trace_of({input.substr(0, at), input.substr(at)}, limits, answer), expected)
        << "split at " << at;
  }
}

}  // namespace postern::imap
