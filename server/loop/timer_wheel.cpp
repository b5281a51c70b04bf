// SPDX-License-Identifier: Apache-2.0
#include "server/loop/timer_wheel.h"

#include "server/base/assert.h"
#include "server/loop/event_loop.h"

#include <algorithm>
#include <utility>

#include <event2/event.h>

namespace arc {

namespace {

/// Thirty years: beyond it, sums could overflow.
constexpr int64_t kDelayMsMax = 1'000'000'000'000;

constexpr int64_t floorTo(int64_t ms, int64_t step) noexcept
{
    return ms - ms % step;
}

/// The tick at which a deadline comes up: not before it.
constexpr int64_t tickOf(int64_t dueMs) noexcept
{
    return floorTo(dueMs + TimerWheel::kTickMs - 1, TimerWheel::kTickMs);
}

} // namespace

void Timer::arm(TimerWheel &wheel, std::chrono::milliseconds delay) noexcept
{
    wheel.m_loop.assertOnLoop();
    if (m_wheel != &wheel) {
        disarm();
        m_wheel = &wheel;
    }
    m_dueMs = wheel.nowMs() + std::clamp<int64_t>(delay.count(), 0, kDelayMsMax);
    if (m_link && tickOf(m_dueMs) >= m_slotMs)
        return; // its slot comes up in time, and moves it then
    if (m_link)
        wheel.remove(*this);
    wheel.place(*this);
}

void Timer::disarm() noexcept
{
    m_dueMs = 0;
    if (m_link)
        m_wheel->remove(*this);
}

TimerWheel::TimerWheel(EventLoop &loop)
    : m_loop(loop), m_tick(event_new(loop.base(), -1, 0, &TimerWheel::tick, this))
{
}

TimerWheel::~TimerWheel()
{
    for (auto *wheel : {&m_near, &m_far}) {
        for (Timer *&slot : *wheel) {
            while (slot)
                slot->disarm();
        }
    }
    if (m_tick)
        event_free(m_tick);
}

int64_t TimerWheel::nowMs() const noexcept
{
    using namespace std::chrono;
    m_loop.touchClock();
    return duration_cast<milliseconds>(m_loop.now().time_since_epoch()).count();
}

void TimerWheel::place(Timer &timer) noexcept
{
    if (m_count == 0)
        m_reachedMs = floorTo(nowMs(), kTickMs); // nothing came up while the wheel stood still
    const int64_t tickMs = std::max(tickOf(timer.m_dueMs), m_reachedMs + kTickMs);
    Timer **slot = nullptr;
    if (tickMs - m_reachedMs <= kSpanMs) {
        timer.m_slotMs = tickMs;
        slot = &m_near[static_cast<size_t>(tickMs / kTickMs % kSlots)];
        wakeAt(tickMs);
    } else {
        // The far slot of this span has been emptied, so at most 255 spans ahead are free.
        const int64_t lastMs = floorTo(m_reachedMs, kSpanMs) + (kSlots - 1) * kSpanMs;
        timer.m_slotMs = std::min(floorTo(tickMs, kSpanMs), lastMs);
        slot = &m_far[static_cast<size_t>(timer.m_slotMs / kSpanMs % kSlots)];
        wakeAt(floorTo(m_reachedMs, kSpanMs) + kSpanMs);
    }
    timer.m_next = *slot;
    timer.m_link = slot;
    if (timer.m_next)
        timer.m_next->m_link = &timer.m_next;
    *slot = &timer;
    ++m_count;
}

void TimerWheel::remove(Timer &timer) noexcept
{
    *timer.m_link = timer.m_next;
    if (timer.m_next)
        timer.m_next->m_link = timer.m_link;
    timer.m_next = nullptr;
    timer.m_link = nullptr;
    --m_count;
}

void TimerWheel::tick(int, short, void *self) noexcept
{
    auto *wheel = static_cast<TimerWheel *>(self);
    wheel->m_wakeMs = 0;
    wheel->m_advancing = true;
    wheel->advance();
    wheel->m_advancing = false;
    wheel->scheduleNext();
}

void TimerWheel::advance() noexcept
{
    const int64_t target = floorTo(nowMs(), kTickMs);
    while (m_count > 0 && m_reachedMs < target) {
        if ((m_reachedMs + kTickMs) % kSpanMs == 0)
            cascade();
        m_reachedMs += kTickMs;
        Timer *&slot = m_near[static_cast<size_t>(m_reachedMs / kTickMs % kSlots)];
        if (slot)
            fire(std::exchange(slot, nullptr));
    }
}

/// Spreads the far slot of the span that begins with the next tick over the near wheel.
void TimerWheel::cascade() noexcept
{
    const int64_t spanMs = m_reachedMs + kTickMs;
    Timer *list = std::exchange(m_far[static_cast<size_t>(spanMs / kSpanMs % kSlots)], nullptr);
    if (list)
        list->m_link = &list;
    const size_t before = m_count;
    while (Timer *timer = list) {
        remove(*timer);
        ++m_count; // place() must not take the wheel for empty, and start it anew
        place(*timer);
        --m_count;
    }
    ARC_DEBUG_ASSERT(m_count == before);
}

void TimerWheel::fire(Timer *due) noexcept
{
    due->m_link = &due; // callbacks may disarm or destroy any timer, those of this list included
    while (Timer *timer = due) {
        if (tickOf(timer->m_dueMs) > m_reachedMs) { // pushed back since it was placed
            remove(*timer);
            ++m_count;
            place(*timer);
            --m_count;
            continue;
        }
        timer->disarm();
        timer->m_callback(timer->m_context);
    }
}

void TimerWheel::wakeAt(int64_t ms) noexcept
{
    if (m_advancing || (m_wakeMs != 0 && m_wakeMs <= ms))
        return; // when advancing, scheduleNext() follows
    m_wakeMs = ms;
    const int64_t delay = std::max<int64_t>(ms - nowMs(), 1);
    timeval after {};
    after.tv_sec = delay / 1000;
    after.tv_usec = delay % 1000 * 1000;
    event_add(m_tick, &after);
}

void TimerWheel::clockMoved() noexcept
{
    m_wakeMs = 0;
    if (m_count > 0)
        wakeAt(nowMs());
}

void TimerWheel::scheduleNext() noexcept
{
    if (m_count == 0)
        return;
    // Not beyond the next span: there a far slot may come up.
    const int64_t spanEnd = floorTo(m_reachedMs, kSpanMs) + kSpanMs;
    int64_t ms = m_reachedMs + kTickMs;
    while (ms < spanEnd && !m_near[static_cast<size_t>(ms / kTickMs % kSlots)])
        ms += kTickMs;
    wakeAt(ms);
}

} // namespace arc
