// Relevancy of what a FUZZY search found (RFC 6203 §4).
//
// A score says how likely the message is the one that is looked for: the words of the fuzzy keys
// count most in the subject, in one piece more than apart, then in the names and addresses of the
// header; newer messages before older ones. 1 is a message that has them somewhere in its text and
// is the oldest found, 100 the newest with the very text in its subject and among its
// correspondents.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/interval_set.h"
#include "base/result.h"
#include "base/task.h"
#include "imap/search_program.h"
#include "mailstore/account.h"
#include "mailstore/version.h"

namespace postern::search {

// 1 to 100 for each of `found` that is in `view`, in their order. Reads their stored records, no
// bodies; one that cannot be read, and those read together with it, score by their age alone.
// Yields as search() does. `account` outlives the await.
[[nodiscard]] task<Result<std::vector<std::uint8_t>>> score(mailstore::Account& account,
                                                            mailstore::VersionPtr view,
                                                            imap::SearchProgram program,
                                                            UidSet found);

}  // namespace postern::search
