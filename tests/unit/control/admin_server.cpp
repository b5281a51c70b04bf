// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/control/admin_server.h"

#include "server/admin/ops_handler.h"
#include "server/control/api/wire.h"
#include "server/net/listen.h"

namespace arc::test {

namespace {

Route routeTo(std::string prefix, std::shared_ptr<const Handler> handler)
{
    Route route;
    route.prefix = std::move(prefix);
    route.handler = std::move(handler);
    route.settings.bodyMiBMax = static_cast<int64_t>(api::kRequestBytesMax >> 20) + 1;
    return route;
}

std::shared_ptr<const HttpSnapshot> snapshotOf(std::vector<Route> routes,
                                               std::shared_ptr<SiteMetricsSet> metrics)
{
    auto site = std::make_shared<Site>();
    site->id = "admin";
    site->metrics = std::move(metrics);
    site->routes = std::move(routes);
    auto snapshot = std::make_shared<HttpSnapshot>();
    snapshot->router =
        std::make_unique<const Router>(std::vector<std::shared_ptr<const Site>> {site});
    return snapshot;
}

} // namespace

AdminServer::AdminServer(const std::string &socketPath, uint32_t ownUid)
    : m_accessLog(std::make_unique<LogRing>(1 << 20))
{
    auto listener = bindListener(SocketAddress::parse("unix:" + socketPath).value(), 1).value();
    m_loop = std::move(EventLoop::create("admin", 0, m_registry.loop(0)).value());
    const auto ops = std::make_shared<OpsHandler>(
        OpsSources {.metrics = [] { return std::string("arcology_up 1\n"); },
                    .unhealthy = [this] { return unhealthy; },
                    .notReady =
                        [this] {
                            return notReady;
                        }});
    std::vector<Route> routes {routeTo("/", std::make_shared<AdminHandler>(*this, ownUid))};
    for (const char *prefix : {"/metrics", "/healthz", "/readyz"})
        routes.push_back(routeTo(prefix, ops));
    const auto snapshot = snapshotOf(std::move(routes), m_registry.site("admin"));
    m_http = std::make_unique<HttpLoop>(*m_loop, HttpShared {}, snapshot, m_accessLog.get());
    m_http->listen("admin", std::move(listener.sockets[0]));
    m_thread = Thread("admin-server", [this] { m_loop->run(); });
}

AdminServer::~AdminServer()
{
    m_loop->post([this] {
        m_http.reset();
        m_loop->stop();
    });
    m_thread.join();
}

std::shared_ptr<Control> AdminServer::as(std::string author, Role)
{
    m_authors.push_back(author);
    m_fake.author = std::move(author);
    return {std::shared_ptr<void> {}, &m_fake};
}

} // namespace arc::test
