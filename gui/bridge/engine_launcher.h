// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <functional>
#include <string>

namespace arc {

/// Starts the engine of this machine and knows why it ended. The window only asks; the program
/// that opens the window implements it. Neither call blocks; the callback runs once, on any thread.
class EngineLauncher {
public:
    virtual ~EngineLauncher() = default;

    virtual void start(std::function<void(Result<void>)> done) = 0;
    /// One sentence about the engine's last end; empty when it is not known to have ended.
    virtual std::string lastCause() = 0;
};

} // namespace arc
