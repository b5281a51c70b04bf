// SPDX-License-Identifier: Apache-2.0
#include "server/loop/event_loop.h"

#include "server/base/assert.h"
#include "server/loop/io_event.h"

#include <atomic>
#include <cstdio>
#include <ctime>
#include <vector>

#include <event2/event.h>

namespace arc {

namespace {

/// Messages delivered in one turn, so that a flood of mail cannot starve the sockets.
constexpr size_t kMailPerTurnMax = 4096;
/// Messages delivered after stop(): enough for any real backlog, and an end for those who answer
/// each message with another.
constexpr size_t kLateMailMax = 1'000'000;
constexpr std::chrono::milliseconds kStall {200};

thread_local EventLoop *tCurrent = nullptr;

/// Cheap and up to 4 ms behind: good enough to notice a stall.
SteadyTime coarseNow() noexcept
{
    timespec time {};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return SteadyTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

event_base *makeBase() noexcept
{
    event_config *config = event_config_new();
    if (!config)
        return nullptr;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
    event_config_require_features(config, EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE);
    event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

} // namespace

struct EventLoop::Implementation {
    Mailbox mailbox;
    IoEvent wakeEvent;
    std::vector<TurnHook *> hooks; // holes are null: hooks that were destroyed while armed
    std::vector<TurnHook *> hooksNext;
    uint64_t turn = 0;
    bool stopping = false;             // set by the mail that stop() sends
    std::atomic<bool> running {false}; // read by assertOnLoop() of other threads
};

TurnHook::~TurnHook()
{
    if (m_loop)
        m_loop->forget(*this);
}

EventLoop::EventLoop(std::string name, size_t index, LoopMetrics &metrics)
    : m_name(std::move(name)), m_index(index), m_metrics(metrics)
{
}

Result<std::unique_ptr<EventLoop>> EventLoop::create(std::string name, size_t index,
                                                     LoopMetrics &metrics)
{
    std::unique_ptr<EventLoop> loop(new EventLoop(std::move(name), index, metrics));
    loop->m_impl = std::make_unique<Implementation>();
    loop->m_base = makeBase();
    if (!loop->m_impl->mailbox.isValid() || !loop->m_base)
        return Error {ErrorCode::Full, "cannot make an event loop: no descriptors left"};
    loop->refreshClock();
    loop->m_timers = std::make_unique<TimerWheel>(*loop);
    if (!loop->m_timers->isValid())
        return Error {ErrorCode::Full, "cannot make an event loop: no memory left"};
    const auto woken = [](void *context, Readiness) noexcept {
        static_cast<EventLoop *>(context)->m_metrics.wakeups.add(1);
    };
    loop->m_impl->wakeEvent.watchInput(*loop, loop->m_impl->mailbox.wakeFd(), woken, loop.get());
    if (!loop->m_impl->wakeEvent.isWatching())
        return Error {ErrorCode::Full, "cannot watch the mailbox of an event loop"};
    return loop;
}

EventLoop::~EventLoop()
{
    ARC_ASSERT(!m_impl->running.load());
    // Messages first: what they hold may have timers and events on this loop, or post to it.
    while (m_impl->mailbox.pop()) { }
    for (TurnHook *hook : m_impl->hooks) {
        if (hook)
            hook->m_loop = nullptr;
    }
    m_impl->wakeEvent.stop();
    m_timers.reset();
    if (m_base)
        event_base_free(m_base);
}

EventLoop *EventLoop::current() noexcept
{
    return tCurrent;
}

bool EventLoop::isCurrent() const noexcept
{
    return tCurrent == this;
}

bool EventLoop::isAsleep() const noexcept
{
    return m_impl->mailbox.isOwnerAsleep();
}

void EventLoop::assertOnLoop() const noexcept
{
    ARC_ASSERT(isCurrent() || !m_impl->running.load(std::memory_order_relaxed));
}

void EventLoop::run()
{
    ARC_ASSERT(!tCurrent && !m_impl->running.load());
    tCurrent = this;
    m_impl->running.store(true);
    m_impl->stopping = false;
    while (!m_impl->stopping) {
        ++m_impl->turn;
        m_clockStale = true;
        // With hooks waiting the flag stays down: senders need not wake a loop that does not sleep.
        const bool mayWait = m_impl->hooks.empty() && m_impl->mailbox.prepareToSleep();
        // Both flags: NONBLOCK alone goes on as long as any event is active, and a client that
        // sends faster than it is served would keep hooks and mail waiting.
        const int result =
            event_base_loop(m_base, mayWait ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK);
        ARC_ASSERT(result == 0);
        m_impl->mailbox.wakeUp();
        touchClock();
        deliverMail(kMailPerTurnMax);
        runHooks();
        reportStall();
    }
    deliverMail(kLateMailMax);
    runHooks();
    m_impl->running.store(false);
    m_clockStale = true;
    tCurrent = nullptr;
}

void EventLoop::stop() noexcept
{
    // As a message, so that what its sender posted before is delivered before.
    post([this]() noexcept { m_impl->stopping = true; });
}

void EventLoop::post(std::unique_ptr<Mail> mail) noexcept
{
    m_impl->mailbox.push(std::move(mail));
}

void EventLoop::atEndOfTurn(TurnHook &hook) noexcept
{
    assertOnLoop();
    if (hook.m_loop)
        return;
    hook.m_loop = this;
    hook.m_place = m_impl->hooks.size();
    m_impl->hooks.push_back(&hook);
}

void EventLoop::forget(TurnHook &hook) noexcept
{
    assertOnLoop();
    m_impl->hooks[hook.m_place] = nullptr;
    hook.m_loop = nullptr;
}

void EventLoop::runHooks() noexcept
{
    std::vector<TurnHook *> &hooks = m_impl->hooks;
    std::vector<TurnHook *> &next = m_impl->hooksNext;
    // Hooks that others arm meanwhile run, too; one that arms itself waits for the next turn. Those
    // stay in `hooks` until the end, since that is where forget() looks for them.
    for (size_t i = 0; i < hooks.size(); ++i) {
        TurnHook *hook = hooks[i];
        if (!hook || hook->m_ranInTurn == m_impl->turn)
            continue;
        hooks[i] = nullptr;
        hook->m_loop = nullptr;
        hook->m_ranInTurn = m_impl->turn;
        hook->endOfTurn();
    }
    for (TurnHook *hook : hooks) {
        if (hook) {
            hook->m_place = next.size();
            next.push_back(hook);
        }
    }
    hooks.clear();
    hooks.swap(next);
}

void EventLoop::deliverMail(size_t countMax) noexcept
{
    size_t count = 0;
    while (count < countMax) {
        const std::unique_ptr<Mail> mail = m_impl->mailbox.pop();
        if (!mail)
            break;
        mail->deliver();
        ++count;
    }
    m_metrics.messages.add(static_cast<int64_t>(count));
}

void EventLoop::refreshClock() noexcept
{
    using namespace std::chrono;
    m_now = steady_clock::now() + m_skipped;
    m_unixMs = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    if (isCurrent()) {
        m_clockStale = false;
        m_impl->mailbox.wakeUp(); // callbacks that post to their own loop need no eventfd
    }
}

void EventLoop::skipAhead(std::chrono::milliseconds duration) noexcept
{
    assertOnLoop();
    touchClock();
    m_skipped += duration;
    m_now += duration;
    m_timers->clockMoved();
}

void EventLoop::reportStall() noexcept
{
    const auto length = coarseNow() + m_skipped - m_now;
    if (length < kStall)
        return;
    m_metrics.stalls.add(1);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(length).count();
    std::fprintf(stderr, "loop %s stalled for %lld ms\n", m_name.c_str(),
                 static_cast<long long>(ms));
}

std::string libeventVersion()
{
    return event_get_version();
}

} // namespace arc
