// SPDX-License-Identifier: Apache-2.0
// The listening part of PoolSupervisor: what workers tell, and what the home loop sees of them.
#include "server/base/text.h"
#include "server/workers/pool_supervisor.h"

#include <fmt/format.h>

namespace arc {

namespace {

/// For a worker that closed its stream in order to end by itself.
constexpr std::chrono::milliseconds kBrokenGrace {1000};

} // namespace

void PoolSupervisor::hear(HomeEvent event)
{
    WorkerProcess *worker = find(event.worker);
    if (event.kind == HomeEvent::Kind::Output) {
        m_output.add(worker ? worker->pid() : 0, event.text);
        return;
    }
    if (event.kind == HomeEvent::Kind::Wanted)
        return wakeUp("because a request came");
    if (!worker)
        return;
    switch (event.kind) {
    case HomeEvent::Kind::Step:
        hearStep(*worker, event.text);
        break;
    case HomeEvent::Kind::Ready:
        hearReady(*worker, event.text);
        break;
    case HomeEvent::Kind::Failed:
        hearFailed(*worker, event.text);
        break;
    case HomeEvent::Kind::Broken:
        hearBroken(*worker, event);
        break;
    case HomeEvent::Kind::Gone:
        hearGone(*worker, event);
        break;
    case HomeEvent::Kind::Stuck:
        hearStuck(*worker, event.text);
        break;
    case HomeEvent::Kind::Lingers:
        hearLingers(*worker, event);
        break;
    case HomeEvent::Kind::Sockets:
        hearSockets(*worker, event.count);
        break;
    case HomeEvent::Kind::Slow:
    case HomeEvent::Kind::TimedOut:
    case HomeEvent::Kind::Abandoned:
        inspect(*worker, std::move(event));
        break;
    case HomeEvent::Kind::Report:
        worker->setServing(std::move(event.text), std::chrono::milliseconds(event.count));
        break;
    case HomeEvent::Kind::Output:
    case HomeEvent::Kind::Wanted:
        break;
    }
}

void PoolSupervisor::hearStep(WorkerProcess &worker, const std::string &json)
{
    if (auto step = parseStep(json))
        worker.addStep(std::move(*step));
}

void PoolSupervisor::hearReady(WorkerProcess &worker, const std::string &json)
{
    if (worker.state() != WorkerState::Starting)
        return; // told to stop in the meantime, or dead already
    if (worker.isBeingForked())
        return worker.keepReady(json);
    auto report = parseReady(json);
    if (!report) {
        worker.condemn(EndKind::Protocol,
                       "sent a start report that cannot be: " + report.error().message());
        return;
    }
    if (hearPreloads(worker, *report))
        return;
    worker.becomeCandidate(report->slots);
    const std::string age = formatDuration(static_cast<double>(worker.age().count()) / 1000);
    if (isCandidate(worker)) {
        m_candidate->report = std::move(*report);
        say(fmt::format("worker {} of generation {} could serve after {}", worker.pid(),
                        m_candidate->number, age));
        return reconcile();
    }
    activate(worker);
    ReadyReport &known = m_serving.report;
    const bool news = report->mounts != known.mounts || report->kind != known.kind;
    known = std::move(*report);
    m_serving.proven = true;
    say(fmt::format("worker {} is ready after {}: {}{}", worker.pid(), age, known.kind,
                    known.core == "native" ? ", native core" : ""));
    reconcile();
    if (news && m_environment.changed)
        m_environment.changed();
    if (!m_candidate) {
        m_triesRelease = false;
        answerDeploys(deployedNow());
    }
}

void PoolSupervisor::hearFailed(WorkerProcess &worker, const std::string &json)
{
    if (const auto report = parseFailed(json))
        worker.blame(EndKind::Start, report->error);
    // It exits by itself; one that does not has until the end of the start time.
}

void PoolSupervisor::hearBroken(WorkerProcess &worker, const HomeEvent &event)
{
    if (event.count) {
        worker.condemn(EndKind::Protocol, "broke the worker protocol: " + event.text);
    } else if (!worker.isPlanned() && worker.isRunning()) {
        if (!event.text.empty())
            worker.blame(EndKind::Protocol, "lost its socket: " + event.text);
        worker.endWithin(kBrokenGrace);
    }
}

void PoolSupervisor::hearLingers(WorkerProcess &worker, const HomeEvent &event)
{
    if (!worker.isRunning())
        return;
    worker.blame(
        EndKind::Hung,
        fmt::format("did not end within {} s and was killed", m_spec.settings.stopTimeout.count()));
    if (event.count > 0)
        say(fmt::format("worker {} is killed {} s after it was told to stop; it still ran {}",
                        worker.pid(), m_spec.settings.stopTimeout.count(), event.text),
            LogLevel::Warning);
    worker.punish();
}

/// Its clients have time to go on; the app's own time to stop begins after it.
void PoolSupervisor::hearSockets(WorkerProcess &worker, int64_t count)
{
    if (!worker.isRunning() || worker.state() != WorkerState::Stopping)
        return;
    const Settings &settings = m_spec.settings;
    worker.stopWithin(settings.socketDrain + stopTime(worker.farewell()));
    say(fmt::format("worker {} stops, but keeps {} WebSockets open for {} s", worker.pid(), count,
                    settings.socketDrain.count()));
}

void PoolSupervisor::hearStuck(WorkerProcess &worker, const std::string &label)
{
    if (worker.state() != WorkerState::Ready || worker.isPlanned())
        return;
    // What it was asked, and says or is silent to, belongs to the verdict.
    worker.inspector().settle([this, number = worker.identity().number, label] {
        if (WorkerProcess *asked = find(number))
            judgeStuck(*asked, label);
    });
}

void PoolSupervisor::judgeStuck(WorkerProcess &worker, const std::string &label)
{
    if (worker.state() != WorkerState::Ready || worker.isPlanned())
        return;
    std::string phrase =
        fmt::format("did not come back from {} within {} s after that was given up", label,
                    m_spec.settings.interruptGrace.count());
    const std::string &silence = worker.silence();
    if (!silence.empty())
        phrase += "; it " + silence;
    say(fmt::format("worker {} {}; it is replaced", worker.pid(), phrase), LogLevel::Warning);
    if (silence.empty()) {
        retire(worker, {EndKind::Hung, std::move(phrase)});
    } else { // none of its requests goes on: others may take them now
        worker.bidFarewell({EndKind::Hung, std::move(phrase)});
        worker.kill();
    }
    reconcile();
}

} // namespace arc
