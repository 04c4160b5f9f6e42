// Framer and parser as a session runs them. An error lies within the command and is fit to be sent.
#include <algorithm>
#include <cstdint>
#include <optional>

#include "imap/append_parser.h"
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

// Read bit by bit or at once, an APPEND is the same.
void same(const AppendParser& bits, const Parsed<AppendParser::Next>& end,
          const Parsed<Command>& whole) {
  if (end.has_value() != whole.has_value()) __builtin_trap();
  if (!end) {
    if (end.error().offset != whole.error().offset) __builtin_trap();
    return;
  }
  const AppendArgs& a = bits.args();
  const AppendArgs& b = std::get<AppendArgs>(whole->args);
  if (a.mailbox != b.mailbox || a.messages.size() != b.messages.size()) __builtin_trap();
  for (std::size_t i = 0; i < a.messages.size(); ++i) {
    if (!a.messages[i].complete || a.messages[i].parts.size() != b.messages[i].parts.size())
      __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ParseMode mode{.utf8_names = (data[0] & 1U) != 0, .authenticated = (data[0] & 2U) != 0};
  Framer framer(mode.authenticated ? FramerLimits::after_login() : FramerLimits::before_login());
  std::string_view in(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::optional<AppendParser> append;  // of the command under way
  for (;;) {
    const Framer::Action action = framer.feed(in);
    if (action == Framer::Action::kNeedMore) return 0;
    if (action == Framer::Action::kBad || action == Framer::Action::kSkipped) append.reset();
    if (action == Framer::Action::kCommand) {
      const Parsed<Command> whole = parse_command(framer.command(), mode);
      check(whole, framer.command());
      if (append) same(*append, append->advance(framer.command(), AppendParser::At::kEnd), whole);
      append.reset();
    }
    if (action != Framer::Action::kLiteral) continue;
    const Parsed<CommandHead> head = parse_head(framer.command());
    check(head, framer.command());
    if (!head.has_value()) {
      framer.reject_command();
    } else if (head->id == CommandId::kAppend || head->id == CommandId::kReplace) {
      if (!append) append.emplace(*head, mode);
      const auto next = append->advance(framer.command(), AppendParser::At::kLiteral);
      check(next, framer.command());
      if (!next) {
        framer.reject_command();
      } else if (*next == AppendParser::Next::kStream) {
        framer.stream_literal();
      } else {
        framer.accept_literal();
      }
    } else {
      framer.accept_literal();
    }
  }
}
