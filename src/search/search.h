// search(): which messages of a mailbox version satisfy a search program (RFC 9051 §6.4.4).
//
// Keys are answered from the cheapest thing that knows: the row (flags, size, dates, UID, MODSEQ),
// the stored structure record (the usual header fields, the Date), the header, and only then the
// text of the message, streamed in pieces. A message is read no further than its answer needs: an
// AND with a false cheap part never opens a body.
//
// What matches: a key's text is a substring of what it looks at, both as i;unicode-casemap prepares
// them (mime::unicode_casemap, RFC 5255 §4.2). Under FUZZY (RFC 6203) each word of the text must be
// in it, in any order, compared as people do (mime::fold); keys without a text are exact. Header
// fields are compared decoded (RFC 2047) and unfolded; the empty string matches every message that
// has the field. BODY looks at text parts, decoded to UTF-8, and at the headers of embedded
// messages; TEXT also at the message's header and the MIME headers of its parts. Attachments that
// are no text are not looked into.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/ids.h"
#include "base/interval_set.h"
#include "base/result.h"
#include "base/task.h"
#include "imap/search_program.h"
#include "mailstore/account.h"
#include "mailstore/version.h"

namespace postern::search {

inline constexpr std::size_t kMaxSearchNodes = 2000;  // LIMIT: of a program
// LIMIT: octets of a header that HEADER and TEXT look at; the MIME pass has the same bound.
inline constexpr std::size_t kMaxSearchedHeader = 1 << 20;

// Asked between the messages of a search, so that a long one can say how far it is, and stop.
class SearchObserver {
 public:
  virtual ~SearchObserver() = default;
  // Cheap; true when report() is to be called.
  [[nodiscard]] virtual bool due() = 0;
  // `done` of `total` messages are looked at. False: stop; the search fails with kUnavailable.
  virtual task<bool> report(std::uint64_t done, std::uint64_t total) = 0;
};

// Asked now and then by what may take long: true when nobody waits for its answer any more.
using Stop = std::function<bool()>;

struct SearchContext {
  UidSet recent;                       // messages that are \Recent for the session
  UidSet saved_result;                 // what "$" names (RFC 9051 §6.4.4.1)
  std::int64_t now = 0;                // unix seconds, for OLDER and YOUNGER (RFC 5032 §2)
  SearchObserver* observer = nullptr;  // outlives the search; may be null
  // LIMIT: octets read times keys that look at them, summed over the search; past it kLimit.
  std::uint64_t max_work = std::uint64_t{1} << 38;
  std::optional<UidSet> within;  // only these are looked at; all when absent
  Stop stop;                     // may be empty
};

struct SearchHits {
  UidSet uids;
  SeqSet seqs;              // the same messages
  ModSeq highest_modseq{};  // of them (RFC 7162 §3.1.5); 0 when there are none
};

// Fails with kInvalid for a malformed program, kLimit past a limit, kUnavailable when `stop` says
// so, or the store's error when the account cannot be read. A single message that cannot be read
// (kCorrupt, kNotFound, kExpunged) satisfies only what its other keys decide. Yields to other
// coroutines of the executor every few milliseconds of work. `account` outlives the await.
[[nodiscard]] task<Result<SearchHits>> search(mailstore::Account& account,
                                              mailstore::VersionPtr view,
                                              imap::SearchProgram program, SearchContext context);

}  // namespace postern::search
