// SPDX-License-Identifier: Apache-2.0
#include "server/jobs/service_instance.h"

#include "server/base/text.h"
#include "server/jobs/leftovers.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>

#include <fmt/format.h>

namespace arc {

namespace {

std::string seconds(std::chrono::milliseconds time)
{
    return formatDuration(static_cast<double>(time.count()) / 1000);
}

double luck()
{
    std::random_device device;
    return static_cast<double>(device() - std::random_device::min())
        / static_cast<double>(std::random_device::max());
}

/// First, as in a shell with the environment activated: scripts begin with "env python3", and what
/// it starts itself is looked for there.
void putInterpreterOnPath(AppConfig &app)
{
    const std::string folder = std::filesystem::path(app.python).parent_path().string();
    const char *own = std::getenv("PATH");
    const std::string path = own ? own : "/usr/local/bin:/usr/bin:/bin";
    if (!path.starts_with(folder + ":"))
        app.env.emplace("PATH", folder + ":" + path); // a PATH of the app's own stays
}

} // namespace

ServiceInstance::ServiceInstance(Environment environment, int64_t number, Plan plan)
    : m_environment(std::move(environment)), m_number(number), m_plan(std::move(plan)),
      m_look(&ServiceInstance::lookDue, this), m_backOff(&ServiceInstance::backedOff, this)
{
}

void ServiceInstance::start()
{
    if (m_wanted)
        return;
    m_wanted = true;
    if (!m_job) // else it is started when the one that goes has gone
        launch();
}

void ServiceInstance::tryNow()
{
    if (!m_wanted || m_job)
        return;
    m_count.forget();
    launch();
}

void ServiceInstance::stop(const std::string &why)
{
    if (!m_wanted)
        return;
    m_wanted = false;
    m_count.forget();
    m_backOff.disarm();
    if (m_job)
        endJob(why);
    else
        become(State::Stopped);
}

void ServiceInstance::restart(const std::string &why)
{
    if (!m_wanted)
        return;
    m_count.forget();
    if (m_job)
        endJob(why);
    else
        launch();
}

void ServiceInstance::endJob(const std::string &why)
{
    m_farewell = why;
    m_look.disarm();
    tellToEnd();
    become(State::Stopping);
}

/// With what is configured now, which may be something else than when it was started.
void ServiceInstance::tellToEnd()
{
    if (m_givenTime.count() > 0)
        return;
    m_givenTime = std::chrono::seconds(m_plan.config.stopTimeoutSeconds);
    m_job->stop(stopSignalOf(m_plan.config), m_givenTime);
}

void ServiceInstance::kill()
{
    m_wanted = false;
    m_backOff.disarm();
    m_farewell = "was killed with the engine";
    if (m_job)
        m_job->kill();
}

std::chrono::seconds ServiceInstance::stopTime() const noexcept
{
    return m_givenTime.count() > 0 ? m_givenTime
                                   : std::chrono::seconds(m_plan.config.stopTimeoutSeconds);
}

void ServiceInstance::launch()
{
    m_backOff.disarm();
    m_nextUnixMs = 0;
    m_farewell.clear();
    m_blame.clear();
    m_givenTime = {};
    m_readyAt = {};
    if (auto launched = tryLaunch(); !launched)
        return afterEnd(fmt::format("could not be started: {}", launched.error().message()), {});
    m_startedAt = m_environment.control.now();
    m_startedUnixMs = m_environment.control.unixMs();
    become(State::Starting);
    const ServiceConfig &config = m_plan.config;
    m_look.arm(m_environment.control.timers(),
               config.port ? kProbeEvery : std::chrono::seconds(config.readyAfterSeconds));
}

Result<void> ServiceInstance::tryLaunch()
{
    const ServiceConfig &config = m_plan.config;
    auto app = m_environment.withSecrets(m_plan.app);
    if (!app)
        return std::move(app).error();
    m_port = config.port ? m_environment.takePort(m_hadPort ? m_port : 0) : 0;
    m_hadPort = false;
    if (config.port && !m_port)
        return Error {ErrorCode::Full, "no port of 127.0.0.1 is free"};
    auto words = serviceWords(config.command, m_port, m_number);
    if (!words)
        return std::move(words).error();
    putInterpreterOnPath(*app);
    app->env.insert_or_assign(kInstanceVariable, std::to_string(m_number));
    if (m_port) {
        app->env.insert_or_assign("PORT", std::to_string(m_port));
        app->env.insert_or_assign("HOST", "127.0.0.1");
    }
    JobRun run {
        .app = app->id, .schedule = config.name, .mark = m_environment.markBegin + newJobMark()};
    auto job = std::make_unique<Job>(
        Job::Environment {m_environment.control, m_environment.blocking, m_environment.executable,
                          m_environment.line},
        std::move(run),
        // Many have processes of their own, which end with the work they have when they are told to
        // by the first, and without it when the signal comes to them.
        Job::Limits {.stopTime = std::chrono::seconds(config.stopTimeoutSeconds),
                     .stopsGroup = false},
        [this](JobRun became) { ended(std::move(became)); });
    if (auto started = job->start(std::move(*app), std::move(*words)); !started)
        return started;
    m_pid = job->pid();
    m_job = std::move(job);
    return {};
}

void ServiceInstance::lookDue(void *context) noexcept
{
    static_cast<ServiceInstance *>(context)->look();
}

void ServiceInstance::look()
{
    if (m_state != State::Starting)
        return;
    const ServiceConfig &config = m_plan.config;
    if (!m_port || m_probe.accepts(m_port))
        return becomeReady();
    const std::chrono::seconds limit(config.startTimeoutSeconds);
    if (since(m_startedAt) < limit)
        return m_look.arm(m_environment.control.timers(), kProbeEvery);
    m_blame = fmt::format("did not accept connections on 127.0.0.1:{} within {} s, and was ended",
                          m_port, limit.count());
    tellToEnd();
}

void ServiceInstance::becomeReady()
{
    m_readyAt = m_environment.control.now();
    m_hadPort = m_port != 0;
    become(State::Running);
    m_environment.say(LogLevel::Info,
                      fmt::format("runs as process {}{}", m_pid,
                                  m_port ? fmt::format(" on 127.0.0.1:{}, after {}", m_port,
                                                       seconds(since(m_startedAt)))
                                         : std::string()));
}

void ServiceInstance::ended(JobRun run)
{
    // It is inside its own callback: it may not be destroyed before that returns.
    m_environment.control.post([last = std::shared_ptr<Job>(std::move(m_job))] {});
    m_look.disarm();
    const bool wasReady = m_readyAt != SteadyTime {};
    const ServiceExit exit {.isSuccess = run.exitCode == 0 && m_blame.empty(),
                            .wasReady = wasReady,
                            .readyFor = wasReady ? since(m_readyAt) : std::chrono::milliseconds(0)};
    m_lastOutput = std::move(run.output);
    if (m_farewell.empty()) {
        const std::string cause = !m_blame.empty() ? m_blame
            : run.cause.empty()                    ? "exited with code 0"
                                                   : run.cause;
        return afterEnd(cause, exit);
    }
    m_lastEndUnixMs = m_environment.control.unixMs();
    m_lastEnd = m_farewell;
    if (run.signalNumber == SIGKILL)
        m_lastEnd +=
            fmt::format("; it was killed, because it did not end within {} s", m_givenTime.count());
    m_environment.say(LogLevel::Info, fmt::format("process {} {}", m_pid, m_lastEnd));
    m_pid = 0;
    if (m_wanted)
        return launch();
    become(State::Stopped);
}

void ServiceInstance::afterEnd(const std::string &cause, const ServiceExit &exit)
{
    m_lastEndUnixMs = m_environment.control.unixMs();
    m_lastEnd = cause;
    const std::string what = m_pid ? fmt::format("process {} {}", m_pid, cause) : cause;
    m_pid = 0;
    const RestartCount::Step step =
        m_count.after(exit, m_plan.config.restart, m_plan.crashLoopCount, luck());
    tellNext(what, step);
    if (step.next == RestartCount::Next::Stay)
        return become(State::Ended);
    m_nextUnixMs = m_lastEndUnixMs + step.wait.count();
    // By the timer also when there is nothing to wait for: a start that fails at once must not
    // nest.
    m_backOff.arm(m_environment.control.timers(), step.wait);
    become(step.next == RestartCount::Next::CrashLoop ? State::Failed : State::Waiting);
}

void ServiceInstance::tellNext(const std::string &what, const RestartCount::Step &step)
{
    switch (step.next) {
    case RestartCount::Next::Stay:
        return m_environment.say(
            LogLevel::Info,
            fmt::format("{}; it is not started again (restart: {})", what, m_plan.config.restart));
    case RestartCount::Next::Restart:
        return m_environment.say(
            LogLevel::Warning,
            fmt::format("{}; it is started again {}", what,
                        step.wait.count() == 0 ? "at once" : "in " + seconds(step.wait)));
    case RestartCount::Next::CrashLoop:
        // Said as an error once.
        return m_environment.say(
            m_count.failures() == m_plan.crashLoopCount ? LogLevel::Error : LogLevel::Info,
            fmt::format("{}; that was failure {} in a row, so it is tried about once a minute",
                        what, m_count.failures()));
    }
}

void ServiceInstance::backedOff(void *context) noexcept
{
    auto *self = static_cast<ServiceInstance *>(context);
    ++self->m_restarts;
    self->m_environment.restarted();
    self->launch();
}

void ServiceInstance::become(State state)
{
    m_state = state;
    m_environment.changed();
}

std::chrono::milliseconds ServiceInstance::since(SteadyTime moment) const
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(m_environment.control.now()
                                                                 - moment);
}

/// In a crash loop, one more try is not yet news.
ServiceInstance::State ServiceInstance::state() const noexcept
{
    const bool isLoop = m_count.failures() >= m_plan.crashLoopCount;
    return m_state == State::Starting && isLoop ? State::Failed : m_state;
}

ServiceInstance::Info ServiceInstance::info() const
{
    Info info {.number = m_number,
               .state = state(),
               .pid = m_pid,
               .port = m_port,
               .startedUnixMs = m_job ? m_startedUnixMs : 0,
               .nextUnixMs = m_nextUnixMs,
               .restarts = m_restarts,
               .lastEndUnixMs = m_lastEndUnixMs,
               .lastEnd = m_lastEnd,
               .lastOutput = m_lastOutput};
    if (info.state == State::Waiting || info.state == State::Failed || info.state == State::Ended)
        info.cause = m_lastEnd;
    return info;
}

} // namespace arc
