// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/loop/timer_wheel.h"
#include "server/workers/app_pool.h"
#include "server/workers/forker.h"
#include "server/workers/home_worker.h"
#include "server/workers/output.h"
#include "server/workers/process_figures.h"
#include "server/workers/spawn.h"
#include "server/workers/worker_end.h"
#include "server/workers/worker_inspector.h"

#include <csignal>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace arc {

/// One worker as the control loop sees it: a process with its output, its way from Starting to Dead
/// and what it told. Confined to the control loop. Its stream lives on the home loop under the same
/// number.
class WorkerProcess {
public:
    class Owner {
    public:
        virtual void
        workerEnded(WorkerProcess &worker) = 0; ///< the process; its stream may still have answers
        virtual void workerWrote(WorkerProcess &worker, std::string_view line) = 0;
        /// It has a pid now; until then it was only ordered.
        virtual void workerForked(WorkerProcess &worker) = 0;
        virtual void workerOverdue(WorkerProcess &worker) = 0; ///< not ready in time
        /// Told to stop, and still there at its deadline. It is killed kLastWords later at the
        /// latest, so that what it still ran can be asked for.
        virtual void workerLingers(WorkerProcess &worker) = 0;

    protected:
        ~Owner() = default;
    };
    struct Identity {
        uint32_t number = 0;     ///< unique in the pool
        uint32_t ordinal = 0;    ///< lowest free place, 0 ...
        uint64_t generation = 0; ///< of the pool's specification
    };

    static constexpr std::chrono::milliseconds kLastWords {1000};
    static constexpr size_t kMemorySamplesMax = 120;
    static constexpr size_t kStacksMax = 4;
    static constexpr size_t kLastLinesMax = 40;
    static constexpr size_t kLastLineBytesMax = 500;

    WorkerProcess(EventLoop &control, Owner &owner, Identity identity);

    ~WorkerProcess();

    struct Plan {
        std::string executable; ///< of this program, for --launch-worker
        std::chrono::milliseconds startTimeout {0};
        bool preloads = false; ///< the app may make it a preloader
    };
    /// Starts the process; answers the engine's end of its socket.
    Result<FileDescriptor> start(const AppConfig &app, const Plan &plan);
    /// The same, but a preloader forks it; it has no pid until that has answered.
    Result<FileDescriptor> startForked(std::shared_ptr<Forker> forker,
                                       std::chrono::milliseconds startTimeout);
    const Identity &identity() const noexcept { return m_identity; }
    int pid() const noexcept { return m_child.pid(); }
    bool isRunning() const noexcept { return m_isBeingForked || m_child.isRunning(); }
    int exitStatus() const noexcept { return m_exitStatus; }
    WorkerState state() const noexcept { return m_state; }
    const std::shared_ptr<WorkerCells> &cells() const noexcept { return m_cells; }

    void addStep(StartStep step);
    /// It could serve; kept apart until serve().
    void becomeCandidate(int slots);
    void serve();
    /// It has imported the app, and forks.
    void becomePreloader();
    bool isPreloader() const noexcept { return m_isPreloader; } ///< also when it has ended
    bool isBeingForked() const noexcept { return m_isBeingForked; }
    /// READY may be heard before the pid; it waits for that.
    void keepReady(std::string json) { m_earlyReady = std::move(json); }
    std::string takeReady() { return std::exchange(m_earlyReady, {}); }
    /// Of a preloader, and of the workers it forked.
    const std::shared_ptr<Forker> &forker() const noexcept { return m_forker; }
    int slots() const noexcept { return m_slots; }
    /// It was told to stop; killed after the time given.
    void stopWithin(std::chrono::milliseconds time);
    /// It is expected to end by itself; killed after the time given.
    void endWithin(std::chrono::milliseconds time);
    /// Ends it at once. Its death is planned from now on.
    void kill();
    /// Ends it at once, because of what it did.
    void punish() { signalGroup(SIGKILL); }
    void terminate() { signalGroup(SIGTERM); }
    /// What it did wrong; the first reason stays.
    void blame(EndKind kind, std::string phrase);
    bool misbehaved() const noexcept { return m_blame.isGiven() && !isOrdered(m_blame.kind); }
    /// Why it is told to end; the first reason stays.
    void bidFarewell(EndReason why);
    const EndReason &farewell() const noexcept { return m_farewell; }

