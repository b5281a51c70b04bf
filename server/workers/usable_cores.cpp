// SPDX-License-Identifier: Apache-2.0
#include "server/workers/app_pool.h"
#include "server/workers/control_group.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>

#include <sched.h>

namespace arc {

namespace {

unsigned affinityCores() noexcept
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return static_cast<unsigned>(CPU_COUNT(&set));
}

/// What the control groups and the affinity of this moment allow: a dozen small files.
unsigned lookUpCores()
{
    const double quota = groupCores();
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
