// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace arc {

/// Runs `body` on a thread of this name (at most 15 characters) that nobody waits for: the process
/// may end before it does, so it owns all it uses. Signals are blocked in it, as in every Thread.
void runDetached(std::string name, std::function<void()> body);

} // namespace arc
