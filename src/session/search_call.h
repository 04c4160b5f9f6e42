// The one call from the session into message search.
#pragma once

#include "base/interval_set.h"
#include "base/result.h"
#include "base/task.h"
#include "imap/search_program.h"
#include "session/context.h"

namespace postern::session {

// UIDs of the rows of the shown version that satisfy the program, ascending.
task<Result<UidSet>> find_messages(Context& context, const imap::SearchProgram& program);

}  // namespace postern::session
