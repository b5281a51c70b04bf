// SPDX-License-Identifier: Apache-2.0
#include "server/jobs/job.h"

#include "server/base/text.h"
#include "server/jobs/leftovers.h"
#include "server/workers/process_figures.h"
#include "server/workers/spawn.h"

#include <fmt/format.h>
#include <sys/wait.h>

namespace arc {

namespace {

constexpr size_t kLastLineBytesMax = 300; // of a sentence in the log

/// The end of a text, from the beginning of a character of UTF-8 on.
std::string_view tailOf(std::string_view text, size_t bytesMax)
{
    if (text.size() <= bytesMax)
        return text;
    text.remove_prefix(text.size() - bytesMax);
    constexpr size_t kCharacterBytesMax = 4;
    for (size_t i = 0;
         i < kCharacterBytesMax && (static_cast<unsigned char>(text.front()) & 0xc0) == 0x80; ++i)
        text.remove_prefix(1);
    return text;
}

} // namespace

Job::Job(Environment environment, JobRun run, Limits limits, std::function<void(JobRun)> ended)
    : m_environment(std::move(environment)), m_run(std::move(run)), m_limits(limits),
      m_ended(std::move(ended)), m_limit(&Job::limitReached, this),
      m_self(std::make_shared<Job *>(this))
{
}

Job::~Job()
{
    *m_self = nullptr;
}

Result<void> Job::start(AppConfig app, std::vector<std::string> argv)
{
    app.env.insert_or_assign(std::string(kJobVariable), m_run.mark);
    // Celery gives its processes other titles, where setproctitle is installed; that writes over
    // the environment in /proc, unless it is told not to.
    app.env.emplace("SPT_NOENV", "1");
    auto started = AppCommand::run(
        m_environment.control, m_environment.executable, app, std::move(argv), {},
        [self = m_self](AppCommand::Update update) {
            if (*self)
                (*self)->heard(std::move(update));
        },
        {.patience = m_limits.stopTime, .leavesNothing = true, .stopsGroup = m_limits.stopsGroup});
    if (!started)
        return std::move(started).error();
    m_command = std::move(*started);
    m_pid = m_command->pid();
    m_oomKillsBefore = oomKills();
    if (m_limits.time.count() > 0)
        m_limit.arm(m_environment.control.timers(), m_limits.time);
    return {};
}

void Job::limitReached(void *context) noexcept
{
    auto *self = static_cast<Job *>(context);
    if (self->m_refusal.empty() && self->m_command) {
        self->m_refusal = "too_long";
        self->m_command->cancel();
    }
}

void Job::kill()
{
    if (m_command)
        m_command->kill();
}

void Job::stop(int signalNumber, std::chrono::milliseconds stopTime)
{
    if (!m_refusal.empty() || !m_command)
        return;
    m_refusal = "stopped";
    m_command->cancel(signalNumber, stopTime);
}

JobRun Job::now() const
{
    return m_run;
}

void Job::keep(std::string_view bytes)
{
    const auto each = [this](std::string_view line) {
        if (!trim(line).empty())
            m_lastLine = line.substr(0, kLastLineBytesMax);
        m_environment.line(m_pid, line);
    };
    m_lines.feed(bytes, each);
    m_run.output += bytes;
    m_run.output = tailOf(m_run.output, kOutputBytesMax);
}

void Job::heard(AppCommand::Update update)
{
    keep(update.output);
    if (!update.finished)
        return;
    m_lines.end([this](std::string_view line) {
        m_lastLine = line.substr(0, kLastLineBytesMax);
        m_environment.line(m_pid, line);
    });
    m_limit.disarm();
    judge(update);
    // The command is inside its own callback: it may not be destroyed before that returns.
    m_environment.control.post([command = std::shared_ptr<AppCommand>(std::move(m_command))] {});
    sweep();
}

void Job::judge(const AppCommand::Update &update)
{
    m_run.endedUnixMs = m_environment.control.unixMs();
    const bool isKilled = WIFSIGNALED(update.waitStatus);
    m_run.signalNumber = isKilled ? WTERMSIG(update.waitStatus) : 0;
    m_run.exitCode = isKilled ? -1 : update.exitStatus;
    if (m_refusal == "too_long")
        m_run.cause =
            fmt::format("ran longer than its limit of {} s, and was ended", m_limits.time.count());
    else if (m_refusal == "stopped")
        m_run.cause = "was ended, because the engine stopped";
    else if (update.exitStatus != 0)
        m_run.cause = describeExit(update.waitStatus);
    if (m_run.signalNumber == SIGKILL && m_refusal.empty() && m_oomKillsBefore >= 0
        && oomKills() > m_oomKillsBefore)
        m_run.cause += "; the system ran out of memory";
    m_run.state = !m_refusal.empty() ? m_refusal : update.exitStatus == 0 ? "done" : "failed";
    if (m_run.state == "failed" && !m_lastLine.empty())
        m_run.cause += fmt::format("; its last line: {}", m_lastLine);
}

/// What left its process group.
void Job::sweep()
{
    const bool taken = m_environment.blocking.submit(
        m_environment.control, [self = m_self, mark = m_run.mark]() -> std::function<void()> {
            endLeftovers(mark);
            return [self] {
                if (*self)
                    (*self)->finish();
            };
        });
    if (!taken) // too much waits there; the end of the run is told all the same
        m_environment.control.post([self = m_self] {
            if (*self)
                (*self)->finish();
        });
}

void Job::finish()
{
    const auto ended = std::move(m_ended); // may destroy this
    ended(std::move(m_run));
}

} // namespace arc
