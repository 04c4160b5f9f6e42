// Framer: the same bytes in any partition are the same commands, and memory stays inside the
// budget.
#include <cstdint>
#include <string>

#include "imap/framer.h"

using postern::imap::Framer;
using postern::imap::FramerLimits;

namespace {

std::string run(std::string_view bytes, std::size_t chunk, unsigned answers,
                const FramerLimits& limits) {
  Framer framer(limits);
  std::string trace;
  while (!bytes.empty()) {
    std::string_view in = bytes.substr(0, chunk);
    bytes.remove_prefix(in.size());
    for (bool more = true; more;) {
      const Framer::Action action = framer.feed(in);
      more = action != Framer::Action::kNeedMore;
      if (framer.held() > limits.set_line + limits.auth_line + limits.literals) __builtin_trap();
      if (action == Framer::Action::kStreamBytes) trace += framer.body();
      if (!more || action == Framer::Action::kStreamBytes) continue;
      trace += static_cast<char>('A' + static_cast<int>(action));
      trace += framer.tag();
      if (action == Framer::Action::kCommand) trace += framer.command();
      if (action != Framer::Action::kLiteral) continue;
      const unsigned answer = (answers + framer.literal().size) % 3;
      if (answer == 0) framer.accept_literal();
      if (answer == 1) framer.stream_literal();
      if (answer == 2) framer.reject_command();
    }
  }
  return trace;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const unsigned answers = data[0] & 3U;
  FramerLimits limits =
      (data[0] & 4U) != 0 ? FramerLimits::after_login() : FramerLimits::before_login();
  if ((data[0] & 16U) != 0) {  // small enough for a fuzzer to reach every edge
    limits = {.line = 12,
              .auth_line = 30,
              .set_line = 24,
              .literals = 8,
              .depth = 2,
              .skip = 20,
              .close_on_fault = (data[0] & 4U) == 0};
  }
  limits.literal_plus = (data[0] & 8U) == 0;
  if (run(bytes, bytes.size() + 1, answers, limits) != run(bytes, 1, answers, limits))
    __builtin_trap();
  return 0;
}
