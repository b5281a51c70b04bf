// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// CPU and memory of this machine and of this process, from /proc, as change since the last call.
/// Control loop only.
class HostSampler {
public:
    explicit HostSampler(std::string procDirectory = "/proc");

    /// `elapsedSeconds` since the last call. The first call knows no CPU figures.
    api::HostFigures sample(double elapsedSeconds);

private:
    struct CoreTimes {
        uint64_t busy = 0;
        uint64_t all = 0;
    };
    void sampleCpu(api::HostFigures &figures);
    void sampleMemory(api::HostFigures &figures) const;
    void sampleSelf(api::HostFigures &figures, double elapsedSeconds);
    std::string read(std::string_view name) const;

    const std::string m_proc;
    std::vector<CoreTimes> m_cores; // [0] is the sum of all
    uint64_t m_selfTicks = 0;
    bool m_hasSelf = false;
};

} // namespace arc
