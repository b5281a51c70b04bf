// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/core/supervisor.h"

#include <string>

namespace arc {

/// `--take-over`: takes the place of the engine that serves `dataDir` now and answers at
/// `controlSocket`. Its listening sockets go to `supervisor`; then it answers what it has, and this
/// call returns when it has ended (at most kPatience). New connections wait meanwhile, none is
/// refused. Nobody answers there: nothing to do. Conflict: that engine serves another directory.
/// Main thread, before the engine is made.
Result<void> takeOver(const std::string &controlSocket, const std::string &dataDir,
                      Supervisor &supervisor);

} // namespace arc
