// SPDX-License-Identifier: Apache-2.0
#include "server/workers/cpu_gauge.h"

#include "server/base/text.h"

#include <algorithm>
#include <utility>

#include <sched.h>

namespace arc {

namespace {

/// By number; empty when it is not told.
std::vector<bool> coresAllowed()
{
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<bool> allowed;
    if (::sched_getaffinity(0, sizeof set, &set) == 0) {
        for (size_t core = 0; core < CPU_SETSIZE; ++core)
            allowed.push_back(CPU_ISSET(core, &set));
    }
    return allowed;
}

} // namespace

CoreTicks ticksOf(std::string_view stat, const std::vector<bool> &allowed)
{
    constexpr size_t kIdle = 3;
    constexpr size_t kDiskWait = 4;
    constexpr size_t kKinds = 8; // those behind it are part of others
    CoreTicks sum;
    for (const std::string_view line : split(stat, '\n')) {
        if (!line.starts_with("cpu"))
            continue;
        const auto words = split(line.substr(3), ' ');
        const auto core = parseUnsigned(words.front());
        if (!core || (!allowed.empty() && (*core >= allowed.size() || !allowed[*core])))
            continue; // the first line is the sum of all
        for (size_t kind = 0; kind < kKinds && kind + 1 < words.size(); ++kind) {
            const int64_t ticks = parseSigned(words[kind + 1]).value_or(0);
            sum.all += ticks;
            sum.busy += kind == kIdle || kind == kDiskWait ? 0 : ticks;
        }
    }
    return sum;
}

double CpuGauge::readCores()
{
    const CoreTicks now = ticksOf(readKernelFile(m_from.proc + "/stat"), coresAllowed());
    const CoreTicks before = std::exchange(m_ticks, now);
    if (before.all == 0 || now.all <= before.all)
        return -1;
    const double share =
        static_cast<double>(now.busy - before.busy) / static_cast<double>(now.all - before.all);
    return std::clamp(share, 0.0, 1.0);
}

/// The fullest of them.
double CpuGauge::readGroups(double seconds)
{
    double fullest = -1;
    std::map<std::string, double> now;
    const GroupChain chain = groupsOf("cpu", m_from);
    for (const std::string &folder : chain.folders) {
        const double quota = cpuQuotaIn(folder, chain.version);
        const double used = quota > 0 ? cpuSecondsIn(folder, chain.version) : -1;
        if (used < 0)
            continue;
        now[folder] = used;
        const auto before = m_groupSeconds.find(folder);
        if (before != m_groupSeconds.end() && seconds > 0)
            fullest = std::max(fullest,
                               std::clamp((used - before->second) / (seconds * quota), 0.0, 1.0));
    }
    m_groupSeconds = std::move(now);
    return fullest;
}

double CpuGauge::read(SteadyTime now)
{
    const std::chrono::duration<double> since = now - std::exchange(m_at, now);
    const double cores = readCores();
    return std::max(cores, readGroups(since.count()));
}

} // namespace arc
