// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace arc {

/// What all processes of a process group use together.
struct GroupFigures {
    int processes = 0;
    int64_t memoryBytes = 0; ///< as readMemory() tells
    double cpuSeconds = 0;   ///< of those that are there now
};
/// Of these groups; those that are gone have no processes. Reads much of /proc: for the blocking
/// pool.
std::map<int, GroupFigures> readGroups(const std::vector<int> &groups);

} // namespace arc
