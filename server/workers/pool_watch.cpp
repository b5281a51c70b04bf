// SPDX-License-Identifier: Apache-2.0
// The watching part of PoolSupervisor: requests and starts that take too long are looked at, and
// interrupted.
#include "server/base/text.h"
#include "server/workers/pool_supervisor.h"

#include <fmt/format.h>

namespace arc {

namespace {

std::string durationOf(const HomeEvent &event)
{
    return formatDuration(static_cast<double>(event.count) / 1000);
}

/// What a worker does about a request; "": nobody knows.
std::string standing(const Inspection &found)
{
    if (found.reach == Inspection::Reach::Silent)
        return fmt::format("; the worker does not answer: it {}", found.why);
    if (found.isFound && !found.at.empty())
        return fmt::format(", at {}", found.at);
    return {};
}

std::string interruption(const Inspection &found)
{
    if (found.done == "raised")
        return "; the thread that works on it was interrupted";
    if (found.done == "cancelled")
        return "; its task was cancelled";
    if (found.reach == Inspection::Reach::Answered && !found.why.empty())
        return fmt::format("; it was not interrupted: {}", found.why);
    return {};
}

std::string sentenceOf(int pid, const HomeEvent &event, const Inspection &found)
{
    if (event.kind == HomeEvent::Kind::Slow)
        return fmt::format("worker {} has worked on {} for {}{}", pid, event.text,
                           durationOf(event), standing(found));
    const std::string_view what = event.kind == HomeEvent::Kind::TimedOut
        ? "was answered 504"
        : "goes on though its client has left";
    return fmt::format("{} {} after {} in worker {}{}{}", event.text, what, durationOf(event), pid,
                       standing(found), interruption(found));
}

} // namespace

bool PoolSupervisor::mayShowStack()
{
    const int64_t minute = unixNowMs() / 60000;
    if (std::exchange(m_stacksMinute, minute) != minute)
        m_stacksShown = 0;
    return ++m_stacksShown <= kStacksPerMinute;
}

void PoolSupervisor::inspect(WorkerProcess &worker, HomeEvent event)
{
    const bool shows = mayShowStack();
    const bool interrupts =
        event.kind != HomeEvent::Kind::Slow && m_spec.settings.interruptRequests;
    if (!shows && !interrupts)
        return;
    WorkerInspector::Question question {.deed = interrupts ? WorkerInspector::Deed::Interrupt
                                                           : WorkerInspector::Deed::Stack,
                                        .requestId = event.requestId,
                                        .isAlone = event.isAlone};
    worker.inspector().ask(
        std::move(question),
        [this, shows, number = worker.identity().number, event](const Inspection &found) {
            WorkerProcess *inspected = find(number);
            if (!inspected)
                return;
            inspected->setSilence(found.reach == Inspection::Reach::Silent ? found.why
                                                                           : std::string());
            if (shows)
                noteInspection(*inspected, event, found);
        });
}

void PoolSupervisor::noteInspection(WorkerProcess &worker, const HomeEvent &event,
                                    const Inspection &found)
{
    say(sentenceOf(worker.pid(), event, found), LogLevel::Warning);
    if (found.stack.empty())
        return;
    for (const std::string_view line : split(found.stack, '\n')) {
        if (!line.empty())
            m_output.add(worker.pid(), line);
    }
    worker.addStack({.atUnixMs = unixNowMs(),
                     .about = fmt::format("{}, after {}", event.text, durationOf(event)),
                     .text = found.stack});
}

/// Where it stands is asked first, for its certificate.
void PoolSupervisor::workerOverdue(WorkerProcess &worker)
{
    worker.inspector().ask({.deed = WorkerInspector::Deed::Start},
                           [this, number = worker.identity().number](const Inspection &found) {
                               WorkerProcess *late = find(number);
                               if (!late || late->state() != WorkerState::Starting)
                                   return;
                               std::string phrase = fmt::format(
                                   "was not ready within {} s (last step: {})",
                                   m_spec.settings.startTimeout.count(), late->lastStep());
                               if (found.reach != Inspection::Reach::None)
                                   phrase += standing(found);
                               if (!found.stack.empty())
                                   late->addStack({.atUnixMs = unixNowMs(),
                                                   .about = "its start, when its time was over",
                                                   .text = found.stack});
                               late->condemn(EndKind::Start, std::move(phrase));
                           });
}

} // namespace arc
