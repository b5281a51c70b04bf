// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/base/log_level.h"
#include "server/config/document.h"
#include "server/http/exchange.h"
#include "server/loop/event_loop.h"
#include "server/metrics/metrics.h"
#include "server/workers/autoscaler.h"
#include "server/workers/spool.h"
#include "server/workers/worker_end.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace arc {

/// How to start a pool: one app as configured, with its settings inherited.
struct AppSpec {
    AppConfig config;
    Settings settings;
    std::string origin {}; ///< "https://shop.example": how clients ask for it, for pool.warm_up
    std::string problem =
        {}; ///< why no worker can be started, one sentence; empty: nothing is wrong
    std::string release = {}; ///< the copy of the app's folder that config.root is; empty: none is
    bool operator==(const AppSpec &other) const { return config == other.config; }
};

struct StaticMount {
    std::string prefix;             ///< "/static/"
    std::vector<std::string> roots; ///< searched in order
    bool operator==(const StaticMount &) const = default;
};

/// Candidate: it could serve and waits for its generation to take over. Preloader: it has imported
/// the app, answers nothing, and the workers of its generation are forked from it.
enum class WorkerState { Starting, Candidate, Ready, Preloader, Stopping, Dead };
enum class PoolState { Stopped, Starting, Ready, Degraded, Failed };

struct StartStep {
    std::string name;
    double milliseconds = 0;
};

/// One worker as the window shows it.
struct WorkerInfo {
    int pid = 0;
    uint32_t ordinal = 0;
    uint64_t generation = 0;
    WorkerState state = WorkerState::Starting;
    int64_t startedUnixMs = 0;
    int64_t requests = 0; ///< answered so far
    int busy = 0;         ///< slots in use
    int slots = 0;
    int64_t memoryBytes = 0;  ///< PSS where readable, else RSS; 0: not read yet
    int64_t sharedBytes = -1; ///< resident, and in other processes too; -1: unknown
    double cpuSeconds = 0;
    std::string serving;    ///< "GET /admin/", of the oldest request in flight; empty when idle
    int64_t servingMs = -1; ///< how long that runs already; -1: idle
    std::vector<StartStep> steps;
};

/// What the autoscaler of a pool has decided.
struct PoolScaling {
    int least = 0;
    int most = 0; ///< 0: the number of workers is fixed, and the rest says nothing
    ScaleDecision::Kind kind = ScaleDecision::Kind::Stay;
    std::string reason;
    int64_t unixMs = 0;
    int64_t ups = 0;
    int64_t downs = 0;
};

struct PoolInfo {
    std::string app;
    PoolState state = PoolState::Stopped;
    /// Why it is Degraded or Failed, or why the newest release does not serve; one sentence.
    std::string cause;
    std::string kind; ///< as the worker reported: "Django 3.2.19"
    std::string python;
    int wanted = 0; ///< processes there are to be ("auto" resolved, or as the autoscaler says)
    PoolScaling scaling;
    uint64_t generation = 0;     ///< the one that serves, or is starting with none before it
    uint64_t nextGeneration = 0; ///< the one that is to take over; 0: none
    std::vector<WorkerInfo> workers;
    std::vector<StaticMount> mounts;
    std::vector<std::string> warnings;
    int64_t restarts = 0;              ///< unplanned, since the engine started
    std::string root;                  ///< that the serving generation was started from
    std::string release;               ///< that it is; empty: the app's folder itself
    std::vector<std::string> releases; ///< from which any worker runs, old ones among them
};

/// What a deploy became.
struct Deployed {
    uint64_t generation = 0;
    int workers = 0; ///< of it that served when it took over
    double seconds = 0;
};

/// An app's workers: desired number, start-up, back-off, crash loop, output. Lives on the control
/// loop, which alone may call it; its queue and streams live on the app's home loop and are reached
/// by messages.
class AppPool {
public:
    struct Environment {
        EventLoop *control = nullptr;
        std::vector<HttpLoop *>
            loops;              ///< all I/O loops; the home loop is picked among them by app id
        std::string executable; ///< of this program, for --launch-worker
        std::shared_ptr<AppMetricsSet> metrics;
        std::function<void()>
            changed; ///< state, mounts or cause changed; called on the control loop
        std::function<void(LogLevel, const std::string &)>
            log; ///< one sentence per event (starts, deaths); control loop; may be null
        std::function<void(int pid, std::string_view line)>
            output; ///< each line the app wrote (pid 0: the engine); control loop; may be null
        /// A generation with other code or variables serves from now on, or starts in the place of
        /// one that did not; control loop; may be null.
        std::function<void()> replaced = {};
        std::function<void(WorkerEnd)>
            ended; ///< the certificate of each worker's end; control loop; may be null
        /// Memory that could be used now, -1 when unknown; null: of this machine and control group.
        std::function<int64_t()> memoryAvailable;
        /// Share of the processor in use since it was asked last, -1 when unknown; null: of what
        /// this process may use of this machine.
        std::function<double()> cpuUsed;
        std::shared_ptr<Spool> spool; ///< for long request bodies; null: none goes to a file
    };

