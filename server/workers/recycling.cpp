// SPDX-License-Identifier: Apache-2.0
#include "server/workers/recycling.h"

#include "server/base/text.h"
#include "server/config/word_lists.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

namespace arc {

RecycleRules recycleRules(const Settings &settings)
{
    return {.requests = settings.recycleRequests,
            .memoryBytes = settings.recycleMemoryMiB * 1024 * 1024,
            .age = settings.recycleAge,
            .daily = minutesOf(settings.recycleAt),
            .jitter = static_cast<double>(settings.recycleJitterPercent) / 100};
}

std::string recycleReason(const RecycleRules &rules, const RecycleFacts &facts, int64_t nowUnixMs)
{
    const double share = 1 - rules.jitter * facts.luck;
    const auto least = [share](int64_t limit) {
        return std::max<int64_t>(1, std::llround(static_cast<double>(limit) * share));
    };
    if (rules.memoryBytes > 0 && facts.memoryBytes > rules.memoryBytes)
        return fmt::format("was recycled: it used {} of memory, and pool.recycle_memory_mib "
                           "allows {}",
                           formatBytes(static_cast<double>(facts.memoryBytes)),
                           formatBytes(static_cast<double>(rules.memoryBytes)));
    if (rules.requests > 0 && facts.requests >= least(rules.requests))
        return fmt::format("was recycled: it had answered {} requests (pool.recycle_requests)",
                           facts.requests);
    const int64_t ageMs = nowUnixMs - facts.startedUnixMs;
    if (rules.age.count() > 0 && ageMs >= least(rules.age.count() * 1000))
        return fmt::format("was recycled: it was {} old (pool.recycle_age_s)",
                           formatDuration(static_cast<double>(ageMs) / 1000));
    if (facts.startedUnixMs < lastDaily(rules.daily, nowUnixMs))
        return "was recycled: it was time (pool.recycle_at)";
    return {};
}

int64_t lastDaily(const std::vector<int> &minutes, int64_t nowUnixMs)
{
    const auto now = static_cast<time_t>(nowUnixMs / 1000);
    time_t last = 0;
    for (const int minute : minutes) {
        for (const int daysAgo : {0, 1}) {
            std::tm local {};
            ::localtime_r(&now, &local);
            local.tm_mday -= daysAgo; // mktime() sets days outside of the month right
            local.tm_hour = minute / 60;
            local.tm_min = minute % 60;
            local.tm_sec = 0;
            local.tm_isdst = -1; // as it is at that time
            const time_t at = std::mktime(&local);
            if (at <= now)
                last = std::max(last, at);
        }
    }
    return int64_t {last} * 1000;
}

double luckOf(uint32_t number) noexcept
{
    constexpr double kGoldenRatio = 0.6180339887498949;
    return std::fmod(number * kGoldenRatio, 1.0);
}

} // namespace arc
