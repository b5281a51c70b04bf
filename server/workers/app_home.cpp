// SPDX-License-Identifier: Apache-2.0
#include "server/workers/app_home.h"

#include "server/base/assert.h"
#include "server/workers/app_core.h"

#include <utility>

namespace arc {

namespace {

constexpr uint16_t kRetryAfterFull = 1; // seconds: a queue that moves has room soon
constexpr uint16_t kRetryAfterWait = 5; // the app is slower than its visitors
constexpr uint16_t kRetryAfterDown = 10;
constexpr const char *kFull = "Too many requests are waiting. Please try again in a moment.";
constexpr const char *kWaited = "The application is busy. Please try again in a moment.";
constexpr const char *kSockets = "Too many WebSockets are open. Please try again later.";
constexpr const char *kTooSlow = "The application did not answer in time.";

} // namespace

AppHome::AppHome(AppCore &core, EventLoop &loop, size_t loops,
                 std::shared_ptr<AppMetricsSet> metrics)
    : m_core(core), m_loop(loop), m_metrics(std::move(metrics)),
      m_requests(*this, &AppHome::overdue, loops)
{
}

void AppHome::take(ToHome message) noexcept
{
    switch (message.kind) {
    case ToHome::Kind::Enqueue:
        enqueue({.id = message.id,
                 .payload = std::move(message.bytes),
                 .bodyBytes = message.amount,
                 .complete = (message.flags & protocol::kEnd) != 0,
                 .mayRepeat = message.mayRepeat,
                 .asksSocket = message.asksSocket});
        break;
    case ToHome::Kind::Body:
        body(message.id, message.bytes, message.flags);
        break;
    case ToHome::Kind::Grant:
        grant(message.id, message.amount);
        break;
    case ToHome::Kind::Message:
        this->message(message.id, message.bytes, message.flags);
        break;
    case ToHome::Kind::Gone:
        gone(message.id, message.closeCode, message.bytes);
        break;
    }
}

void AppHome::enqueue(Arrival arrival) noexcept
{
    HomeRequest &request = m_requests.add(arrival.id);
    request.payload = std::move(arrival.payload);
    request.bodyBytes = arrival.bodyBytes;
    request.complete = arrival.complete;
    request.mayRepeat = arrival.mayRepeat;
    request.queuedAt = m_loop.now();
    request.asksSocket = arrival.asksSocket;
    m_sockets += arrival.asksSocket ? 1 : 0;
    if (m_refusing) {
        refuseNoWorker(request);
        return;
    }
    if (m_sockets > m_limits.socketsMax && arrival.asksSocket) {
        m_metrics->cells.refused.add(1);
        release(request);
        m_core.sides().refuse(arrival.id,
                              {.status = 503, .retryAfter = kRetryAfterWait, .text = kSockets});
        return;
    }
    if (m_queue.size() == 0) {
        if (HomeWorker *worker = pick(arrival.asksSocket)) {
            run(request, *worker);
            return;
        }
    }
    if (m_queue.size() < m_limits.queueLengthMax) {
        m_queue.pushBack(request);
        wait(request);
        if (m_asleep)
            wakeUp();
        return;
    }
    m_metrics->cells.refused.add(1);
    release(request);
    m_core.sides().refuse(arrival.id,
                          {.status = 503, .retryAfter = kRetryAfterFull, .text = kFull});
}

void AppHome::release(HomeRequest &request) noexcept
{
    m_sockets -= request.asksSocket ? 1 : 0;
    m_requests.release(request);
}

void AppHome::body(RequestId id, std::string_view bytes, uint8_t flags) noexcept
{
    HomeRequest *request = m_requests.find(id);
    if (!request || !request->worker)
        return;
    if (flags & (protocol::kEnd | protocol::kAbort))
        request->complete = true; // nothing more to send; not replayable, since it was streamed
    request->mayRepeat = false;
    request->worker->sendBody(*request, bytes, flags);
}

void AppHome::grant(RequestId id, uint32_t bytes) noexcept
{
    HomeRequest *request = m_requests.find(id);
    if (request && request->worker)
        request->worker->grant(*request, bytes);
}

void AppHome::message(RequestId id, std::string_view bytes, uint8_t flags) noexcept
{
    const HomeRequest *request = m_requests.find(id);
    if (request && request->worker)
        request->worker->sendMessage(*request, bytes, flags);
}

void AppHome::gone(RequestId id, uint16_t code, std::string_view reason) noexcept
{
    HomeRequest *request = m_requests.find(id);
    if (!request)
        return;
    if (request->queued)
        unqueue(*request);
    if (request->worker && request->isSocket) {
        request->worker->endSocket(*request, code, reason);
        measure();
    } else if (request->worker) {
        request->worker->cancel(
            *request, {.wait = m_limits.requestTimeout, .grace = m_limits.interruptGrace});
    }
    release(*request);
}

/// Least busy first, so that a second thread of one interpreter never competes while another
/// process idles; among equals the one used last, whose caches are warm. WebSockets stay, so they
/// are spread by their number.
HomeWorker *AppHome::pick(bool forSocket) noexcept
{
    HomeWorker *best = nullptr;
    for (const auto &worker : m_workers) {
        if (!worker->hasFreeSlot())
            continue;
        if (!best) {
            best = worker.get();
            continue;
        }
        const size_t load = forSocket ? worker->sockets() + worker->busy() : worker->busy();
        const size_t least = forSocket ? best->sockets() + best->busy() : best->busy();
        if (load < least || (load == least && worker->lastUsed() > best->lastUsed()))
            best = worker.get();
    }
    return best;
}

void AppHome::run(HomeRequest &request, HomeWorker &worker) noexcept
{
    request.startedAt = m_loop.now();
    const auto waited = request.startedAt - request.queuedAt;
    const int64_t us = std::chrono::duration_cast<std::chrono::microseconds>(waited).count();
    protocol::writeU32(request.payload, protocol::kQueueTimeAt, static_cast<uint32_t>(us));
    m_metrics->cells.queueTime.record(waited);
    if (request.attempts == 0)
        m_metrics->cells.requests.add(1);
    request.isSoftDue = m_limits.requestSoft.count() > 0;
    const auto limit = request.isSoftDue ? m_limits.requestSoft : m_limits.requestTimeout;
    if (limit.count() > 0)
        request.deadline.arm(m_loop.timers(), limit);
    else
        request.deadline.disarm();
    worker.start(request, ++m_uses);
    measure();
    if (!request.complete)
        m_core.sides().credit(request.id, protocol::kInitialWindow - request.bodyBytes);
}

/// The request stands in the queue: its time runs.
void AppHome::wait(HomeRequest &request) noexcept
{
    request.deadline.arm(m_loop.timers(), m_limits.queueTimeout);
    m_metrics->cells.queued.set(static_cast<int64_t>(m_queue.size()));
}

void AppHome::unqueue(HomeRequest &request) noexcept
{
    m_queue.remove(request);
    request.deadline.disarm();
    m_metrics->cells.queued.set(static_cast<int64_t>(m_queue.size()));
}

/// The oldest; under overload the newest.
HomeRequest *AppHome::nextInQueue() noexcept
{
    HomeRequest *oldest = m_queue.front();
    if (!oldest) {
        m_overload.relax();
        return nullptr;
    }
    const SteadyTime now = m_loop.now();
    if (!m_overload.isOverloaded(now, now - oldest->queuedAt, m_limits.queueTarget))
        return oldest;
    return m_queue.back();
}

void AppHome::dispatch() noexcept
{
    while (HomeRequest *request = nextInQueue()) {
        HomeWorker *worker = pick(request->asksSocket);
        if (!worker)
            return;
        m_metrics->cells.newestFirst.add(request != m_queue.front() ? 1 : 0);
        unqueue(*request);
        run(*request, *worker);
    }
}

void AppHome::overdue(void *request) noexcept
{
    auto *late = static_cast<HomeRequest *>(request);
    late->home.overdue(*late);
}

void AppHome::overdue(HomeRequest &request) noexcept
{
    const RequestId id = request.id;
    if (request.queued) {
        unqueue(request);
        m_metrics->cells.refused.add(1);
        release(request);
        m_core.sides().refuse(id, {.status = 503, .retryAfter = kRetryAfterWait, .text = kWaited});
        return;
    }
    if (!request.worker || request.headSeen)
        return;
    if (std::exchange(request.isSoftDue, false)) {
        tellOfRequest(HomeEvent::Kind::Slow, request);
        if (m_limits.requestTimeout.count() > 0)
            request.deadline.arm(m_loop.timers(),
                                 std::max(std::chrono::milliseconds(1),
                                          m_limits.requestTimeout - m_limits.requestSoft));
        return;
    }
    m_metrics->cells.timeouts.add(1);
    tellOfRequest(HomeEvent::Kind::TimedOut, request);
    request.worker->cancel(request, {.wait = m_limits.interruptGrace, .isInterrupted = true});
    release(request);
    m_core.sides().refuse(id, {.status = 504, .text = kTooSlow});
}

void AppHome::sleep() noexcept
{
    m_asleep = true;
    if (m_queue.size() > 0) // it came while we were told
        wakeUp();
}

void AppHome::wakeUp() noexcept
{
    m_asleep = false;
    m_core.tellControl({.kind = HomeEvent::Kind::Wanted});
}

void AppHome::refuseNoWorker(HomeRequest &request) noexcept
{
    const RequestId id = request.id;
    m_metrics->cells.refused.add(1);
    release(request);
    m_core.sides().refuse(
        id, {.status = 503, .retryAfter = kRetryAfterDown, .forLocalEyes = true, .text = m_cause});
}

void AppHome::refuseAll(std::string cause) noexcept
{
    m_refusing = true;
    m_cause = std::move(cause);
    while (HomeRequest *request = m_queue.front()) {
        unqueue(*request);
        refuseNoWorker(*request);
    }
}

} // namespace arc
