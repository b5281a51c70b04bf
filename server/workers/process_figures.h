// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace arc {

/// What the kernel knows of a process. Zero where it says nothing.
struct ProcessFigures {
    int64_t memoryBytes = 0; ///< PSS where readable, else RSS
    double cpuSeconds = 0;   ///< user and system
};
/// Reads /proc; a millisecond for a large process, so not on an I/O loop.
ProcessFigures readProcessFigures(int pid);
/// Processes the kernel has killed for want of memory since the machine started; -1 when it does
/// not say.
int64_t oomKills();

/// Memory that new processes could use: of this machine, and of the control groups (version 2) this
/// process is in. -1: unknown.
int64_t memoryAvailable();

} // namespace arc
