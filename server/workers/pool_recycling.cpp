// SPDX-License-Identifier: Apache-2.0
// The renewing part of PoolSupervisor: healthy workers are replaced by rule, one at a time, and the
// new one is there before the old one goes.
#include "server/base/text.h"
#include "server/workers/pool_supervisor.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

void PoolSupervisor::lookDue(void *context) noexcept
{
    static_cast<PoolSupervisor *>(context)->look();
}

void PoolSupervisor::look()
{
    m_look.arm(m_environment.control->timers(), kLookEvery);
    for (const Worker &worker : m_workers)
        worker->look();
    forgetFailures();
    if (isUsed())
        m_usedAt = m_environment.control->now();
    const std::chrono::seconds idle = m_spec.settings.idleStop;
    if (m_asleep && idle.count() == 0)
        wakeUp("because pool.idle_stop_s was turned off");
    else if (idle.count() > 0 && m_environment.control->now() - m_usedAt >= idle)
        fallAsleep();
    else
        recycleOne();
    scale();
}

/// Somebody asked since the last look, or waits for an answer, or has a WebSocket open.
bool PoolSupervisor::isUsed()
{
    const AppMetrics &cells = m_environment.metrics->cells;
    const int64_t requests = cells.requests.read();
    const bool isNew = std::exchange(m_requestsSeen, requests) != requests;
    return isNew || cells.busy.read() > 0 || cells.queued.read() > 0 || cells.sockets.read() > 0;
}

/// Only from rest: a pool that is being changed, or mends itself, goes on with that.
void PoolSupervisor::fallAsleep()
{
    const bool rests = !m_recycling && !m_candidate && m_serving.proven && m_serving.failures == 0
        && !m_serving.gaveUp && count(WorkerState::Starting, m_serving.number) == 0;
    if (m_asleep || !rests)
        return;
    const std::string why = fmt::format("was stopped because nobody asked for anything for {} s "
                                        "(pool.idle_stop_s)",
                                        m_spec.settings.idleStop.count());
    say("the app sleeps: its workers are stopped until a request comes");
    m_asleep = true;
    m_scaler.reset();
    m_core->onHome([](AppHome &home) { home.sleep(); }); // before it hears of its workers' end
    retireAll({EndKind::Stopped, why});
    reconcile();
}

void PoolSupervisor::wakeUp(const std::string &why)
{
    if (!std::exchange(m_asleep, false) || !m_running)
        return;
    say(fmt::format("the app is started again, {}", why));
    m_usedAt = m_environment.control->now();
    m_core->onHome([](AppHome &home) { home.letWait(); });
    reconcile();
}

/// All is well: nothing is being changed or mended, which would have the right of way.
bool PoolSupervisor::isAtRest() const
{
    return !m_recycling && !m_candidate && !m_serving.gaveUp && m_serving.failures == 0
        && count(WorkerState::Ready, m_serving.number) >= wanted()
        && countOld(WorkerState::Ready) == 0;
}

void PoolSupervisor::recycleOne()
{
    const RecycleRules rules = recycleRules(m_spec.settings);
    if (!rules.isAny() || !isAtRest() || m_environment.control->now() < m_recycleNotBefore)
        return;
    if (find(m_lastRecycled))
        return; // it still finishes what it has
    for (const Worker &worker : m_workers) {
        if (worker->state() != WorkerState::Ready || worker->isPlanned())
            continue;
        std::string why = recycleReason(rules,
                                        {.requests = worker->requestsAnswered(),
                                         .memoryBytes = worker->memoryBytes(),
                                         .startedUnixMs = worker->startedUnixMs(),
                                         .luck = luckOf(worker->identity().number)},
                                        unixNowMs());
        if (!why.empty() && !isTooSoon(*worker, rules))
            return beginRecycling(*worker, {EndKind::Recycled, std::move(why)});
    }
}

/// One that is above the limit soon after its start will be so again: replacing it without end
/// would help nobody.
bool PoolSupervisor::isTooSoon(const WorkerProcess &worker, const RecycleRules &rules)
{
    const bool isLarge = rules.memoryBytes > 0 && worker.memoryBytes() > rules.memoryBytes;
    if (!isLarge || worker.age() >= kRecycleAgain)
        return false;
    const SteadyTime now = m_environment.control->now();
    if (now >= m_youngNotBefore) {
        m_youngNotBefore = now + kRecycleAgain;
        m_toldOfYoung = false;
        return false;
    }
    if (!std::exchange(m_toldOfYoung, true))
        say(fmt::format("worker {} uses {} of memory {} after its start, more than "
                        "pool.recycle_memory_mib allows; of workers this young, one in {} s is "
                        "replaced",
                        worker.pid(), formatBytes(static_cast<double>(worker.memoryBytes())),
                        formatDuration(static_cast<double>(worker.age().count()) / 1000),
                        kRecycleAgain.count() / 1000),
            LogLevel::Warning);
    return true;
}

