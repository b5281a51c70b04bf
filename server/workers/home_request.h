// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/loop/event_loop.h"
#include "server/loop/timer_wheel.h"
#include "server/workers/messages.h"

#include <memory>
#include <vector>

namespace arc {

class AppHome;
class HomeWorker;

/// One request while its app's home loop holds it: waiting, or running in a worker.
struct HomeRequest {
    HomeRequest(AppHome &owner, Timer::Callback overdue) : home(owner), deadline(overdue, this) { }

    AppHome &home;
    RequestId id;
    std::string payload;    ///< of the REQUEST frame
    uint32_t bodyBytes = 0; ///< body bytes in it
    bool complete = false;  ///< it holds the whole body
    bool mayRepeat = false;
    int attempts = 0; ///< times a worker died with it
    SteadyTime queuedAt;
    SteadyTime startedAt;
    HomeWorker *worker = nullptr; ///< running there
    uint32_t stream = 0;
    bool headSeen = false;
    bool isSoftDue = false;  ///< the deadline that runs is the soft one
    bool asksSocket = false; ///< for a WebSocket
    bool isSocket = false;   ///< it was accepted: it takes no slot
    Timer deadline;          ///< of the wait in the queue, then of the app's answer

    HomeRequest *next = nullptr; // of the queue
    HomeRequest *previous = nullptr;
    bool queued = false;
};

/// In order of arrival, with removal anywhere. Does not own.
class RequestQueue {
public:
    void pushBack(HomeRequest &request) noexcept;
    void pushFront(HomeRequest &request) noexcept;
    void remove(HomeRequest &request) noexcept;
    HomeRequest *front() const noexcept { return m_first; }
    HomeRequest *back() const noexcept { return m_last; }
    size_t size() const noexcept { return m_size; }

private:
    HomeRequest *m_first = nullptr;
    HomeRequest *m_last = nullptr;
    size_t m_size = 0;
};

/// Every request of one app, by the loop and slot of its exchange. Records are used again.
class HomeRequestTable {
public:
    HomeRequestTable(AppHome &home, Timer::Callback overdue, size_t loops)
        : m_home(home), m_overdue(overdue), m_bySide(loops)
    {
    }

    HomeRequest &add(RequestId id);
    /// Null when it is gone already, which a late message cannot know.
    HomeRequest *find(RequestId id) noexcept;
    void release(HomeRequest &request) noexcept;
    size_t size() const noexcept { return m_all.size() - m_free.size(); }

private:
    AppHome &m_home;
    const Timer::Callback m_overdue;
    std::vector<std::vector<HomeRequest *>> m_bySide;
    std::vector<std::unique_ptr<HomeRequest>> m_all;
    std::vector<HomeRequest *> m_free;
};

} // namespace arc
