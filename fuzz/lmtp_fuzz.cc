// LMTP: whatever arrives, in whatever pieces, the same messages and replies come out.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "lmtp/machine.h"

namespace {

struct Outcome {
  std::string replies;
  std::vector<std::string> messages;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome run(std::string_view input, std::size_t step) {
  using Action = postern::lmtp::Machine::Action;
  postern::lmtp::Machine machine(
      {.hostname = "h", .max_message_size = 4096, .max_recipients = 4, .max_line = 256});
  Outcome outcome;
  std::string message;
  while (!input.empty()) {
    std::string_view piece = input.substr(0, step);
    input.remove_prefix(piece.size());
    for (;;) {
      const Action action = machine.feed(piece);
      if (action == Action::kNeedMore) {
        if (!piece.empty()) std::abort();
        break;
      }
      if (action == Action::kClose) {
        outcome.replies = machine.output();
        return outcome;
      }
      if (action == Action::kRecipient)
        machine.recipient_done(machine.recipient().size() % 3 == 0 ? "550 no" : "250 ok");
      if (action == Action::kBegin) message.clear();
      if (action == Action::kBytes) message += machine.body();
      if (message.size() > 4096) std::abort();
      if (action == Action::kEnd) {
        outcome.messages.push_back(message);
        machine.delivered(
            std::vector<std::string>(machine.envelope().recipients.size(), "250 stored"));
      }
    }
  }
  outcome.replies = machine.output();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (run(input, size + 1) != run(input, 1)) std::abort();
  return 0;
}
