// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/settings.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace arc {

// When a healthy worker is replaced: the thinking part, values in, values out.

/// The pool.recycle_ settings of an app. Zero and empty: no such rule.
struct RecycleRules {
    int64_t requests = 0;
    int64_t memoryBytes = 0;
    std::chrono::seconds age {0};
    std::vector<int> daily; ///< minutes after midnight, local time
    double jitter = 0;      ///< 0..1: share of requests and age that is taken off at most

    bool isAny() const noexcept
    {
        return requests > 0 || memoryBytes > 0 || age.count() > 0 || !daily.empty();
    }
};
RecycleRules recycleRules(const Settings &settings);

struct RecycleFacts {
    int64_t requests = 0; ///< answered
    int64_t memoryBytes = 0;
    int64_t startedUnixMs = 0;
    double luck = 0; ///< 0..1, of this worker: how much of the jitter it gets
};
/// Why a worker is due: a phrase, or empty when it is not.
std::string recycleReason(const RecycleRules &rules, const RecycleFacts &facts, int64_t nowUnixMs);

/// The last moment, now included, at which clocks showed one of these times; 0 when there is none.
int64_t lastDaily(const std::vector<int> &minutes, int64_t nowUnixMs);

/// Spreads workers evenly over 0..1, however many there are: multiples of the golden ratio.
double luckOf(uint32_t number) noexcept;

} // namespace arc
