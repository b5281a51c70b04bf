// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/loop/event_loop.h"
#include "server/workers/control_group.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// Time of some cores since the machine started, in the kernel's ticks.
struct CoreTicks {
    int64_t busy = 0; ///< time that another machine's guests took counts as such, waiting for a
                      ///< disk does not
    int64_t all = 0;
};
/// Of /proc/stat: the cores that are allowed, or all when none is named.
CoreTicks ticksOf(std::string_view stat, const std::vector<bool> &allowed);

/// How much is in use, by whomever, of the processor that the engine may use: of its cores, and of
/// what its control groups grant. Confined to one thread.
class CpuGauge {
public:
    explicit CpuGauge(KernelFolders from = {}) : m_from(std::move(from)) { }

    /// 0..1, since the last call; -1 at the first one, and where the kernel does not say.
    double read(SteadyTime now);

private:
    double readCores();
    double readGroups(double seconds);

    const KernelFolders m_from;
    SteadyTime m_at {};
    CoreTicks m_ticks;
    std::map<std::string, double> m_groupSeconds; ///< by folder, of those that have a quota
};

} // namespace arc
