// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/connection_url.h"

#include <chrono>
#include <string>

namespace arc {

/// For one address of one server to accept a connection.
constexpr std::chrono::milliseconds kConnectTime {3000};

struct Reached {
    bool isReachable = false;
    std::string message; ///< one sentence
};

/// Whether something accepts connections there, or a file can be written by this process's user,
/// under which apps run. Nothing is sent. Blocks: for kConnectTime at most, and before that for as
/// long as the system's resolver takes to look a name up.
Reached checkConnection(const ConnectionTarget &target);

} // namespace arc
