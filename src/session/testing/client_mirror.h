// ClientMirror: what a client knows of its mailbox from the responses alone, as a careful client
// would keep it; a response that contradicts what was told before is an error.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "session/testing/mailbox_model.h"

namespace postern::session {

// "1,3:5" as numbers; nullopt when it is no set.
[[nodiscard]] std::optional<ModelUids> parse_numbers(std::string_view text);
[[nodiscard]] std::string to_set(const ModelUids& numbers);

struct Told {  // of one message; nullopt: not told
  std::optional<std::uint8_t> flags;
  std::optional<std::uint64_t> modseq;
};

class ClientMirror {
 public:
  // A new SELECT; `cached` is what a QRESYNC client still knows.
  void open(std::map<std::uint32_t, Told> cached);

  // Takes all lines of an answer up to and including the tagged one, or all of what came without a
  // command (empty tag). `newer` are the UIDs that EXISTS may add, ascending. False: `error` says
  // why.
  bool take(std::string_view answer, std::string_view tag, const ModelUids& newer);

  // -- of the last take()
  std::string tagged;                  // "OK ...": the tagged line behind its tag
  std::string rest;                    // what came behind it
  bool expunged = false;               // EXPUNGE or VANISHED came
  std::vector<std::uint32_t> fetched;  // sequence numbers of FETCH responses
  std::map<std::uint32_t, std::vector<std::uint8_t>> flags_told;  // by UID, in order
  std::set<std::uint32_t> earlier;                                // VANISHED (EARLIER)
  std::optional<ModelUids> found;                                 // ESEARCH ALL
  std::vector<std::string> status, other;  // STATUS lines; what is not understood here
  std::string error;

  // -- knowledge
  std::vector<std::uint32_t> uids;      // by sequence number
  std::map<std::uint32_t, Told> known;  // by UID
  std::uint64_t resume = 0;             // the MODSEQ to come back with

 private:
  bool line(std::string_view text, const ModelUids& newer);
  bool exists(std::uint32_t count, const ModelUids& newer);
  bool fetch(std::uint32_t seq, std::string_view items);
  bool vanished(std::string_view text);
  bool complain(std::string_view what, std::string_view text);
};

}  // namespace postern::session
