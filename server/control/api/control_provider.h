// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/control.h"

#include <memory>
#include <string>

namespace arc {

/// Hands out the engine's Control on behalf of somebody: changes made through it carry the author
/// into the history. Lives on the control loop, as do the Controls it returns; a Control outlives
/// its last call's callback.
class ControlProvider {
public:
    virtual ~ControlProvider() = default;
    /// The role was checked by the caller for each operation; the provider may check it again.
    virtual std::shared_ptr<Control> as(std::string author, Role role) = 0;
};

} // namespace arc
