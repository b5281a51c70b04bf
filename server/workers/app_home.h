// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/metrics/metrics.h"
#include "server/workers/home_request.h"
#include "server/workers/home_worker.h"
#include "server/workers/messages.h"
#include "server/workers/overload.h"

#include <memory>
#include <string>
#include <vector>

namespace arc {

class AppCore;

/// An app's queue and its workers' streams. Confined to the app's home loop; other loops and the
/// control loop reach it with messages (AppCore). Calls outwards are made last, because on the home
/// loop's own requests they are direct.
class AppHome {
public:
    AppHome(AppCore &core, EventLoop &loop, size_t loops, std::shared_ptr<AppMetricsSet> metrics);
    AppHome(const AppHome &) = delete;

    EventLoop &loop() noexcept { return m_loop; }

    // From the loops of the exchanges.
    struct Arrival {
        RequestId id;
        std::string payload;
        uint32_t bodyBytes = 0;
        bool complete = false;
        bool mayRepeat = false;
        bool asksSocket = false;
    };
    void enqueue(Arrival arrival) noexcept;
    void body(RequestId id, std::string_view bytes, uint8_t flags) noexcept;
    void grant(RequestId id, uint32_t bytes) noexcept;
    void message(RequestId id, std::string_view bytes, uint8_t flags) noexcept;
    /// `code`: of a WebSocket's end.
    void gone(RequestId id, uint16_t code = 0, std::string_view reason = {}) noexcept;
    void take(ToHome message) noexcept;

    // From the control loop.
    void addWorker(uint32_t number, FileDescriptor socket, const std::string &hello,
                   std::shared_ptr<WorkerCells> cells);
    void activateWorker(uint32_t number, unsigned slots);
    void retireWorker(uint32_t number);
    /// Its process has ended. Answers with HomeEvent::Gone.
    void removeWorker(uint32_t number, bool unplanned);
    void setLimits(const AppLimits &limits) noexcept { m_limits = limits; }
    /// Requests wait for a worker: the pool has some, or is starting.
    void letWait() noexcept { m_refusing = m_asleep = false; }
    /// There is no worker until somebody asks: the next request is told as HomeEvent::Wanted.
    void sleep() noexcept;
    /// Requests are answered 503: no worker is going to come.
    void refuseAll(std::string cause) noexcept;
    /// Answers with HomeEvent::Report.
    void report(uint32_t number);
    /// Answers with HomeEvent::Lingers.
    void reportLingering(uint32_t number);

    // From its HomeWorkers.
    void workerSpoke(HomeWorker &worker, const protocol::Frame &frame) noexcept;
    void workerLogged(HomeWorker &worker, std::string_view text) noexcept;
    /// request: null when it was cancelled. Its worker is null already when the frame ended it.
    void workerAnswered(HomeRequest *request, const protocol::Frame &frame) noexcept;
    void workerHinted(HomeRequest &request, const protocol::Frame &frame) noexcept;
    void workerGranted(HomeRequest &request, uint32_t bytes) noexcept;
    void workerClosed(HomeWorker &worker, std::string reason, bool violation) noexcept;
    void workerStuck(HomeWorker &worker, const std::string &label) noexcept;
    struct AboutRequest {
        std::string label;
        std::string id;
        SteadyTime startedAt;
    };
    /// Answers with HomeEvent Slow, TimedOut or Abandoned.
    void tellOfRequest(HomeEvent::Kind kind, const HomeWorker &worker, AboutRequest about) noexcept;
    /// The time of its WebSockets is over: their clients hear `code`.
    void socketsEnded(const std::vector<HomeRequest *> &sockets, uint16_t code) noexcept;
    void readOnLater(uint32_t number) noexcept;

private:
    static void overdue(void *request) noexcept;
    void overdue(HomeRequest &request) noexcept;
    HomeWorker *find(uint32_t number) noexcept;
    HomeWorker *pick(bool forSocket) noexcept;
    void release(HomeRequest &request) noexcept;
    void run(HomeRequest &request, HomeWorker &worker) noexcept;
    void wait(HomeRequest &request) noexcept;
    void dispatch() noexcept;
    HomeRequest *nextInQueue() noexcept;
    void giveBack(HomeWorker &worker) noexcept;
    void unqueue(HomeRequest &request) noexcept;
    void tellOfRequest(HomeEvent::Kind kind, const HomeRequest &request) noexcept;
    void wakeUp() noexcept;
    void refuseNoWorker(HomeRequest &request) noexcept;
    void measure() noexcept;

    AppCore &m_core;
    EventLoop &m_loop;
    std::shared_ptr<AppMetricsSet> m_metrics;
    AppLimits m_limits;
    bool m_refusing = false;
    bool m_asleep = false;
    std::string m_cause;
    uint64_t m_uses = 0;
    size_t m_sockets = 0; ///< requests that ask for a WebSocket or have become one
    HomeRequestTable m_requests;
    RequestQueue m_queue;
    OverloadGauge m_overload;
    std::vector<std::unique_ptr<HomeWorker>> m_workers;
};

} // namespace arc
