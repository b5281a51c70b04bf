// SPDX-License-Identifier: Apache-2.0
#include "server/core/operations_front.h"

#include "server/admin/admin_handler.h"
#include "server/admin/ops_handler.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

namespace arc {

namespace {

constexpr int64_t kAdminBodyMiBMax = 16;

std::shared_ptr<const Site> makeSite(const char *id, std::string prefix,
                                     std::shared_ptr<const Handler> handler)
{
    auto site = std::make_shared<Site>();
    site->id = id;
    site->listeners = {id};
    site->metrics = std::make_shared<SiteMetricsSet>(id, 1);
    Settings settings;
    settings.accessLog = false;
    settings.bodyMiBMax = kAdminBodyMiBMax;
    site->routes.push_back(
        {.prefix = std::move(prefix), .handler = std::move(handler), .settings = settings});
    return site;
}

} // namespace

OperationsFront::OperationsFront(EventLoop &control, const HttpShared &shared,
                                 ControlService &service, MetricsRegistry &metrics, IoLoops &loops,
                                 Supervisor &supervisor)
    : m_control(control), m_loops(loops), m_supervisor(supervisor),
      m_beats(loops.count(), control.now()),
      m_timer([](void *self) noexcept { static_cast<OperationsFront *>(self)->beat(); }, this)
{
    auto snapshot = std::make_shared<HttpSnapshot>();
    snapshot->settings.accessLog = false;
    auto ops = std::make_shared<OpsHandler>(
        OpsSources {.metrics = [&metrics] { return metrics.prometheusText(); },
                    .unhealthy = [this] { return unhealthy(); },
                    .notReady =
                        [&service] {
                            return service.notReady();
                        }});
    snapshot->router = std::make_unique<const Router>(std::vector<std::shared_ptr<const Site>> {
        makeSite("control", "/api/v1", std::make_shared<AdminHandler>(service, ::geteuid())),
        makeSite("ops", "/", ops)});
    HttpShared own = shared;
    own.loops = 1;
    own.addresses = nullptr; // whoever administrates is not counted among the clients
    m_http = std::make_unique<HttpLoop>(control, own, std::move(snapshot), nullptr);
    beat();
}

OperationsFront::~OperationsFront()
{
    // Where somebody keeps the socket, clients go on waiting in it for the next engine.
    if (!m_socketPath.empty() && !Supervisor::isPresent())
        ::unlink(m_socketPath.c_str());
}

/// Claimed, or bound anew; listens as `id`. The answer is the address as it is bound.
Result<SocketAddress> OperationsFront::open(const char *id, const std::string &text, int unixMode)
{
    const auto address = SocketAddress::parse(text);
    if (!address)
        return address.error();
    const std::string name = std::string("@") + id;
    BoundListener bound = m_supervisor.claim(name, *address, 1);
    if (bound.sockets.empty()) {
        auto made = bindListener(*address, 1, unixMode);
        if (!made)
            return std::move(made).error();
        bound = std::move(*made);
    }
    if (Supervisor::isPresent()) {
        BoundListener twin {.address = bound.address, .sockets = {}};
        twin.sockets.emplace_back(fcntl(bound.sockets.front().get(), F_DUPFD_CLOEXEC, 0));
        if (twin.sockets.front())
            m_unkept[name] = std::move(twin);
    }
    m_sockets[name] = bound.sockets.front().get();
    // One socket is enough; what is claimed may be several twins of it.
    m_http->listen(id, std::move(bound.sockets.front()));
    return bound.address;
}

void OperationsFront::keepSockets()
{
    for (const auto &[name, bound] : std::exchange(m_unkept, {}))
        m_supervisor.keep(name, bound);
}

Result<void> OperationsFront::openControl(const std::string &socketPath, int mode)
{
    if (auto bound = open("control", "unix:" + socketPath, mode); !bound)
        return std::move(bound).error();
    m_socketPath = socketPath;
    return {};
}

Result<std::string> OperationsFront::openOps(const std::string &text)
{
    const auto bound = open("ops", text, 0600);
    if (!bound)
        return bound.error();
    return bound->url("http");
}

void OperationsFront::beat()
{
    // A loop that waits for events with an empty mailbox is well, and need not be woken to say so.
    for (size_t i = 0; i < m_beats.size(); ++i) {
        if (m_loops.isAsleep(i))
            m_beats[i] = m_control.now();
        else
            m_loops.post(
                i, [this, i] { m_control.post([this, i] { m_beats[i] = m_control.now(); }); });
    }
    m_timer.arm(m_control.timers(), kBeatEvery);
}

std::string OperationsFront::unhealthy() const
{
    std::string lines;
    for (size_t i = 0; i < m_beats.size(); ++i) {
        const auto silent =
            std::chrono::duration_cast<std::chrono::milliseconds>(m_control.now() - m_beats[i]);
        if (silent > kBeatLate)
            lines += fmt::format("loop {} has not answered for {} ms\n", i, silent.count());
    }
    return lines;
}

} // namespace arc