    virtual ~AppPool() = default;
    static std::unique_ptr<AppPool> create(AppSpec spec, Environment environment);

    virtual void start() = 0;
    /// Live where it can be (processes); everything else starts a new generation, as deploy() does.
    virtual void update(AppSpec spec) = 0;
    /// Starts a new generation from the folder as it is now, beside the one that serves, and
    /// answers when it took over, or why it did not: the old one then goes on with all its workers.
    /// Conflict: a new generation is starting already. `by`: who asked, for the log.
    using DeployDone = std::function<void(Result<Deployed>)>;
    virtual void deploy(const std::string &by, DeployDone done) = 0;
    /// The same with another copy of the folder: where it does not take over, new workers are
    /// started from the one that served before.
    virtual void deployRelease(AppSpec spec, const std::string &by, DeployDone done) = 0;
    /// Drains and ends all workers, then calls done. A worker that is not done after stopTimeout is
    /// killed.
    virtual void stop(std::function<void()> done) = 0;
    /// Ends one worker at once (the pool replaces it). NotFound: no such pid in this pool.
    virtual Result<void> killWorker(int pid) = 0;
    /// Ends one worker when it has finished what it has, or pool.stop_timeout_s is over. From rest
    /// another serves before it goes, and if that one does not start, it stays. NotFound: no such
    /// pid in this pool. Conflict: it is ending already, or it alone serves while the pool is
    /// being changed or mended; or workers are forked from it.
    virtual Result<void> drainWorker(int pid) = 0;

    virtual PoolInfo info() const = 0;
    /// Last captured lines of standard output and error, oldest first.
    virtual std::string output(size_t bytesMax) const = 0;
    /// The handler for routes of this app. Shared by all loops; outlives the pool harmlessly
    /// (answers 503 then).
    virtual std::shared_ptr<const Handler> handler() const = 0;
};

/// A one-off command in an app's folder, interpreter and environment ("manage.py migrate"): live
/// output, cancel. Lives on the control loop.
class AppCommand {
public:
    struct Update {
        std::string output; ///< new since the last update
        bool finished = false;
        int exitStatus = 0; ///< 128 + signal when killed
        int waitStatus = 0; ///< the same as waitpid() tells it
        bool cancelled = false;
    };
    struct Manners {
        std::chrono::milliseconds patience {5000}; ///< from SIGTERM of cancel() to SIGKILL
        /// What it left behind in its process group is killed when it ends.
        bool leavesNothing = false;
        /// Whether the signal of cancel() goes to the process group or, where that has a master
        /// which ends the others in its own way, to the process alone.
        bool stopsGroup = true;
    };
    virtual ~AppCommand() = default; ///< cancels
    /// argv[0] ending in .py is run with the app's interpreter; "python" is the interpreter itself.
    static Result<std::unique_ptr<AppCommand>>
    run(EventLoop &control, const std::string &executable, const AppConfig &app,
        std::vector<std::string> argv, std::string standardInput,
        std::function<void(Update)> update, Manners manners);
    static Result<std::unique_ptr<AppCommand>>
    run(EventLoop &control, const std::string &executable, const AppConfig &app,
        std::vector<std::string> argv, std::string standardInput,
        std::function<void(Update)> update)
    {
        return run(control, executable, app, std::move(argv), std::move(standardInput),
                   std::move(update), {});
    }
    virtual int pid() const = 0;
    virtual void cancel() = 0;
    /// The same with another signal, and another time until SIGKILL.
    virtual void cancel(int signalNumber, std::chrono::milliseconds patience) = 0;
    virtual void kill() = 0; ///< it and its process group, at once
};

/// `arcology --launch-worker`: resets signals, closes descriptors, sets limits, then execs the
/// interpreter. Returns only on failure, with the exit code.
int launchWorkerMain(int argc, char **argv);

/// What "auto" means on this machine: cores the cgroup and affinity allow.
unsigned usableCores();

} // namespace arc
