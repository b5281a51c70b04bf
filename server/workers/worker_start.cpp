// SPDX-License-Identifier: Apache-2.0
// How a WorkerProcess begins: alone, or forked by a preloader.
#include "server/base/text.h"
#include "server/detect/detect.h"
#include "server/workers/worker_process.h"

#include <cerrno>
#include <csignal>

#include <fmt/format.h>
#include <sys/socket.h>

namespace arc {

/// Answers the engine's end of the socket; keeps its ends of the others.
Result<FileDescriptor> WorkerProcess::openEnds(Ends &ends)
{
    int sockets[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        return errnoError("cannot make a socket pair", errno);
    FileDescriptor engineEnd(sockets[0]);
    ends.socket.reset(sockets[1]);
    auto output = OutputPipe::create();
    if (!output)
        return std::move(output).error();
    auto watched = m_inspector.open();
    if (!watched)
        return std::move(watched).error();
    ends.output = std::move(output->writing);
    ends.watch = std::move(*watched);
    m_output = std::make_unique<OutputReader>(m_loop, std::move(output->reading),
                                              [this](std::string_view bytes) { wrote(bytes); });
    return engineEnd;
}

void WorkerProcess::begin(std::chrono::milliseconds startTimeout)
{
    m_startedUnixMs = unixNowMs();
    m_startedAt = std::chrono::steady_clock::now();
    m_oomKillsBefore = m_oomKillsAtLook = oomKills();
    m_deadline.arm(m_loop.timers(), startTimeout);
}

Result<FileDescriptor> WorkerProcess::start(const AppConfig &app, const Plan &plan)
{
    Ends ends;
    auto engineEnd = openEnds(ends);
    if (!engineEnd)
        return engineEnd;
    ChildProcess::Start start {.executable = plan.executable,
                               .folder = app.root,
                               .argv = {app.python, "-u",
                                        pythonFilesDirectory() + "/worker/main.py", "--fd",
                                        std::to_string(ChildProcess::kSocketFd)},
                               .environment = appEnvironment(app),
                               .output = std::move(ends.output),
                               .socket = std::move(ends.socket)};
    start.more.push_back(std::move(ends.watch.lane)); // as makeHello() says
    start.more.push_back(std::move(ends.watch.stacks));
    if (plan.preloads) {
        m_forker = std::make_shared<Forker>(m_loop);
        auto orders = m_forker->open();
        if (!orders)
            return orders;
        start.more.push_back(std::move(*orders));
    }
    begin(plan.startTimeout);
    auto started = m_child.start(m_loop, std::move(start), [this](int status) { ended(status); });
    if (!started)
        return std::move(started).error();
    m_inspector.setPid(pid());
    if (m_forker)
        m_forker->setPreloader(pid());
    return engineEnd;
}

Result<FileDescriptor> WorkerProcess::startForked(std::shared_ptr<Forker> forker,
                                                  std::chrono::milliseconds startTimeout)
{
    Ends ends;
    auto engineEnd = openEnds(ends);
    if (!engineEnd)
        return engineEnd;
    begin(startTimeout);
    m_forker = std::move(forker);
    m_isBeingForked = true;
    std::vector<FileDescriptor> descriptors; // in the order that preload.py expects
    descriptors.push_back(std::move(ends.socket));
    descriptors.push_back(std::move(ends.watch.lane));
    descriptors.push_back(std::move(ends.watch.stacks));
    descriptors.push_back(std::move(ends.output));
    m_forker->fork(std::move(descriptors), [self = m_self](const Result<int> &pid) {
        if (*self)
            (*self)->forked(pid);
    });
    return engineEnd;
}

void WorkerProcess::forked(const Result<int> &pid)
{
    m_isBeingForked = false;
    Result<void> born = pid
        ? m_child.adopt(
            m_loop, *pid,
            [forker = m_forker](int it, std::function<void(ChildProcess::Fate)> done) {
                forker->reap(it, std::move(done));
            },
            [this](int status) { ended(status); })
        : Result<void>(pid.error());
    if (!born) {
        if (pid) { // nobody can watch it
            ::kill(*pid, SIGKILL);
            m_forker->reap(*pid, [](const ChildProcess::Fate &) {});
        }
        m_planned = m_planned || m_forker->isBroken(); // the preloader's end is what counts
        blame(EndKind::Start, fmt::format("could not be forked: {}", born.error().message()));
        return ended(ChildProcess::kStatusUnknown);
    }
    m_inspector.setPid(*pid);
    if (m_signalAtBirth)
        m_child.signalGroup(m_signalAtBirth);
    m_owner.workerForked(*this);
}

void WorkerProcess::signalGroup(int signalNumber)
{
    if (m_isBeingForked)
        m_signalAtBirth = m_signalAtBirth == SIGKILL ? SIGKILL : signalNumber;
    else
        m_child.signalGroup(signalNumber);
}

} // namespace arc
