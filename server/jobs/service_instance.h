// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/log_level.h"
#include "server/jobs/job.h"
#include "server/jobs/loopback_port.h"
#include "server/jobs/service_rules.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace arc {

/// One of the processes of a service: started, watched until it is ready, started again when it
/// ends. Confined to the control loop; a process that is still there when this is destroyed is told
/// to end.
class ServiceInstance {
public:
    static constexpr std::chrono::milliseconds kProbeEvery {100};
    static constexpr const char *kInstanceVariable = "ARCOLOGY_INSTANCE";

    enum class State {
        Stopped, ///< nobody wants it
        Starting,
        Running,
        Waiting, ///< to be started again
        Failed,  ///< the same, in a crash loop
        Stopping,
        Ended, ///< by itself, and its rule is to leave it at that
    };
    /// What it is started with; the newest at each start.
    struct Plan {
        ServiceConfig config;
        AppConfig app; ///< secrets sealed
        int64_t crashLoopCount = 5;
    };
    struct Environment {
        EventLoop &control;
        BlockingPool &blocking;
        std::string executable; ///< of this program
        std::string markBegin;  ///< of every process, see kJobVariable
        std::function<Result<AppConfig>(const AppConfig &app)> withSecrets;
        std::function<uint16_t(uint16_t wanted)> takePort;
        std::function<void(LogLevel, const std::string &sentence)> say;
        std::function<void(int pid, std::string_view line)> line; ///< each it wrote
        std::function<void()> changed;   ///< its state did; it may not be destroyed in it
        std::function<void()> restarted; ///< it is started again, because it ended by itself
    };
    struct Info {
        int64_t number = 0; ///< from 1 on
        State state = State::Stopped;
        std::string cause; ///< of Waiting, Failed and Ended; one sentence
        int pid = 0;       ///< 0: there is no process
        uint16_t port = 0;
        int64_t startedUnixMs = 0; ///< of the process that is there
        int64_t nextUnixMs = 0;    ///< when it is started again
        int64_t restarts = 0;      ///< after ends that nobody ordered
        int64_t lastEndUnixMs = 0;
        std::string lastEnd; ///< one sentence
        std::string lastOutput;
    };

    ServiceInstance(Environment environment, int64_t number, Plan plan);

    int64_t number() const noexcept { return m_number; }
    bool hasProcess() const noexcept { return m_job != nullptr; }
    bool isWanted() const noexcept { return m_wanted; }
    void setPlan(Plan plan) { m_plan = std::move(plan); }

    void start();                      ///< nothing where it was started before
    void tryNow();                     ///< at once what is waiting, failed or ended
    void stop(const std::string &why); ///< "was stopped with its site"
    void restart(const std::string &why);
    void kill(); ///< at once, with nothing told: the engine is about to end without its farewell
    /// From being told to end until it is killed; of one that was told, the time it was given.
    std::chrono::seconds stopTime() const noexcept;
    State state() const noexcept;
    Info info() const;

private:
    static void lookDue(void *context) noexcept;
    static void backedOff(void *context) noexcept;
    void launch();
    Result<void> tryLaunch();
    void look();
    void becomeReady();
    void endJob(const std::string &why);
    void tellToEnd();
    void ended(JobRun run);
    void afterEnd(const std::string &cause, const ServiceExit &exit);
    void tellNext(const std::string &what, const RestartCount::Step &step);
    void become(State state);
    std::chrono::milliseconds since(SteadyTime moment) const;

    const Environment m_environment;
    const int64_t m_number;
    Plan m_plan;
    bool m_wanted = false;
    State m_state = State::Stopped;
    RestartCount m_count;
    std::unique_ptr<Job> m_job;
    int m_pid = 0;
    uint16_t m_port = 0;
    bool m_hadPort = false;               ///< it accepted on m_port, so that is kept
    std::string m_farewell;               ///< why it was told to end; empty: it was not
    std::string m_blame;                  ///< what it did wrong before it was told to; a phrase
    std::chrono::seconds m_givenTime {0}; ///< when it was told to end; 0: it was not
    SteadyTime m_startedAt {};
    int64_t m_startedUnixMs = 0;
    SteadyTime m_readyAt {};
    int64_t m_nextUnixMs = 0;
    int64_t m_restarts = 0;
    int64_t m_lastEndUnixMs = 0;
    std::string m_lastEnd;
    std::string m_lastOutput;
    PortProbe m_probe;
    Timer m_look;
    Timer m_backOff;
};

} // namespace arc
