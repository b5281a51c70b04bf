// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/control/admin_server.h"

#include "server/control/api/wire.h"
#include "server/net/listen.h"

namespace arc::test {

namespace {

std::shared_ptr<const HttpSnapshot> snapshotOf(std::shared_ptr<const Handler> handler,
                                               std::shared_ptr<SiteMetricsSet> metrics)
{
    auto site = std::make_shared<Site>();
    site->id = "admin";
    site->metrics = std::move(metrics);
    Route route;
    route.handler = std::move(handler);
    route.settings.bodyMiBMax = static_cast<int64_t>(api::kRequestBytesMax >> 20) + 1;
    site->routes.push_back(std::move(route));
    auto snapshot = std::make_shared<HttpSnapshot>();
    snapshot->router = std::make_unique<const Router>(std::vector<std::shared_ptr<const Site>> {site});
    return snapshot;
}

} // namespace

AdminServer::AdminServer(const std::string &socketPath, uint32_t ownUid)
    : m_accessLog(std::make_unique<LogRing>(1 << 20))
{
    auto listener = bindListener(SocketAddress::parse("unix:" + socketPath).value(), 1).value();
    m_loop = std::move(EventLoop::create("admin", 0, m_registry.loop(0)).value());
    const auto handler = std::make_shared<AdminHandler>(*this, ownUid);
    m_http = std::make_unique<HttpLoop>(*m_loop, HttpShared {}, snapshotOf(handler, m_registry.site("admin")),
                                        m_accessLog.get());
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