    /// Ends it at once for what it did itself, which no request explains.
    void condemn(EndKind kind, std::string phrase);
    bool isCondemned() const noexcept { return m_condemned; }
    bool isOverdue() const noexcept { return m_overdue; } ///< was not ready in time
    int64_t requestsAnswered() const noexcept { return m_cells->requests.read(); }

    bool wasReady() const noexcept { return m_readyAt.has_value(); }
    bool isPlanned() const noexcept { return m_planned; }
    std::chrono::milliseconds readyFor() const;
    std::chrono::milliseconds age() const;
    std::string lastStep() const { return m_steps.empty() ? "none" : m_steps.back().name; }
    /// After its end: why.
    EndReason reasonOfEnd() const;
    /// After its end: all of its certificate that the process itself tells.
    WorkerEnd certificate() const;

    WorkerInspector &inspector() noexcept { return m_inspector; }
    /// For its certificate; the last kStacksMax are kept.
    void addStack(WorkerStack stack);
    /// What it does instead of answering, as far as is known; empty: it answers.
    void setSilence(std::string phrase) { m_silence = std::move(phrase); }
    const std::string &silence() const noexcept { return m_silence; }

    /// Processor time is read anew at most once a second; memory every five seconds while the
    /// worker works, every minute while it idles, and the last kMemorySamplesMax are kept.
    void look();
    int64_t memoryBytes() const noexcept { return m_memoryNow.bytes; }
    /// Cores' worth of time that it used between the last two readings.
    double coresUsed() const noexcept { return m_coresUsed; }
    int64_t startedUnixMs() const noexcept { return m_startedUnixMs; }
    WorkerInfo info();
    /// The oldest request that it works on, and how long already.
    void setServing(std::string serving, std::chrono::milliseconds ran);

private:
    /// The worker's ends of all its ways to the engine.
    struct Ends {
        FileDescriptor socket;
        WorkerInspector::Ends watch;
        FileDescriptor output;
    };
    Result<FileDescriptor> openEnds(Ends &ends);
    void begin(std::chrono::milliseconds startTimeout);
    void forked(const Result<int> &pid);
    void signalGroup(int signalNumber);
    static void overdue(void *context) noexcept;
    void ended(int status);
    void wrote(std::string_view bytes);
    void keepLine(std::string_view line);
    void keepLastStacks();
    void readPeak();

    EventLoop &m_loop;
    Owner &m_owner;
    const Identity m_identity;
    WorkerState m_state = WorkerState::Starting;
    bool m_planned = false;
    bool m_lingers = false;
    bool m_overdue = false;
    bool m_condemned = false;
    bool m_isPreloader = false;
    bool m_isBeingForked = false;
    std::string m_earlyReady;
    int m_signalAtBirth = 0; ///< for one that has no pid yet
    int m_exitStatus = 0;
    int m_slots = 0;
    int64_t m_startedUnixMs = 0;
    SteadyTime m_startedAt;
    std::optional<SteadyTime> m_readyAt;
    int64_t m_endedUnixMs = 0;
    // Two looks back: the last one may have come after the kill and before we heard of it.
    int64_t m_oomKillsBefore = -1;
    int64_t m_oomKillsAtLook = -1;
    std::vector<StartStep> m_steps;
    EndReason m_blame;
    EndReason m_farewell;
    std::deque<std::string> m_lastLines; ///< of its output, without empty ones
    std::deque<MemorySample> m_memory;
    std::deque<WorkerStack> m_stacks;
    std::string m_silence;
    std::string m_serving;
    std::chrono::milliseconds m_servingRan {}; ///< when it was told of, not more than a look ago
    std::shared_ptr<WorkerCells> m_cells = std::make_shared<WorkerCells>();
    std::optional<SteadyTime> m_figuresAt;
    std::optional<SteadyTime> m_memoryAt;
    double m_memoryAtCpu = 0; // what it had used when its memory was read
    MemoryFigures m_memoryNow;
    int64_t m_peakMemoryBytes = 0;
    double m_cpuSeconds = 0;
    double m_coresUsed = 0;
    LineCutter m_lines;
    Timer m_deadline; ///< of the start, then of the stop
    std::unique_ptr<OutputReader> m_output;
    WorkerInspector m_inspector;
    std::shared_ptr<Forker> m_forker;
    ChildProcess m_child;
    std::shared_ptr<WorkerProcess *>
        m_self; ///< an answer to the order to fork finds out whether this is gone
};

} // namespace arc
