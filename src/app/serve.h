// serve: from the command line to the ready line, the signals, and the end.
#pragma once

#include "config/load.h"

namespace postern::app {

// The exit code: 0 after SIGTERM or SIGINT, 1 with one line on stderr when it could not start.
[[nodiscard]] int serve(const config::Request& request);

}  // namespace postern::app
