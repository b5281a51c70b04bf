// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/log_ring.h"
#include "server/base/thread.h"
#include "server/http/http_loop.h"
#include "server/net/listen.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace arc {

/// The I/O loops with their threads: everything is handed to all of them here. Owned and called by
/// the control loop.
class IoLoops {
public:
    /// One access log ring per loop is appended to `rings`.
    static Result<std::unique_ptr<IoLoops>> create(size_t count, MetricsRegistry &metrics,
                                                   const HttpShared &shared,
                                                   std::shared_ptr<const HttpSnapshot> snapshot,
                                                   std::vector<std::shared_ptr<LogRing>> &rings);
    ~IoLoops(); ///< stops and joins

    void start();
    /// Runs task() on that loop. What is posted after stop() is dropped.
    void post(size_t index, std::function<void()> task);
    /// EventLoop::isAsleep().
    bool isAsleep(size_t index) const noexcept { return m_loops[index].loop->isAsleep(); }
    void publish(const std::shared_ptr<const HttpSnapshot> &snapshot);
    /// Takes the sockets, at least one for each loop; those handed over by an engine with more
    /// loops are spread.
    void listen(const std::string &id, BoundListener listener, ListenerKind kind);
    /// Speaks something else on the same sockets from now on.
    void retune(const std::string &id, ListenerKind kind);
    void useTicketKeys(const std::shared_ptr<const TicketKeys> &keys);
    void unlisten(const std::string &id);
    /// Drains every loop, then calls done on `control`.
    void drain(std::chrono::milliseconds deadline, EventLoop &control, std::function<void()> done);
    void stop();

    size_t count() const noexcept { return m_loops.size(); }
    std::vector<HttpLoop *> http() const;

private:
    static constexpr size_t kAccessRingBytes = 1 << 20;

    struct One {
        std::unique_ptr<EventLoop> loop;
        std::unique_ptr<HttpLoop> http;
        Thread thread;
    };
    std::vector<One> m_loops;
};

} // namespace arc
