// SPDX-License-Identifier: Apache-2.0
#include "server/jobs/group_figures.h"

#include "server/jobs/leftovers.h"
#include "server/workers/process_figures.h"

#include <unistd.h>

namespace arc {

std::map<int, GroupFigures> readGroups(const std::vector<int> &groups)
{
    std::map<int, GroupFigures> found;
    for (const int group : groups)
        found.emplace(group, GroupFigures {});
    if (found.empty())
        return found;
    for (const int pid : allProcesses()) {
        const auto of = found.find(::getpgid(pid));
        if (of == found.end())
            continue;
        GroupFigures &figures = of->second;
        ++figures.processes;
        figures.memoryBytes += readMemory(pid).bytes;
        figures.cpuSeconds += readCpuSeconds(pid);
    }
    return found;
}

} // namespace arc