/// Whether memory has room for a fresh worker; the smallest there is tells how large that is.
bool PoolSupervisor::hasRoomForOne() const
{
    const int64_t free = memoryFree();
    int64_t size = 0;
    for (const Worker &worker : m_workers) {
        if (worker->state() == WorkerState::Ready && worker->memoryBytes() > 0)
            size = size ? std::min(size, worker->memoryBytes()) : worker->memoryBytes();
    }
    return free < 0 || size == 0 || free >= size;
}

void PoolSupervisor::beginRecycling(WorkerProcess &worker, EndReason why)
{
    m_recycling = Recycling {
        .worker = worker.identity().number, .why = std::move(why), .drainsFirst = !hasRoomForOne()};
    if (m_recycling->drainsFirst) {
        say(fmt::format("worker {} {}; memory has no room for another beside it, so it goes first",
                        worker.pid(), m_recycling->why.phrase));
        m_lastRecycled = m_recycling->worker;
        retire(worker, m_recycling->why);
    } else {
        say(fmt::format("worker {} {}; another is started in its place", worker.pid(),
                        m_recycling->why.phrase));
    }
    reconcile();
}

Result<void> PoolSupervisor::drainWorker(int pid)
{
    const auto found = runningWith(pid);
    if (!found)
        return found.error();
    WorkerProcess &worker = **found;
    if (worker.state() == WorkerState::Preloader)
        return Error {ErrorCode::Conflict,
                      fmt::format("process {} answers no requests: workers are forked from it, and "
                                  "it ends with the last of them",
                                  pid)};
    const bool isNext = m_recycling && m_recycling->worker == worker.identity().number;
    if (worker.isPlanned() || isNext)
        return Error {ErrorCode::Conflict, fmt::format("worker {} is ending already", pid)};
    const bool isServing = worker.state() == WorkerState::Ready;
    const size_t serving =
        count(WorkerState::Ready, m_serving.number) + countOld(WorkerState::Ready);
    if (isServing && !isAtRest() && serving < 2)
        return Error {ErrorCode::Conflict,
                      fmt::format("worker {} is the only one that serves, and the pool is being "
                                  "changed or mended; try again later, or kill it",
                                  pid)};
    EndReason why {EndKind::Admin, "was asked to end by an administrator"};
    if (isServing && isAtRest()) {
        beginRecycling(worker, std::move(why));
    } else {
        retire(worker, std::move(why));
        reconcile();
    }
    return {};
}

/// How many workers of the serving generation there should be just now.
size_t PoolSupervisor::target()
{
    const size_t all = m_asleep ? 0 : wanted();
    if (!m_recycling)
        return all;
    WorkerProcess *worker = find(m_recycling->worker);
    if (m_recycling->drainsFirst) {
        if (worker)
            return all - 1;
        m_recycling.reset();
        return all;
    }
    if (!worker || worker->isPlanned() || worker->state() != WorkerState::Ready) {
        m_recycling.reset(); // it went by itself, and what was started takes its place
        return all;
    }
    if (count(WorkerState::Ready, m_serving.number) <= all)
        return all + 1;
    m_lastRecycled = m_recycling->worker;
    EndReason why = std::move(m_recycling->why);
    m_recycling.reset();
    retire(*worker, std::move(why));
    return all;
}

/// The folder may be broken by now, and what serves was started from it when it was not.
bool PoolSupervisor::keepsOldInstead(const std::string &cause)
{
    if (!m_recycling || m_recycling->drainsFirst
        || count(WorkerState::Ready, m_serving.number) < wanted())
        return false;
    const WorkerProcess *worker = find(m_recycling->worker);
    say(fmt::format("worker {} stays: the one that should take its place did not start: {}",
                    worker ? worker->pid() : 0, cause),
        LogLevel::Warning);
    m_recycling.reset();
    m_recycleNotBefore = m_environment.control->now() + kRecycleAgain;
    return true;
}

} // namespace arc
