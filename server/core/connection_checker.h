// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/engine_host.h"
#include "server/loop/timer_wheel.h"

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace arc {

/// Looks whether databases, caches and queues can be reached, each on a thread of its own: the
/// system's resolver may take as long as it likes, and nobody waits for it. Control loop only.
class ConnectionChecker {
public:
    /// What is not known by then is answered so.
    static constexpr std::chrono::milliseconds kAnswerTime {5000};
    /// Threads at one time, those that nobody waits for any more among them.
    static constexpr int kThreadsMax = 32;

    explicit ConnectionChecker(EventLoop &control);
    ConnectionChecker(const ConnectionChecker &) = delete;

    void check(std::vector<NamedConnection> what,
               std::function<void(std::vector<api::ConnectionCheck>)> done);

private:
    /// Written by one thread before `isKnown`, read by the control loop after it.
    struct Look {
        std::string name; // set before the thread begins
        api::ConnectionCheck answer;
        std::atomic<bool> isKnown {false};
    };
    struct Asked {
        std::vector<std::shared_ptr<Look>> looks;
        SteadyTime deadline {};
        std::function<void(std::vector<api::ConnectionCheck>)> done;
    };
    void begin(const std::shared_ptr<Look> &look, NamedConnection what);
    static void due(void *context) noexcept;
    void answer();

    EventLoop &m_control;
    std::shared_ptr<std::atomic<int>> m_threads = std::make_shared<std::atomic<int>>(0);
    std::list<Asked> m_asked;
    Timer m_poll;
};

} // namespace arc
