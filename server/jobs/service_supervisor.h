// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/log_level.h"
#include "server/config/document.h"
#include "server/jobs/service_instance.h"
#include "server/metrics/metrics.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace arc {

/// Keeps the services of all apps running. Confined to the control loop.
///
/// Processes run the code and the variables that the app's serving workers have: a change of the
/// app's variables, interpreter or folder concerns them when the generation that has it takes over,
/// and not when that is refused. Each process carries the engine's mark (kJobVariable), which
/// begins alike for all engines of a data directory: what one that was killed has left is ended by
/// the next one before it starts anything.
class ServiceSupervisor {
public:
    struct Parts {
        EventLoop &control;
        BlockingPool &blocking;
        std::string executable;                                 ///< of this program
        std::string markBegin;                                  ///< of this data directory
        std::function<void(LogLevel, const std::string &)> log; ///< the engine's
        /// A line of an app's log; pid 0: the engine speaks.
        std::function<void(const std::string &app, int pid, std::string_view line)> output;
        std::function<std::shared_ptr<AppMetricsSet>(const std::string &app)> metrics;
        /// The app with its secrets among its variables, or why they cannot be had.
        std::function<Result<AppConfig>(const AppConfig &app)> withSecrets;
    };
    struct App {
        AppConfig config;
        int64_t crashLoopCount = 5;
        bool isServed = true; ///< by an enabled site; else its services are stopped
    };
    struct State {
        /// "running" (all its processes), "starting", "waiting" (one is to be started again),
        /// "failed" (in a crash loop), "stopping", "ended" (by itself, and that is its rule),
        /// "off" (not enabled), "paused" (its site is stopped)
        std::string state;
        std::string cause; ///< of waiting, failed, ended and paused
        std::vector<ServiceInstance::Info> processes;
    };
    using RestartDone = std::function<void(Result<std::chrono::milliseconds> took)>;

    explicit ServiceSupervisor(Parts parts);
    ~ServiceSupervisor();
    ServiceSupervisor(const ServiceSupervisor &) = delete;

    /// The services as configured now. Before the first are started, leftovers are ended.
    void update(std::vector<App> apps);
    /// Another generation of the app's workers serves: its services follow.
    void follow(const std::string &app);
    /// All processes of it, at once; answers when all run again, or one does not. Unavailable: it
    /// is not to run.
    void restart(const std::string &app, const std::string &service, const std::string &by,
                 RestartDone done);
    /// What waits, failed or has ended is started now.
    void tryNow(const std::string &app, const std::string &service);
    State stateOf(const std::string &app, const std::string &service) const;
    /// Services that fail, one sentence each.
    std::vector<std::string> troubles() const;
    /// That the slowest of them may need to end.
    std::chrono::seconds longestStop() const;
    void stop(std::function<void()> done);
    /// All that is there, at once: for an engine that ends without waiting for anything.
    void kill();

private:
    using Key = std::pair<std::string, std::string>; // app and service
    struct Entry {
        ServiceConfig config;
        bool isServed = true;
        bool isGone = false; ///< from the configuration; its processes end
        std::vector<std::unique_ptr<ServiceInstance>> instances; ///< by number
        bool isActive() const noexcept { return config.enabled && isServed && !isGone; }
    };
    struct KnownApp {
        App newest;
        AppConfig inUse; ///< of its processes
    };
    struct Waiter {
        Key key;
        SteadyTime since;
        RestartDone done;
    };

    void begin();
    void place(const KnownApp &app, const ServiceConfig &config);
    ServiceInstance::Plan planOf(const KnownApp &app, const ServiceConfig &config) const;
    std::unique_ptr<ServiceInstance> makeInstance(const Key &key, int64_t number,
                                                  ServiceInstance::Plan plan);
    void say(const Key &key, int64_t number, LogLevel level, const std::string &sentence);
    std::string nameOf(const Key &key, int64_t number) const;
    uint16_t takePort(uint16_t wanted) const;
    const Entry *find(const Key &key) const;
    std::shared_ptr<AppMetricsSet> metricsOf(const std::string &app) const;
    void settleLater();
    void settle();
    void clearAway();
    void answerWaiters();
    void showFigures();

    Parts m_parts;
    std::vector<App> m_apps; ///< as update() was told
    std::map<std::string, KnownApp> m_known;
    std::map<Key, Entry> m_entries;
    std::vector<Waiter> m_waiters;
    enum class Phase { Unread, Clearing, Working, Stopping } m_phase = Phase::Unread;
    bool m_isSettling = false;
    std::function<void()> m_stopped;
    std::shared_ptr<ServiceSupervisor *> m_self; ///< what comes later finds out that it is gone
};

} // namespace arc
