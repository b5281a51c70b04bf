// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <functional>
#include <string>

namespace arc {

/// Whether the engine of this user goes on without a login, and the switch for that. The window
/// only asks; the program that opens the window implements it. No call blocks; each callback runs
/// once, on any thread.
class KeepServing {
public:
    struct State {
        bool on = false;
        bool possible = false;
        std::string why; ///< one sentence, when it is not possible here
    };
    virtual ~KeepServing() = default;

    virtual void look(std::function<void(Result<State>)> done) = 0;
    /// The answer is a sentence for the user, welcome or not. May take as long as somebody needs to
    /// type a password.
    virtual void set(bool on, std::function<void(Result<std::string>)> done) = 0;
};

} // namespace arc
