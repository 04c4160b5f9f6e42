// What sorting and threading make of mail: base subjects, message IDs, envelopes, and threads of
// messages that refer to each other in any way. A thread answer holds each message once, in
// balanced parentheses.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "search/base_subject.h"
#include "search/envelope_fields.h"
#include "search/message_ids.h"
#include "search/sort_key.h"
#include "search/thread.h"

using namespace postern;
using namespace postern::search;

namespace {

void check(bool holds) {
  if (!holds) __builtin_trap();
}

// Four octets a message: ID, two references, and flags with a subject.
void check_threads(const std::uint8_t* data, std::size_t size) {
  for (const auto algorithm : {imap::ThreadAlgorithm::kOrderedSubject,
                               imap::ThreadAlgorithm::kReferences, imap::ThreadAlgorithm::kRefs}) {
    Threader threader(algorithm);
    const std::size_t count = size / 4;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t* at = data + 4 * i;
      ThreadMessage message;
      if (at[0] != 0) message.id = std::string(1, static_cast<char>(at[0]));
      for (const std::uint8_t id : {at[1], at[2]}) {
        if (id != 0) message.references.emplace_back(1, static_cast<char>(id));
      }
      if ((at[3] & 3) != 0) message.subject = std::string(1, static_cast<char>('A' + (at[3] & 3)));
      message.reply_or_forward = (at[3] & 4) != 0;
      message.sent = at[3] >> 3;
      message.arrival = at[3] >> 4;
      threader.add(message);
    }
    ManualExecutor executor;
    Pace pace(UINT64_MAX);
    const ThreadTokens tokens = run_blocking(executor, threader.finish(pace));
    std::vector<bool> seen(count);
    std::int64_t depth = 0;
    for (const std::uint32_t token : tokens) {
      if (token == thread_token::kOpen) {
        ++depth;
      } else if (token == thread_token::kClose) {
        check(--depth >= 0);
      } else {
        check(depth > 0 && token < count && !seen[token]);
        seen[token] = true;
      }
    }
    check(depth == 0 &&
          std::count(seen.begin(), seen.end(), true) == static_cast<std::ptrdiff_t>(count));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const BaseSubject base = base_subject(text);
  check(base.text.size() <= text.size());
  check(base_subject(base.text).text == base.text);
  for (const std::string& id : message_ids(text)) check(id.size() <= kMaxMessageId);
  check(message_ids(text).size() <= kMaxReferences);
  check(collation_key(text).size() <= kMaxCollated);
  (void)read_envelope(text);
  check_threads(data, size);
  return 0;
}
