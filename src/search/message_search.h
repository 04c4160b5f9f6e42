// Decides the leaves of one message that its row does not: from its record, its header, its text.
#pragma once

#include "mailstore/account.h"
#include "search/pace.h"
#include "search/plan.h"

namespace postern::search {

// From the stored record, without I/O. Leaves whose header field the record does not keep stay
// unknown.
void decide_by_record(const Plan& plan, EmailId email, const mime::MessageInfo& info,
                      Evaluation& evaluation);

// Reads of the message what open leaves need, and stops as soon as the program's value is known.
// The message's error is returned, or kLimit when the pace is exhausted. All references outlive the
// await.
[[nodiscard]] task<Result<Truth>> decide_by_reading(const Plan& plan, mailstore::Account& account,
                                                    EmailId email, const mime::MessageInfo& info,
                                                    Evaluation& evaluation, Pace& pace);

}  // namespace postern::search
