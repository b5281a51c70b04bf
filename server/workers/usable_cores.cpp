// SPDX-License-Identifier: Apache-2.0
#include "server/workers/usable_cores.h"
#include "server/base/text.h"
#include "server/workers/app_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <sstream>

#include <sched.h>

namespace arc {

namespace {

std::string readText(const std::string &path)
{
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string firstLine(const std::string &path)
{
    const std::string text = readText(path);
    return text.substr(0, text.find('\n'));
}

/// The smallest quota from a group up to the root of its hierarchy.
double smallestQuota(const std::string &mount, std::string group,
                     double (*quotaOf)(const std::string &))
{
    double smallest = 0;
    for (;;) {
        const double quota = quotaOf(mount + group);
        if (quota > 0 && (smallest == 0 || quota < smallest))
            smallest = quota;
        if (group.empty() || group == "/")
            return smallest;
        const size_t parent = group.rfind('/');
        group.resize(parent == group.npos ? 0 : parent);
    }
}

double quotaOfVersion2(const std::string &folder)
{
    return cpuQuota(firstLine(folder + "/cpu.max"));
}

double quotaOfVersion1(const std::string &folder)
{
    return cpuQuota(firstLine(folder + "/cpu.cfs_quota_us") + " "
                    + firstLine(folder + "/cpu.cfs_period_us"));
}

unsigned affinityCores() noexcept
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return static_cast<unsigned>(CPU_COUNT(&set));
}

} // namespace

double cpuQuota(std::string_view maxAndPeriod)
{
    const auto parts = split(maxAndPeriod, ' ');
    if (parts.size() != 2)
        return 0;
    const double quota = parseDouble(parts[0]).value_or(0); // "max" and -1: no limit
    const double period = parseDouble(parts[1]).value_or(0);
    return quota > 0 && period > 0 ? quota / period : 0;
}

namespace {

/// What the control groups and the affinity of this moment allow: a dozen small files.
unsigned lookUpCores()
{
    double quota = 0;
    const std::string groups = readText("/proc/self/cgroup");
    for (const std::string_view line : split(groups, '\n')) {
        const auto parts = split(line, ':'); // "0::/user.slice", "4:cpu,cpuacct:/docker/..."
        if (parts.size() < 3)
            continue;
        const std::string group(parts[2]);
        double found = 0;
        if (parts[0] == "0" && parts[1].empty())
            found = smallestQuota("/sys/fs/cgroup", group, quotaOfVersion2);
        for (const std::string_view controller : split(parts[1], ',')) {
            if (controller == "cpu")
                found = smallestQuota("/sys/fs/cgroup/cpu", group, quotaOfVersion1);
        }
        if (found > 0 && (quota == 0 || found < quota))
            quota = found;
    }
    const unsigned cores = affinityCores();
    if (quota <= 0)
        return cores;
    return std::clamp(static_cast<unsigned>(std::ceil(quota)), 1u, cores);
}

} // namespace

unsigned usableCores()
{
    // Pools ask every second, but somebody gives or takes a core once a month.
    constexpr std::chrono::seconds kAge {10};
    static std::atomic<unsigned> known {0};
    static std::atomic<std::chrono::steady_clock::time_point> knownAt {};
    const auto now = std::chrono::steady_clock::now();
    unsigned cores = known.load(std::memory_order_acquire);
    if (cores > 0 && now - knownAt.load(std::memory_order_relaxed) < kAge)
        return cores;
    cores = lookUpCores();
    knownAt.store(now, std::memory_order_relaxed);
    known.store(cores, std::memory_order_release);
    return cores;
}

} // namespace arc
