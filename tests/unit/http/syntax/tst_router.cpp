// SPDX-License-Identifier: Apache-2.0
#include "server/http/router.h"

#include <QtTest>

using namespace arc;

namespace {

Route route(std::string prefix, std::vector<std::string> methods = {})
{
    return {.prefix = std::move(prefix), .methods = std::move(methods)};
}

std::shared_ptr<const Site> site(std::string id, std::vector<std::string> hosts,
                                 std::vector<std::string> listeners, std::vector<Route> routes)
{
    auto made = std::make_shared<Site>();
    made->id = std::move(id);
    made->hosts = std::move(hosts);
    made->listeners = std::move(listeners);
    made->routes = std::move(routes);
    return made;
}

QByteArray told(const Router &router, const char *listener, const char *host, const char *path,
                const char *method = "GET")
{
    RequestHead head;
    head.methodText = method;
    head.method = methodFromName(method);
    const Router::Match match = router.match(listener, host, path, head);
    switch (match.outcome) {
    case Router::Outcome::NoSite:
        return "no site";
    case Router::Outcome::NoRoute:
        return "no route";
    case Router::Outcome::WrongMethod:
        return "allow " + QByteArray::fromStdString(match.allowed);
    case Router::Outcome::Found:
        return QByteArray::fromStdString(match.site->id + " " + match.route->prefix)
            + (match.route->methods.empty()
                   ? QByteArray()
                   : " " + QByteArray::fromStdString(match.route->methods[0]));
    }
    return "?";
}

} // namespace

class TestRouter : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theNearestSiteAndRouteAnswer_data()
    {
        QTest::addColumn<QByteArray>("listener");
        QTest::addColumn<QByteArray>("host");
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char *listener, const char *host, const char *path,
                            const char *method, const char *expected) {
            QTest::addRow("%s %s %s %s", method, listener, host, path)
                << QByteArray(listener) << QByteArray(host) << QByteArray(path)
                << QByteArray(method) << QByteArray(expected);
        };
        row("main", "shop.example", "/", "GET", "shop /");
        row("main", "shop.example", "/api", "GET", "shop /api GET");
        row("main", "shop.example", "/api/", "HEAD", "shop /api GET");
        row("main", "shop.example", "/api/x", "POST", "shop /api POST");
        row("main", "shop.example", "/api/x", "DELETE", "allow GET, HEAD, POST");
        row("main", "shop.example", "/apix", "DELETE", "shop /");
        row("main", "shop.example", "/api/v1", "DELETE", "shop /api/v1");
        row("main", "shop.example", "*", "OPTIONS", "no route");
        row("main", "x.shop.example", "/", "GET", "wild /");
        row("main", "a.b.shop.example", "/", "GET", "deep /");
        row("main", "b.shop.example", "/", "GET", "wild /");
        row("main", "other.example", "/", "GET", "any /");
        row("main", "", "/", "GET", "any /");
        row("main", "only.example", "/", "GET", "any /");
        row("second", "only.example", "/x", "GET", "only /x");
        row("second", "only.example", "/", "GET", "no route");
        row("second", "shop.example", "/", "GET", "shop /");
        row("unnamed", "only.example", "/x", "GET", "any /");
    }
    void theNearestSiteAndRouteAnswer()
    {
        const Router router({
            site("any", {}, {}, {route("/")}),
            site("later", {}, {}, {route("/")}),
            site("wild", {"*.shop.example"}, {}, {route("/")}),
            site("deep", {"*.b.shop.example"}, {}, {route("/")}),
            site("shop", {"shop.example"}, {},
                 {route("/"), route("/api", {"GET"}), route("/api", {"POST"}), route("/api/v1")}),
            site("only", {"only.example"}, {"second"}, {route("/x")}),
        });
        QFETCH(QByteArray, listener);
        QFETCH(QByteArray, host);
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, method);
        QFETCH(QByteArray, expected);
        QCOMPARE(told(router, listener, host, path, method), expected);
    }

    void withoutAnySiteForAllHostsAStrangerIsNotServed()
    {
        const Router router({site("shop", {"shop.example"}, {}, {route("/")})});
        QCOMPARE(told(router, "main", "other.example", "/"), QByteArray("no site"));
        QCOMPARE(told(Router({}), "main", "shop.example", "/"), QByteArray("no site"));
    }
};

QTEST_APPLESS_MAIN(TestRouter)
#include "tst_router.moc"
