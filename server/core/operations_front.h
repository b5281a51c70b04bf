// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/service.h"
#include "server/core/io_loops.h"
#include "server/core/supervisor.h"
#include "server/http/http_loop.h"
#include "server/loop/timer_wheel.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace arc {

/// The engine's own HTTP on the control loop: the admin API on a Unix socket, /metrics, /healthz
/// and /readyz on a listener of their own. It answers while the data plane is saturated. Sockets
/// that a service manager kept are taken over, so nobody is refused while the engine restarts.
/// Control loop only.
class OperationsFront {
public:
    OperationsFront(EventLoop &control, const HttpShared &shared, ControlService &service,
                    MetricsRegistry &metrics, IoLoops &loops, Supervisor &supervisor);
    ~OperationsFront();

    Result<void> openControl(const std::string &socketPath, int mode);
    /// The URL it answers at.
    Result<std::string> openOps(const std::string &address);
    /// Puts what was opened into the service manager's hands; after Supervisor::closeUnclaimed().
    void keepSockets();

    /// Its sockets, under the names they are kept by; it owns them.
    const std::map<std::string, int> &sockets() const noexcept { return m_sockets; }
    /// The admin socket's file stays at the end: another engine goes on with it.
    void leaveFile() { m_socketPath.clear(); }

    /// What is wrong with a loop, a line each; empty: all answer.
    std::string unhealthy() const;

private:
    static constexpr auto kBeatEvery = std::chrono::milliseconds(1000);
    static constexpr auto kBeatLate = std::chrono::milliseconds(5000);

    void beat();
    Result<SocketAddress> open(const char *id, const std::string &text, int unixMode);

    EventLoop &m_control;
    IoLoops &m_loops;
    Supervisor &m_supervisor;
    std::map<std::string, int> m_sockets;
    std::map<std::string, BoundListener> m_unkept; // twins, until the manager has its own
    std::vector<SteadyTime> m_beats;               // when each loop last answered
    LoopMetrics m_loopMetrics;
    std::unique_ptr<HttpLoop> m_http;
    std::string m_socketPath;
    Timer m_timer;
};

} // namespace arc
