// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/workers/app_core.h"
#include "server/workers/app_pool.h"
#include "server/workers/output.h"
#include "server/workers/worker_process.h"
#include "server/workers/worker_reports.h"

#include <memory>
#include <string>
#include <vector>

namespace arc {

/// AppPool at work: keeps the number of workers, replaces what dies, rolls to a new specification
/// one worker at a time. Confined to the control loop.
///
/// Every change ends in reconcile(), which compares what is wanted with what there is and starts or
/// retires the rest. A generation is one specification; workers of older ones serve until a worker
/// of the newest is ready.
class PoolSupervisor final : public AppPool, public WorkerProcess::Owner {
public:
    /// loops: by EventLoop::index(). What create() calls; tests call it without HTTP.
    PoolSupervisor(AppSpec spec, Environment environment, std::vector<EventLoop *> loops);
    ~PoolSupervisor() override;

    void start() override;
    void update(AppSpec spec) override;
    void restart() override;
    void stop(std::function<void()> done) override;
    Result<void> killWorker(int pid) override;
    PoolInfo info() const override;
    std::string output(size_t bytesMax) const override;
    std::shared_ptr<const Handler> handler() const override { return m_handler; }

private:
    using Worker = std::unique_ptr<WorkerProcess>;

    // WorkerProcess::Owner
    void workerEnded(WorkerProcess &worker) override;
    void workerWrote(WorkerProcess &worker, std::string_view line) override;
    void workerOverdue(WorkerProcess &worker) override;

    // Events of the home loop.
    void hear(HomeEvent event);
    void hearStep(WorkerProcess &worker, const std::string &json);
    void hearReady(WorkerProcess &worker, const std::string &json);
    void hearFailed(WorkerProcess &worker, const std::string &json);
    void hearBroken(WorkerProcess &worker, const HomeEvent &event);
    void hearStuck(WorkerProcess &worker);
    void hearGone(WorkerProcess &worker, int64_t inFlight);

    void reconcile();
    void startWorker();
    void retire(WorkerProcess &worker);
    void retireOld(size_t keep);
    void roll();
    void countFailure(const std::string &cause);
    void updateState();
    void say(const std::string &sentence);
    std::string deathCause(const WorkerProcess &worker) const;
    static void backedOff(void *context) noexcept;

    WorkerProcess *find(uint32_t number) noexcept;
    size_t count(WorkerState state, bool current) const noexcept;
    size_t wanted() const;
    uint32_t freeOrdinal() const;

    AppSpec m_spec;
    Environment m_environment;
    std::shared_ptr<AppCore> m_core;
    std::shared_ptr<const Handler> m_handler;
    OutputRing m_output;
    std::vector<Worker> m_workers;
    bool m_running = false;
    std::vector<std::function<void()>> m_stopped; ///< who waits for the end
    uint64_t m_generation = 1;
    uint32_t m_lastNumber = 0;
    int64_t m_failures = 0; ///< starts in a row that failed or died young
    bool m_gaveUp = false;
    int64_t m_restarts = 0;
    PoolState m_state = PoolState::Stopped;
    std::string m_cause;
    std::string m_shownCause;
    ReadyReport m_report; ///< of the worker that became ready last
    Timer m_backOff;
};

} // namespace arc
