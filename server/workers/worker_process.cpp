// SPDX-License-Identifier: Apache-2.0
#include "server/workers/worker_process.h"

#include "server/base/assert.h"
#include "server/base/text.h"
#include "server/detect/detect.h"
#include "server/workers/process_figures.h"

#include <cerrno>
#include <csignal>

#include <fmt/format.h>
#include <sys/socket.h>

namespace arc {

namespace {

constexpr size_t kStepsMax = 64;

std::chrono::milliseconds since(SteadyTime moment)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now()
                                                                 - moment);
}

} // namespace

WorkerProcess::WorkerProcess(EventLoop &control, Owner &owner, Identity identity)
    : m_loop(control), m_owner(owner), m_identity(identity),
      m_deadline(&WorkerProcess::overdue, this)
{
}

Result<FileDescriptor> WorkerProcess::start(const AppConfig &app, const std::string &executable,
                                            std::chrono::milliseconds startTimeout)
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return errnoError("cannot make a socket pair", errno);
    FileDescriptor engineEnd(ends[0]);
    FileDescriptor workerEnd(ends[1]);
    auto output = OutputPipe::create();
    if (!output)
        return std::move(output).error();
    m_startedUnixMs = unixNowMs();
    m_startedAt = std::chrono::steady_clock::now();
    m_oomKillsBefore = oomKills();
    ChildProcess::Start plan {.executable = executable,
                              .folder = app.root,
                              .argv = {app.python, "-u", pythonFilesDirectory() + "/worker/main.py",
                                       "--fd", std::to_string(ChildProcess::kSocketFd)},
                              .environment = appEnvironment(app),
                              .output = std::move(output->writing),
                              .socket = std::move(workerEnd)};
    auto started = m_child.start(m_loop, std::move(plan), [this](int status) { ended(status); });
    if (!started)
        return std::move(started).error();
    m_output = std::make_unique<OutputReader>(m_loop, std::move(output->reading),
                                              [this](std::string_view bytes) { wrote(bytes); });
    m_deadline.arm(m_loop.timers(), startTimeout);
    return engineEnd;
}

void WorkerProcess::addStep(StartStep step)
{
    if (m_steps.size() < kStepsMax)
        m_steps.push_back(std::move(step));
}

void WorkerProcess::becomeCandidate(int slots)
{
    m_state = WorkerState::Candidate;
    m_slots = slots;
    m_readyAt = std::chrono::steady_clock::now();
    m_deadline.disarm();
}

void WorkerProcess::serve()
{
    ARC_ASSERT(m_state == WorkerState::Candidate);
    m_state = WorkerState::Ready;
}

void WorkerProcess::stopWithin(std::chrono::milliseconds time)
{
    m_state = WorkerState::Stopping;
    m_planned = true;
    m_deadline.arm(m_loop.timers(), time);
}

void WorkerProcess::endWithin(std::chrono::milliseconds time)
{
    m_state = WorkerState::Stopping;
    m_deadline.arm(m_loop.timers(), time);
}

void WorkerProcess::kill()
{
    m_planned = true;
    punish();
}

void WorkerProcess::blame(std::string cause)
{
    if (m_cause.empty())
        m_cause = std::move(cause);
}

void WorkerProcess::condemn(std::string cause)
{
    m_condemned = true;
    blame(std::move(cause));
    punish();
}

std::chrono::milliseconds WorkerProcess::readyFor() const
{
    return m_readyAt ? since(*m_readyAt) : std::chrono::milliseconds(0);
}

std::chrono::milliseconds WorkerProcess::age() const
{
    return since(m_startedAt);
}

bool WorkerProcess::sawOomKill() const
{
    return m_oomKillsBefore >= 0 && oomKills() > m_oomKillsBefore;
}

WorkerInfo WorkerProcess::info()
{
    constexpr std::chrono::seconds kFiguresAge {1};
    constexpr std::chrono::seconds kMemoryAge {5};
    constexpr std::chrono::seconds kIdleMemoryAge {60};
    const SteadyTime now = std::chrono::steady_clock::now();
    if (isRunning() && (!m_figuresAt || now - *m_figuresAt >= kFiguresAge)) {
        m_cpuSeconds = readCpuSeconds(pid());
        m_figuresAt = now;
        // A process that did not run has the memory it had; the minute is for what the kernel and
        // its siblings do to it.
        const auto memoryAge = m_cpuSeconds > m_memoryAtCpu ? kMemoryAge : kIdleMemoryAge;
        if (!m_memoryAt || now - *m_memoryAt >= memoryAge) {
            m_memoryBytes = readMemoryBytes(pid());
            m_memoryAt = now;
            m_memoryAtCpu = m_cpuSeconds;
        }
    }
    const auto busy = static_cast<int>(m_cells->busy.read());
    return {.pid = pid(),
            .ordinal = m_identity.ordinal,
            .generation = m_identity.generation,
            .state = m_state,
            .startedUnixMs = m_startedUnixMs,
            .requests = m_cells->requests.read(),
            .busy = busy,
            .slots = m_slots,
            .memoryBytes = m_memoryBytes,
            .cpuSeconds = m_cpuSeconds,
            .serving = busy > 0 ? m_serving : std::string(),
            .steps = m_steps};
}

void WorkerProcess::overdue(void *context) noexcept
{
    auto *self = static_cast<WorkerProcess *>(context);
    if (self->m_state == WorkerState::Starting) {
        self->m_overdue = true;
        self->m_owner.workerOverdue(*self);
    } else if (self->m_planned && self->m_readyAt && !std::exchange(self->m_lingers, true)) {
        self->m_deadline.arm(self->m_loop.timers(), kLastWords);
        self->m_owner.workerLingers(*self);
    } else {
        self->punish();
    }
}

void WorkerProcess::ended(int status)
{
    m_state = WorkerState::Dead;
    m_exitStatus = status;
    m_deadline.disarm();
    m_output->drain();
    m_lines.end([this](std::string_view line) {
        m_lastLine = line;
        m_owner.workerWrote(*this, line);
    });
    m_output.reset();
    m_owner.workerEnded(*this);
}

void WorkerProcess::wrote(std::string_view bytes)
{
    m_lines.feed(bytes, [this](std::string_view line) {
        if (!trim(line).empty())
            m_lastLine = line;
        m_owner.workerWrote(*this, line);
    });
}

} // namespace arc
