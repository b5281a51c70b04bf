// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/workers/app_core.h"
#include "server/workers/app_pool.h"
#include "server/workers/autoscaler.h"
#include "server/workers/cpu_gauge.h"
#include "server/workers/folder_watch.h"
#include "server/workers/generation.h"
#include "server/workers/output.h"
#include "server/workers/recycling.h"
#include "server/workers/worker_process.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace arc {

/// AppPool at work: keeps the number of workers, replaces what dies, brings in new generations.
/// Confined to the control loop.
///
/// Every change ends in reconcile(), which compares what is wanted with what there is and starts or
/// retires the rest. One generation serves. A new one starts beside it as the candidate: first one
/// worker, which proves it, then as many more as memory allows; then the candidate takes over in
/// one step and the old workers finish what they have. A candidate that fails is dropped with its
/// cause, and nothing of what served has changed.
class PoolSupervisor final : public AppPool, public WorkerProcess::Owner {
public:
    /// A ready candidate must live this long before it is believed.
    static constexpr std::chrono::milliseconds kProbation {300};
    /// Starts of a candidate that may fail, unless pool.crash_loop_count allows fewer.
    static constexpr int64_t kCandidateFailuresMax = 3;
    /// Left free when candidates are started beside what serves.
    static constexpr int64_t kMemoryReserve = 128 * 1024 * 1024;

    /// Of requests that take long; beyond it they are interrupted, but not looked at.
    static constexpr int kStacksPerMinute = 20;

    /// Workers' figures are read, and the rules for recycling asked.
    static constexpr std::chrono::milliseconds kLookEvery {1000};
    /// After a replacement that did not start; and between two workers that are replaced for
    /// pool.recycle_memory_mib younger than this.
    static constexpr std::chrono::milliseconds kRecycleAgain {60000};

    /// loops: by EventLoop::index(). What create() calls; tests call it without HTTP.
    PoolSupervisor(AppSpec spec, Environment environment, std::vector<EventLoop *> loops);
    ~PoolSupervisor() override;

    void start() override;
    void update(AppSpec spec) override;
    void deploy(const std::string &by, DeployDone done) override;
    void deployRelease(AppSpec spec, const std::string &by, DeployDone done) override;
    void stop(std::function<void()> done) override;
    Result<void> killWorker(int pid) override;
    Result<void> drainWorker(int pid) override;
    PoolInfo info() const override;
    std::string output(size_t bytesMax) const override;
    std::shared_ptr<const Handler> handler() const override { return m_handler; }

private:
    using Worker = std::unique_ptr<WorkerProcess>;

    // WorkerProcess::Owner
    void workerEnded(WorkerProcess &worker) override;
    void workerWrote(WorkerProcess &worker, std::string_view line) override;
    void workerForked(WorkerProcess &worker) override;
    void workerOverdue(WorkerProcess &worker) override;
    void workerLingers(WorkerProcess &worker) override;

    // Events of the home loop.
    void hear(HomeEvent event);
    void hearStep(WorkerProcess &worker, const std::string &json);
    void hearReady(WorkerProcess &worker, const std::string &json);
    void hearFailed(WorkerProcess &worker, const std::string &json);
    void hearBroken(WorkerProcess &worker, const HomeEvent &event);
    void hearSockets(WorkerProcess &worker, int64_t count);
    void hearStuck(WorkerProcess &worker, const std::string &label);
    void judgeStuck(WorkerProcess &worker, const std::string &label);
    void hearGone(WorkerProcess &worker, HomeEvent &event);
    void certify(const WorkerProcess &worker, HomeEvent &event);
    void hearLingers(WorkerProcess &worker, const HomeEvent &event);

    // The generation that serves.
    void reconcile();
    void reconcileServing();
    bool startWorker(const Generation &generation); ///< false: it could not even be begun
    void activate(WorkerProcess &worker);
    void retire(WorkerProcess &worker, EndReason why);
    void retireOld(size_t keep);
    void retireAll(const EndReason &why);
    void countFailure(const std::string &cause, bool wasReady);
    void forgetFailures();
    void updateState();
    std::string causeOf(PoolState state, size_t ready) const;
    std::string degradedCause(size_t ready) const;
    void say(const std::string &sentence, LogLevel level = LogLevel::Info);
    static void backedOff(void *context) noexcept;

    // The process that workers are forked from (pool_preload.cpp).
    bool preloads(const Generation &generation) const;
    WorkerProcess *preloaderOf(uint64_t generation) noexcept;
    size_t startsAtOnce(const Generation &generation, size_t lacking);
    bool hearPreloads(WorkerProcess &worker, const ReadyReport &report);
    void retirePreloaders();

