// Progress: tells the client of a long command how far it is (INPROGRESS, RFC 9585), so that it
// does not take the silence for a dead connection, and stops the command of a session that must
// end.
//
// A command that is done before the first notice is due sends none.
#pragma once

#include <string>
#include <string_view>

#include "search/search.h"
#include "session/context.h"

namespace postern::session {

class Progress final : public search::SearchObserver {
 public:
  // RFC 9585 §4: every 10 to 15 seconds.
  static constexpr Duration kInterval = std::chrono::seconds(10);

  // `tag` of the command. The context outlives this.
  Progress(Context& context, std::string_view tag);

  [[nodiscard]] bool due() override;
  task<bool> report(std::uint64_t done, std::uint64_t total) override;

 private:
  Context& context_;
  std::string tag_;  // as the response has it
  TimePoint next_;
};

}  // namespace postern::session
