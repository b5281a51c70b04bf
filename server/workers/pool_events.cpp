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
        hearGone(*worker, event.count);
        break;
    case HomeEvent::Kind::Stuck:
        hearStuck(*worker);
        break;
    case HomeEvent::Kind::Report:
        worker->setServing(std::move(event.text));
        break;
    case HomeEvent::Kind::Output:
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
    auto report = parseReady(json);
    if (!report) {
        worker.condemn("sent a start report that cannot be: " + report.error().message());
        return;
    }
    worker.becomeReady(report->slots);
    m_core->onHome([number = worker.identity().number,
                    slots = static_cast<unsigned>(report->slots)](AppHome &home) {
        home.activateWorker(number, slots);
    });
    const bool news = report->mounts != m_report.mounts || report->kind != m_report.kind;
    m_report = std::move(*report);
    say(fmt::format("worker {} is ready after {}: {}", worker.pid(),
                    formatDuration(static_cast<double>(worker.age().count()) / 1000),
                    m_report.kind));
    reconcile();
    if (news && m_environment.changed)
        m_environment.changed();
}

void PoolSupervisor::hearFailed(WorkerProcess &worker, const std::string &json)
{
    if (const auto report = parseFailed(json))
        worker.blame(report->error);
    // It exits by itself; one that does not has until the end of the start time.
}

void PoolSupervisor::hearBroken(WorkerProcess &worker, const HomeEvent &event)
{
    if (event.count) {
        worker.condemn("broke the worker protocol: " + event.text);
    } else if (!worker.isPlanned() && worker.isRunning()) {
        if (!event.text.empty())
            worker.blame("lost its socket: " + event.text);
        worker.endWithin(kBrokenGrace);
    }
}

void PoolSupervisor::hearStuck(WorkerProcess &worker)
{
    if (worker.state() != WorkerState::Ready || worker.isPlanned())
        return;
    say(fmt::format("worker {} does not come back from a request that was given up; it is replaced",
                    worker.pid()));
    retire(worker);
    reconcile();
}

} // namespace arc
