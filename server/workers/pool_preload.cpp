// SPDX-License-Identifier: Apache-2.0
// The preloading part of PoolSupervisor: the first process of a generation imports the app, and the
// workers are forked from it. It lasts as long as they do, since only their parent learns how they
// ended.
#include "server/base/text.h"
#include "server/workers/pool_supervisor.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

bool PoolSupervisor::preloads(const Generation &generation) const
{
    return generation.spec.settings.poolPreload && !m_spec.settings.reloadOnSave
        && generation.preloadRefused.empty();
}

/// The one that can fork a worker of this generation now, or nullptr.
WorkerProcess *PoolSupervisor::preloaderOf(uint64_t generation) noexcept
{
    for (const Worker &worker : m_workers) {
        if (worker->state() == WorkerState::Preloader && !worker->isPlanned()
            && worker->identity().generation == generation && !worker->forker()->isBroken())
            return worker.get();
    }
    return nullptr;
}

/// How many of the workers that are lacking may be started: one, which becomes the preloader, where
/// there is to be one and is not yet.
size_t PoolSupervisor::startsAtOnce(const Generation &generation, size_t lacking)
{
    if (!preloads(generation) || preloaderOf(generation.number))
        return lacking;
    const size_t starting = count(WorkerState::Starting, generation.number);
    return starting > 0 ? 0 : std::min<size_t>(lacking, 1);
}

/// True: it is a preloader, and no worker.
bool PoolSupervisor::hearPreloads(WorkerProcess &worker, const ReadyReport &report)
{
    if (report.preloads && worker.forker()) {
        worker.becomePreloader();
        say(fmt::format("process {} has imported the app of generation {} after {}; its workers "
                        "are forked from it",
                        worker.pid(), worker.identity().generation,
                        formatDuration(static_cast<double>(worker.age().count()) / 1000)));
        reconcile();
        return true;
    }
    Generation &generation = isCandidate(worker) ? *m_candidate : m_serving;
    if (!report.preloadRefused.empty() && generation.number == worker.identity().generation) {
        generation.preloadRefused = report.preloadRefused;
        say(fmt::format("pool.preload has no effect on generation {}: {}; its workers are started "
                        "one by one",
                        generation.number, generation.preloadRefused),
            LogLevel::Warning);
    }
    return false;
}

void PoolSupervisor::workerForked(WorkerProcess &worker)
{
    if (const std::string ready = worker.takeReady(); !ready.empty())
        hearReady(worker, ready);
}

/// Those without a worker that has to be forked, or whose fate has to be asked for.
void PoolSupervisor::retirePreloaders()
{
    for (const Worker &worker : m_workers) {
        if (worker->state() != WorkerState::Preloader || worker->isPlanned())
            continue;
        if (worker->forker()->isBroken()) {
            if (!worker->forker()->fault().empty() && !worker->isCondemned())
                worker->condemn(EndKind::Protocol, worker->forker()->fault());
            continue; // else it has ended, and that is about to be heard
        }
        const uint64_t number = worker->identity().generation;
        const bool isServing = number == m_serving.number && !m_serving.gaveUp && !m_asleep;
        const bool isParent = std::any_of(m_workers.begin(), m_workers.end(), [&](const Worker &w) {
            return w != worker && w->forker() == worker->forker();
        });
        if (isParent || (m_running && (isServing || isCandidate(*worker))))
            continue;
        retire(*worker,
               {EndKind::Stopped, "had no more workers to fork, and none that it had forked"});
    }
}

} // namespace arc
