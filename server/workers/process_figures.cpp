// SPDX-License-Identifier: Apache-2.0
#include "server/workers/process_figures.h"

#include "server/base/text.h"
#include "server/workers/control_group.h"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

namespace arc {

MemoryFigures readMemory(int pid)
{
    const std::string folder = fmt::format("/proc/{}/", pid);
    const std::string rollup = readKernelFile(folder + "smaps_rollup");
    const int64_t pssKiB = numberAfter(rollup, "Pss:");
    const int64_t cleanKiB = numberAfter(rollup, "Shared_Clean:");
    const int64_t dirtyKiB = numberAfter(rollup, "Shared_Dirty:");
    if (pssKiB >= 0)
        return {.bytes = pssKiB * 1024,
                .sharedBytes = cleanKiB < 0 || dirtyKiB < 0 ? -1 : (cleanKiB + dirtyKiB) * 1024};
    const std::string statm = readKernelFile(folder + "statm");
    const auto fields = split(statm, ' ');
    const int64_t pages = fields.size() > 1 ? parseSigned(fields[1]).value_or(0) : 0;
    return {.bytes = pages * ::sysconf(_SC_PAGESIZE)};
}

int64_t readPeakMemoryBytes(int pid)
{
    const int64_t kiB = numberAfter(readKernelFile(fmt::format("/proc/{}/status", pid)), "VmHWM:");
    return std::max<int64_t>(0, kiB) * 1024;
}

char readProcessState(int pid)
{
    const std::string stat = readKernelFile(fmt::format("/proc/{}/stat", pid));
    const size_t nameEnd = stat.rfind(')');
    return nameEnd != stat.npos && nameEnd + 2 < stat.size() ? stat[nameEnd + 2] : '?';
}

int readParentPid(int pid)
{
    const std::string stat = readKernelFile(fmt::format("/proc/{}/stat", pid));
    const size_t nameEnd = stat.rfind(')'); // the name may hold anything
    const auto fields = split(std::string_view(stat).substr(std::min(nameEnd, stat.size())), ' ');
    return fields.size() > 2 ? static_cast<int>(parseSigned(fields[2]).value_or(0)) : 0;
}

double readCpuSeconds(int pid)
{
    // Field 2 of stat is the program's name in brackets and may hold anything: count from behind
    // it.
    const std::string stat = readKernelFile(fmt::format("/proc/{}/stat", pid));
    const size_t nameEnd = stat.rfind(')');
    if (nameEnd != stat.npos) {
        const auto fields = split(std::string_view(stat).substr(nameEnd + 1), ' ');
        constexpr size_t kUserTime = 12; // fields 14 and 15 of proc(5)
        if (fields.size() > kUserTime + 1) {
            const int64_t ticks = parseSigned(fields[kUserTime]).value_or(0)
                + parseSigned(fields[kUserTime + 1]).value_or(0);
            return static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
        }
    }
    return 0;
}

int64_t memoryAvailable()
{
    return memoryAvailable(KernelFolders {});
}

int64_t oomKills()
{
    const std::string groups = readKernelFile("/proc/self/cgroup");
    const size_t begin = groups.find("0::/");
    if (begin != groups.npos) {
        const std::string group = groups.substr(begin + 3, groups.find('\n', begin) - begin - 3);
        const int64_t own =
            numberAfter(readKernelFile("/sys/fs/cgroup" + group + "/memory.events"), "oom_kill ");
        if (own >= 0)
            return own;
    }
    return numberAfter(readKernelFile("/proc/vmstat"), "oom_kill ");
}

} // namespace arc