    // Requests that take long (pool_watch.cpp).
    void inspect(WorkerProcess &worker, HomeEvent event);
    void noteInspection(WorkerProcess &worker, const HomeEvent &event, const Inspection &found);
    bool mayShowStack();

    // Healthy workers that are replaced (pool_recycling.cpp).
    static void lookDue(void *context) noexcept;
    void look();
    bool isAtRest() const;
    void recycleOne();
    bool isTooSoon(const WorkerProcess &worker, const RecycleRules &rules);
    bool isUsed();
    void fallAsleep();
    void wakeUp(const std::string &why);
    bool hasRoomForOne() const;
    void beginRecycling(WorkerProcess &worker, EndReason why);
    size_t target();
    bool keepsOldInstead(const std::string &cause);

    // As many workers as are needed (pool_scaling.cpp).
    void scale();
    ScaleFacts scaleFacts();
    void follow(const ScaleDecision &decision);
    bool staysAsItIs(const std::string &cause);
    WorkerProcess *leastMissed() noexcept;
    std::chrono::milliseconds stopTime(const EndReason &why) const;
    void hurry();
    int64_t memoryFree() const;

    // The one that is to take over (pool_generations.cpp).
    struct Reason {
        std::string why;
        bool isFollowed = true; ///< as in Generation; these two
        bool isOfSave = false;
    };
    void beginGeneration(const Reason &reason);
    void dropCandidate();
    void reconcileCandidate();
    size_t roomBeside(size_t starting);
    void candidateFailed(const std::string &cause, bool mayTryAgain);
    void refuseCandidate(const std::string &cause);
    void takeOver();
    void answerDeploys(const Result<Deployed> &answer);
    Error alreadyDeploys() const;
    bool goBackToServed();
    Deployed deployedNow() const;
    static void candidateDue(void *context) noexcept;
    void watchFolder();

    bool isCandidate(const WorkerProcess &worker) const noexcept;
    WorkerProcess *find(uint32_t number) noexcept;
    Result<WorkerProcess *> runningWith(int pid) const;
    size_t count(WorkerState state, uint64_t generation) const noexcept;
    size_t countOld(WorkerState state) const noexcept;
    size_t wanted() const;
    uint32_t freeOrdinal(uint64_t generation) const;

    AppSpec m_spec; ///< the newest; its live settings hold for every generation
    Environment m_environment;
    std::shared_ptr<AppCore> m_core;
    std::shared_ptr<const Handler> m_handler;
    OutputRing m_output;
    std::vector<Worker> m_workers;
    bool m_running = false;
    std::vector<std::function<void()>> m_stopped; ///< who waits for the end
    uint64_t m_lastGeneration = 0;
    uint32_t m_lastNumber = 0;
    Generation m_serving; ///< serves, or is starting with nothing before it
    std::optional<Generation> m_candidate;
    std::vector<DeployDone> m_deploys; ///< who waits for the newest generation
    SteadyTime m_deploySince {};
    std::map<uint64_t, std::string> m_releases; ///< by generation, of those that have workers
    bool m_triesRelease = false; ///< m_spec is that of a release which does not serve yet
    std::string m_refusal; ///< why the newest generation does not serve; empty: it does, or may yet
    int64_t m_restarts = 0;
    PoolState m_state = PoolState::Stopped;
    std::string m_shownCause;
    int64_t m_stacksMinute = 0; ///< in which m_stacksShown were
    int m_stacksShown = 0;
    struct Recycling {
        uint32_t worker = 0;
        EndReason why;
        bool drainsFirst = false; ///< memory has no room for both
    };
    std::optional<Recycling> m_recycling;
    uint32_t m_lastRecycled = 0; ///< by number
    SteadyTime m_recycleNotBefore {};
    SteadyTime m_youngNotBefore {}; ///< one that is young is recycled
    bool m_toldOfYoung = false;
    Timer m_look;
    bool m_asleep = false;      ///< no workers, with pool.idle_stop_s, until somebody asks
    int64_t m_requestsSeen = 0; ///< at the last look
    SteadyTime m_usedAt {};
    Autoscaler m_scaler;
    CpuGauge m_cpu;
    HistogramSum m_waitsSeen; ///< at the last look
    size_t m_grewFrom = 0;    ///< workers that serve while others are added; 0: none are
    PoolScaling m_scaling;
    Timer m_backOff;                      ///< of the serving generation
    Timer m_candidateDue;                 ///< end of the candidate's back-off or probation
    std::unique_ptr<FolderWatch> m_watch; ///< with pool.reload_on_save
};

} // namespace arc
