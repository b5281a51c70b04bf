// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/control/api/control.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// What `arcology ctl` touches of the world, so that a test can be the world.
struct CtlWorld {
    /// The engine to speak to; both may be empty. Its callbacks may come on another thread.
    std::function<Result<std::unique_ptr<Control>>(const std::string &socketPath,
                                                   const std::string &dataDir)>
        connect;
    std::function<void(std::string_view)> out; ///< standard output
    std::function<void(std::string_view)> err; ///< standard error
    /// Waits; true as soon as the user asks to stop (Ctrl+C).
    std::function<bool(std::chrono::milliseconds)> pause;
    /// Called once before the first pause(): from now on Ctrl+C is ours.
    std::function<void()> catchInterrupts;
    /// A value that shall not stand on a command line: a line from the terminal, not shown while it
    /// is typed, or all of standard input where that is none (one line's end behind it goes).
    std::function<Result<std::string>(const std::string &name)> readValue;
    int columns = 0; ///< of the terminal that `out` goes to; 0: it goes to none
};

/// Runs one ctl command; the exit code of PRODUCT.md section 2, or that of a command run in a site.
/// `arguments` without the program's name: {"site", "list", "--json"}.
int runCtl(const std::vector<std::string> &arguments, const CtlWorld &world);

/// `arcology ctl VERB ...`: argv[0] is skipped, argv[1] is the verb. Blocks.
int ctlMain(int argc, char **argv);

} // namespace arc
