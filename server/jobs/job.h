// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/run_store.h"
#include "server/loop/blocking_pool.h"
#include "server/loop/timer_wheel.h"
#include "server/workers/app_pool.h"
#include "server/workers/output.h"

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace arc {

/// One run of a command, of a schedule or a service, from its process to the last of what that left
/// behind. Confined to the control loop; may be destroyed in `ended`, and before it: the process is
/// then told to end.
class Job {
public:
    /// Of what it wrote, the last is kept.
    static constexpr size_t kOutputBytesMax = 8 * 1024;

    struct Environment {
        EventLoop &control;
        BlockingPool &blocking;
        std::string executable; ///< of this program
        /// Each line it wrote.
        std::function<void(int pid, std::string_view line)> line;
    };
    struct Limits {
        std::chrono::seconds time {0};          ///< 0: none
        std::chrono::milliseconds stopTime {0}; ///< from SIGTERM to SIGKILL
        bool stopsGroup = true; ///< else the stop signal goes to its first process only
    };

    /// `ended` is called once, with the run as it became; never from inside start().
    Job(Environment environment, JobRun run, Limits limits, std::function<void(JobRun run)> ended);
    ~Job();
    Job(const Job &) = delete;

    Result<void> start(AppConfig app, std::vector<std::string> argv);
    void stop() { stop(SIGTERM, m_limits.stopTime); }
    void stop(int signalNumber, std::chrono::milliseconds stopTime);
    void kill();                               ///< at once, and all that is in its process group
    int pid() const noexcept { return m_pid; } ///< 0: it has not begun
    /// With what it has written so far.
    JobRun now() const;

private:
    static void limitReached(void *context) noexcept;
    void heard(AppCommand::Update update);
    void keep(std::string_view bytes);
    void judge(const AppCommand::Update &update);
    void sweep();
    void finish();

    Environment m_environment;
    JobRun m_run;
    const Limits m_limits;
    std::function<void(JobRun)> m_ended;
    int m_pid = 0;
    int64_t m_oomKillsBefore = 0;
    std::string m_lastLine;
    std::string m_refusal; ///< the state a stop by us ends in; empty: it ended by itself
    LineCutter m_lines;
    Timer m_limit;
    std::unique_ptr<AppCommand> m_command;
    std::shared_ptr<Job *> m_self; ///< answers of the blocking pool find out that it is gone
};

} // namespace arc
