#include "session/session_metrics.h"

#include <array>
#include <deque>
#include <string>

#include "base/ascii.h"
#include "base/metrics.h"
#include "imap/parser.h"

namespace postern::session {
namespace {

constexpr std::string_view kHelp = "IMAP commands answered, by command and result";
constexpr std::array<std::string_view, 3> kResults = {"ok", "no", "bad"};

class CommandCounters {
 public:
  CommandCounters() {
    for (std::size_t i = 0; i <= imap::kCommandCount; ++i) {
      const std::string name = i < imap::kCommandCount
                                   ? to_lower(imap::to_string(static_cast<imap::CommandId>(i)))
                                   : "unknown";
      for (const std::string_view result : kResults) {
        labels_.push_back("command=\"" + name + "\",result=\"" + std::string(result) + "\"");
        counters_.emplace_back("postern_imap_commands_total", kHelp, labels_.back());
      }
    }
  }
  Counter& at(std::size_t command, std::size_t result) {
    return counters_[command * kResults.size() + result];
  }

 private:
  std::deque<std::string> labels_;  // the counters view them
  std::deque<Counter> counters_;
};

CommandCounters& counters() {
  static CommandCounters table;
  return table;
}

constexpr std::string_view kSeconds = "postern_imap_command_seconds";
constexpr std::string_view kSecondsHelp = "Time from a parsed IMAP command to its tagged answer";

Histogram auth_seconds{kSeconds, kSecondsHelp, "family=\"auth\""};
Histogram select_seconds{kSeconds, kSecondsHelp, "family=\"select\""};
Histogram list_seconds{kSeconds, kSecondsHelp, "family=\"list\""};
Histogram mailbox_seconds{kSeconds, kSecondsHelp, "family=\"mailbox\""};
Histogram append_seconds{kSeconds, kSecondsHelp, "family=\"append\""};
Histogram fetch_seconds{kSeconds, kSecondsHelp, "family=\"fetch\""};
Histogram search_seconds{kSeconds, kSecondsHelp, "family=\"search\""};
Histogram change_seconds{kSeconds, kSecondsHelp, "family=\"change\""};
Histogram other_seconds{kSeconds, kSecondsHelp, "family=\"other\""};

Histogram* family(imap::CommandId id) {
  using imap::CommandId;
  switch (id) {
    case CommandId::kLogin:
    case CommandId::kAuthenticate:
      return &auth_seconds;
    case CommandId::kSelect:
    case CommandId::kExamine:
      return &select_seconds;
    case CommandId::kList:
    case CommandId::kLsub:
    case CommandId::kStatus:
      return &list_seconds;
    case CommandId::kCreate:
    case CommandId::kDelete:
    case CommandId::kRename:
    case CommandId::kSubscribe:
    case CommandId::kUnsubscribe:
      return &mailbox_seconds;
    case CommandId::kAppend:
    case CommandId::kReplace:
      return &append_seconds;
    case CommandId::kFetch:
      return &fetch_seconds;
    case CommandId::kSearch:
      return &search_seconds;
    case CommandId::kStore:
    case CommandId::kCopy:
    case CommandId::kMove:
    case CommandId::kExpunge:
    case CommandId::kClose:
      return &change_seconds;
    case CommandId::kIdle:
      return nullptr;  // lasts as long as its client likes
    default:
      return &other_seconds;
  }
}

// Registered at the start of the process, so that every row is there from the first scrape on.
[[maybe_unused]] const CommandCounters& registered = counters();

}  // namespace

void count_command(std::optional<imap::CommandId> id, Reply::Status status) {
  counters()
      .at(id ? static_cast<std::size_t>(*id) : imap::kCommandCount,
          static_cast<std::size_t>(status))
      .add();
}

void observe_command(imap::CommandId id, Duration took) {
  if (Histogram* const histogram = family(id)) {
    histogram->observe(std::chrono::duration<double>(took).count());
  }
}

}  // namespace postern::session
