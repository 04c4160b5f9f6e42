// Framer and parser as a session runs them. An error lies within the command and is fit to be sent.
#include <algorithm>
#include <cstdint>

#include "imap/framer.h"
#include "imap/parser.h"

using namespace postern::imap;

namespace {

template <class T>
void check(const Parsed<T>& parsed, std::string_view command) {
  if (parsed.has_value()) return;
  const ParseError& error = parsed.error();
  const auto printable = [](char c) { return c >= 0x20 && c < 0x7F; };
  if (error.offset > command.size() || error.tag.size() > 64 || error.message.size() > 200 ||
      error.message.empty() ||
      !std::all_of(error.message.begin(), error.message.end(), printable)) {
    __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ParseMode mode{.utf8_names = (data[0] & 1U) != 0, .authenticated = (data[0] & 2U) != 0};
  Framer framer(mode.authenticated ? FramerLimits::after_login() : FramerLimits::before_login());
  std::string_view in(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (;;) {
    const Framer::Action action = framer.feed(in);
    if (action == Framer::Action::kNeedMore) return 0;
    if (action == Framer::Action::kCommand)
      check(parse_command(framer.command(), mode), framer.command());
    if (action != Framer::Action::kLiteral) continue;
    const Parsed<CommandHead> head = parse_head(framer.command());
    check(head, framer.command());
    if (!head.has_value()) {
      framer.reject_command();
    } else if (head->id == CommandId::kAppend && announces_message(framer.command())) {
      check(parse_append_prefix(framer.command(), mode), framer.command());
      framer.stream_literal();
    } else {
      framer.accept_literal();
    }
  }
}
