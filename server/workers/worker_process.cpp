// SPDX-License-Identifier: Apache-2.0
#include "server/workers/worker_process.h"

#include "server/base/assert.h"
#include "server/base/text.h"
#include "server/workers/process_figures.h"

#include <algorithm>

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
      m_deadline(&WorkerProcess::overdue, this), m_inspector(control),
      m_self(std::make_shared<WorkerProcess *>(this))
{
}

WorkerProcess::~WorkerProcess()
{
    *m_self = nullptr;
}

void WorkerProcess::addStep(StartStep step)
{
    if (m_steps.size() < kStepsMax)
        m_steps.push_back(std::move(step));
}

void WorkerProcess::becomeCandidate(int slots)
{
    m_memoryAt.reset(); // what it had before its import is not what a worker needs
    m_state = WorkerState::Candidate;
    m_slots = slots;
    m_readyAt = std::chrono::steady_clock::now();
    m_deadline.disarm();
    readPeak();
}

void WorkerProcess::serve()
{
    ARC_ASSERT(m_state == WorkerState::Candidate);
    m_state = WorkerState::Ready;
}

void WorkerProcess::becomePreloader()
{
    m_state = WorkerState::Preloader;
    m_isPreloader = true;
    m_readyAt = std::chrono::steady_clock::now();
    m_deadline.disarm();
    readPeak();
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

void WorkerProcess::blame(EndKind kind, std::string phrase)
{
    if (!m_blame.isGiven())
        m_blame = {kind, std::move(phrase)};
}

void WorkerProcess::bidFarewell(EndReason why)
{
    if (!m_farewell.isGiven())
        m_farewell = std::move(why);
}

void WorkerProcess::condemn(EndKind kind, std::string phrase)
{
    m_condemned = true;
    blame(kind, std::move(phrase));
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

EndReason WorkerProcess::reasonOfEnd() const
{
    return explainEnd({.status = m_exitStatus,
                       .wasReady = wasReady(),
                       .sawOomKill = m_oomKillsBefore >= 0 && oomKills() > m_oomKillsBefore,
                       .lastLine = m_lastLines.empty() ? std::string_view() : m_lastLines.back(),
                       .farewell = m_farewell,
                       .blame = m_blame});
}

WorkerEnd WorkerProcess::certificate() const
{
    EndReason why = reasonOfEnd();
    return {.app = {},
            .pid = pid(),
            .generation = m_identity.generation,
            .startedUnixMs = m_startedUnixMs,
            .endedUnixMs = m_endedUnixMs,
            .kind = why.kind,
            .cause = std::move(why.phrase),
            .planned = m_planned,
            .wasReady = wasReady(),
            .requests = m_cells->requests.read(),
            .running = {},
            .memory = {m_memory.begin(), m_memory.end()},
            .peakMemoryBytes = std::max(m_peakMemoryBytes, m_child.peakMemoryBytes()),
            .stacks = {m_stacks.begin(), m_stacks.end()},
            .output = {m_lastLines.begin(), m_lastLines.end()}};
}

void WorkerProcess::readPeak()
{
    m_peakMemoryBytes = std::max(m_peakMemoryBytes, readPeakMemoryBytes(pid()));
}

void WorkerProcess::look()
{
    constexpr std::chrono::seconds kFiguresAge {1};
    constexpr std::chrono::seconds kMemoryAge {5};
    constexpr std::chrono::seconds kIdleMemoryAge {60};
    const SteadyTime now = std::chrono::steady_clock::now();
    if (m_child.isRunning() && (!m_figuresAt || now - *m_figuresAt >= kFiguresAge)) {
        const double before = std::exchange(m_cpuSeconds, readCpuSeconds(pid()));
        if (m_figuresAt)
            m_coresUsed =
                (m_cpuSeconds - before) / std::chrono::duration<double>(now - *m_figuresAt).count();
        readPeak();
        m_figuresAt = now;
        // A process that did not run has the memory it had; the minute is for what the kernel and
        // its siblings do to it.
        const auto memoryAge = m_cpuSeconds > m_memoryAtCpu ? kMemoryAge : kIdleMemoryAge;
        if (!m_memoryAt || now - *m_memoryAt >= memoryAge) {
            m_memoryNow = readMemory(pid());
            m_memoryAt = now;
            m_memoryAtCpu = m_cpuSeconds;
            m_memory.push_back({unixNowMs(), m_memoryNow.bytes});
            if (m_memory.size() > kMemorySamplesMax)
                m_memory.pop_front();
        }
        m_oomKillsBefore = std::exchange(m_oomKillsAtLook, oomKills());
    }
}

WorkerInfo WorkerProcess::info()
{
    look();
    const auto busy = static_cast<int>(m_cells->busy.read());
    if (busy == 0)
        m_serving.clear(); // the next one is told of anew
    const bool serves = !m_serving.empty();
    return {.pid = pid(),
            .ordinal = m_identity.ordinal,
            .generation = m_identity.generation,
            .state = m_state,
            .startedUnixMs = m_startedUnixMs,
            .requests = m_cells->requests.read(),
            .busy = busy,
            .slots = m_slots,
            .memoryBytes = m_memoryNow.bytes,
            .sharedBytes = m_memoryNow.sharedBytes,
            .cpuSeconds = m_cpuSeconds,
            .serving = m_serving,
            .servingMs = serves ? m_servingRan.count() : -1,
            .steps = m_steps};
}

void WorkerProcess::setServing(std::string serving, std::chrono::milliseconds ran)
{
    m_serving = std::move(serving);
    m_servingRan = ran;
}

void WorkerProcess::overdue(void *context) noexcept
{
    auto *self = static_cast<WorkerProcess *>(context);
    if (self->m_child.isAsked())
        return; // it has ended in time; only its parent takes long to say how
    if (self->m_state == WorkerState::Starting) {
        self->m_overdue = true;
        self->m_owner.workerOverdue(*self);
    } else if (self->m_planned && self->m_readyAt && !std::exchange(self->m_lingers, true)) {
        self->m_deadline.arm(self->m_loop.timers(), kLastWords);
        self->m_owner.workerLingers(*self);
    } else {
        if (!self->m_planned)
            self->blame(EndKind::Hung, "closed its socket, but did not end, and was killed");
        self->punish();
    }
}

void WorkerProcess::ended(int status)
{
    m_state = WorkerState::Dead;
    m_exitStatus = status;
    if (m_isPreloader && !m_forker->fault().empty()) // it ends by itself when it is given up
        blame(EndKind::Protocol, m_forker->fault());
    m_endedUnixMs = unixNowMs();
    m_deadline.disarm();
    m_output->drain();
    m_lines.end([this](std::string_view line) {
        keepLine(line);
        m_owner.workerWrote(*this, line);
    });
    m_output.reset();
    keepLastStacks();
    m_owner.workerEnded(*this);
}

void WorkerProcess::addStack(WorkerStack stack)
{
    m_stacks.push_back(std::move(stack));
    if (m_stacks.size() > kStacksMax)
        m_stacks.pop_front();
}

/// What a fatal error had it write.
void WorkerProcess::keepLastStacks()
{
    std::string text = m_inspector.lastStacks();
    if (text.empty())
        return;
    for (const std::string_view line : split(text, '\n')) {
        if (!line.empty())
            m_owner.workerWrote(*this, line);
    }
    addStack({.atUnixMs = m_endedUnixMs, .about = "at its end", .text = std::move(text)});
}

void WorkerProcess::wrote(std::string_view bytes)
{
    m_lines.feed(bytes, [this](std::string_view line) {
        keepLine(line);
        m_owner.workerWrote(*this, line);
    });
}

void WorkerProcess::keepLine(std::string_view line)
{
    if (trim(line).empty())
        return;
    m_lastLines.emplace_back(line.substr(0, kLastLineBytesMax));
    if (m_lastLines.size() > kLastLinesMax)
        m_lastLines.pop_front();
}

} // namespace arc
