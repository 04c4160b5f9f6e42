// The session room's metrics: one static table, so that no label ever comes from a peer.
#pragma once

#include <optional>

#include "base/clock.h"
#include "imap/command.h"
#include "session/reply.h"

namespace postern::session {

// postern_imap_commands_total{command=...,result=...}; nullopt: a command that could not be told.
void count_command(std::optional<imap::CommandId> id, Reply::Status status);
// postern_imap_command_seconds{family=...}
void observe_command(imap::CommandId id, Duration took);

}  // namespace postern::session
