// sort() and thread(): the order of messages that a search found (RFC 5256 §3). Keys come from rows
// and stored records, never from bodies. O(n log n); both give way to others every few
// milliseconds.
#pragma once

#include <string>
#include <vector>

#include "imap/search_options.h"
#include "mailstore/account.h"
#include "mailstore/version.h"
#include "search/search.h"
#include "search/thread.h"

namespace postern::search {

struct SortedMessage {
  std::string key;  // sort_key()
  Uid uid;
  // RFC 5256 §3: the implicit last criterion is the sequence number; UIDs are in the same order.
  friend bool operator<(const SortedMessage& a, const SortedMessage& b) {
    const int order = a.key.compare(b.key);
    return order != 0 ? order < 0 : a.uid < b.uid;
  }
};

// Those of `uids` that are in `view`, in order. Fails with the store's error when the account
// cannot be read, kUnavailable when `stop` says so; a message that cannot be read has empty texts.
// `scores`: of those messages, in UID order, where a criterion is RELEVANCY.
// `account` outlives the await.
[[nodiscard]] task<Result<std::vector<SortedMessage>>> sort(
    mailstore::Account& account, mailstore::VersionPtr view, UidSet uids,
    std::vector<imap::SortCriterion> criteria, Stop stop, std::vector<std::uint8_t> scores = {});

struct Threads {
  ThreadTokens tokens;
  std::vector<Uid> uids;  // what the numbers in `tokens` stand for
};
// Likewise.
[[nodiscard]] task<Result<Threads>> thread(mailstore::Account& account, mailstore::VersionPtr view,
                                           UidSet uids, imap::ThreadAlgorithm algorithm, Stop stop);

}  // namespace postern::search
