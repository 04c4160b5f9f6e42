// SearchUpdates: the results that a session is told the changes of (RFC 5267 §4.3), all of its
// selected mailbox.
//
// The view asks twice when it moves: before it tells EXPUNGE, because REMOVEFROM by number comes
// first, and after it told EXISTS and FETCH, because ADDTO by number comes last. One owner, one
// coroutine.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "imap/command.h"
#include "search/sort.h"

namespace postern::session {

struct Context;

struct SearchUpdate {
  std::string tag;
  std::string head;  // "* ESEARCH (TAG ...)": the beginning of each response
  imap::Addressing by = imap::Addressing::kSequence;
  bool sorted = false;                        // SORT: positions count; SEARCH: mailbox order
  std::vector<imap::SortCriterion> criteria;  // SORT
  imap::SearchProgram program;                // its numbers and "$" bound to UIDs
  UidSet found;                               // what the client knows to match
  std::vector<search::SortedMessage> order;   // SORT: the same messages
  [[nodiscard]] bool uses_star() const;
};

class SearchUpdates {
 public:
  // LIMIT: of one session. Every change of the mailbox is looked at with each program.
  static constexpr std::size_t kMax = 10;
  // LIMIT: of them, sorted ones; they hold a key of each message.
  static constexpr std::size_t kMaxSorted = 4;

  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] bool has(std::string_view tag) const;
  // Takes over `update`, with `program` bound to what its numbers and "$" mean now (RFC 5267
  // §4.3). False past a limit.
  bool add(SearchUpdate update, imap::SearchProgram program, const mailstore::MailboxVersion& shown,
           const UidSet& saved_result);
  bool cancel(std::string_view tag);  // false when there is none
  void clear() { list_.clear(); }

  // REMOVEFROM for messages that are gone, while the view still shows them. False when the peer is
  // gone. `context` owns this and outlives the await.
  task<bool> tell_expunged(Context& context, UidSet vanished);
  // REMOVEFROM and ADDTO for those of `changed` that match no more or match now, in `newest`; the
  // view shows them already. `ends`: the messages that were and are the last of the mailbox, whose
  // match may change without themselves changing.
  task<bool> tell_changed(Context& context, mailstore::VersionPtr newest, UidSet changed,
                          UidSet ends);

 private:
  std::vector<SearchUpdate> list_;
};

// RFC 5267 §4.3.1.
void append_no_update(std::string& out, std::string_view tag, std::string_view text);

}  // namespace postern::session
