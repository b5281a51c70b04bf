// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace arc {

// What the kernel knows of a process, from /proc. Zero where it says nothing.

/// User and system time since it started. Some ten microseconds.
double readCpuSeconds(int pid);
/// The state letter of proc(5): 'R' runs, 'S' sleeps, 'D' waits for a device, 'T' is stopped ...
/// '?' when unknown.
char readProcessState(int pid);
int readParentPid(int pid);
struct MemoryFigures {
    int64_t bytes = 0;        ///< PSS where readable, else RSS
    int64_t sharedBytes = -1; ///< resident, and mapped by other processes too; -1: unknown
};
/// The kernel walks the whole address space for it: a millisecond for a large process, so not on an
/// I/O loop, and not every second.
MemoryFigures readMemory(int pid);
/// Most that was resident at once since its program began. Cheap.
int64_t readPeakMemoryBytes(int pid);
/// Processes the kernel has killed for want of memory: of our control group (version 2) since it
/// was made, else of the machine since it started; -1 when it does not say.
int64_t oomKills();

/// Memory that new processes could use: of this machine, and of the control groups this process
/// is in. -1: unknown.
int64_t memoryAvailable();

} // namespace arc
