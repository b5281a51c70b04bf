// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/workers/app_pool.h"
#include "server/workers/worker_reports.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace arc {

/// One specification of an app and what became of the workers that were started with it.
struct Generation {
    uint64_t number = 0;
    AppSpec spec;         ///< its workers are started with this, however the newest one reads
    ReadyReport report;   ///< of the worker that became ready last
    bool proven = false;  ///< a worker of it was ready (and, of a candidate, stayed alive)
    int64_t failures = 0; ///< starts in a row that failed or died young
    bool gaveUp = false;
    bool isFollowed = true;     ///< by what runs beside the workers: it has other code or variables
    bool isOfSave = false;      ///< the next save tries again, so this one need not
    std::string cause;          ///< of the last failure
    std::string preloadRefused; ///< why it has no preloader, though pool.preload is on
    bool failedToStart = false; ///< that one: its worker never was ready
};

/// What a running worker was started with; everything else changes under it.
bool needsNewWorkers(const AppSpec &before, const AppSpec &after);

/// Of that, what commands beside the workers are started with as well.
bool needsNewCommands(const AppSpec &before, const AppSpec &after);

/// What the workers of older generations hear.
EndReason replacedBy(uint64_t generation);

/// How long to wait after so many failures in a row.
std::chrono::milliseconds backOffAfter(int64_t failures) noexcept;

} // namespace arc
