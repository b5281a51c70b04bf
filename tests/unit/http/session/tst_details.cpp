// SPDX-License-Identifier: Apache-2.0
// What HTTP asks of every server beside its main business, over HTTP/1.1 and HTTP/2 alike.
#include "server/http/session/simple_handlers.h"
#include "tests/support/http2_peer.h"
#include "tests/support/http_under_test.h"

#include <QtTest>

#include <fmt/format.h>

using namespace arc;

namespace {

using Fields = Http2Peer::Fields;

struct Got {
    int status = 0;
    std::vector<int> interim;
    std::map<std::string, std::string> headers; ///< those of interim answers and trailers, too
    std::string body;                           ///< HTTP/1: with its framing
    std::string all;                            ///< HTTP/1: as received
};

Got overHttp1(uint16_t port, std::string_view method, std::string_view target, const Fields &fields)
{
    ScriptedPeer peer(port);
    std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: a\r\n", method, target);
    bool hasConnection = false;
    for (const auto &[name, value] : fields) {
        request += name + ": " + value + "\r\n";
        hasConnection = hasConnection || name == "connection";
    }
    if (!hasConnection)
        request += "Connection: close\r\n";
    peer.send(request + "\r\n");
    Got got;
    got.all = got.body = peer.readToEnd();
    while (got.status < 200 && got.body.starts_with("HTTP/1.1 ")) {
        const size_t end = got.body.find("\r\n\r\n");
        const QByteArray head = QByteArray::fromStdString(got.body.substr(0, end));
        got.body.erase(0, end + 4);
        got.status = head.mid(9, 3).toInt();
        if (got.status < 200)
            got.interim.push_back(got.status);
        for (const QByteArray &line : head.split('\n').mid(1)) {
            const auto colon = line.indexOf(':');
            got.headers[line.left(colon).toLower().toStdString()] =
                line.mid(colon + 1).trimmed().toStdString();
        }
    }
    return got;
}

Got overHttp2(uint16_t port, std::string_view method, std::string_view target, const Fields &fields)
{
    Http2Peer peer(port);
    Fields all = Http2Peer::head(method, target);
    for (const auto &field : fields) {
        if (field.first != "connection")
            all.push_back(field);
    }
    const int32_t stream = peer.ask(all);
    peer.untilComplete(stream);
    const Http2Answer &answer = peer.answers[stream];
    return {.status = answer.status,
            .interim = answer.interim,
            .headers = answer.headers,
            .body = answer.body,
            .all = {}};
}

Got ask(int version, const HttpUnderTest &server, std::string_view method, std::string_view target,
        const Fields &fields = {})
{
    return version == 1 ? overHttp1(server.port(), method, target, fields)
                        : overHttp2(server.port(), method, target, fields);
}

Route respond(std::string prefix, std::vector<std::string> methods = {})
{
    Route route = makeRoute(std::move(prefix),
                            std::make_shared<const RespondHandler>(RespondRoute {.body = "hello"}));
    route.methods = std::move(methods);
    return route;
}

Route hintingRoute()
{
    return makeRoute("/hints", [](Exchange &exchange) {
        HeaderBlock first;
        first.add("Link", "</a.css>; rel=preload");
        exchange.sendEarlyHints(first);
        exchange.sendEarlyHints(first);
        exchange.respond({.status = 200, .headers = {}}, Chunk::constant("hello"));
        exchange.sendEarlyHints(first); // too late
    });
}

Route trailingRoute(std::string prefix, std::optional<uint64_t> length, std::string body)
{
    return makeRoute(std::move(prefix), [length, body](Exchange &exchange) {
        exchange.begin({.status = 200, .headers = {}}, length);
        exchange.write(Chunk::own(body));
        HeaderBlock trailers;
        trailers.add("X-Sum", "1");
        trailers.add("Server-Timing", "a;dur=1");
        exchange.endWith(trailers);
    });
}

const Fields kTakesTrailers {{"te", "trailers"}, {"connection", "close, TE"}};

} // namespace

class TestDetails : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void refusals_data();
    void refusals();
    void dateIsThereAndServerByChoice_data();
    void dateIsThereAndServerByChoice();
    void theServerAsAWholeTellsItsMethods_data();
    void theServerAsAWholeTellsItsMethods();
    void requestIdsAreTold_data();
    void requestIdsAreTold();
    void requestIdsOfTrustedPeersAreKept_data();
    void requestIdsOfTrustedPeersAreKept();
    void pagesComeInTheFormThatIsAskedFor_data();
    void pagesComeInTheFormThatIsAskedFor();
    void aSiteMayHavePagesOfItsOwn_data();
    void aSiteMayHavePagesOfItsOwn();
    void theyTellOfRefusedHeadsToo_data();
    void theyTellOfRefusedHeadsToo();
    void whoNamesNoSiteGetsNoPageOfOne_data();
    void whoNamesNoSiteGetsNoPageOfOne();
    void hintsComeBeforeTheAnswer_data();
    void hintsComeBeforeTheAnswer();
    void http10HearsNoHints();
    void trailersEndTheAnswer_data();
    void trailersEndTheAnswer();
    void nobodyIsSentTrailersUnasked_data();
    void nobodyIsSentTrailersUnasked();
    void trailersNeedAPlace();
};

namespace {

void versions()
{
    QTest::addColumn<int>("version");
    QTest::newRow("HTTP/1.1") << 1;
    QTest::newRow("HTTP/2") << 2;
}

} // namespace

void TestDetails::refusals_data()
{
    QTest::addColumn<int>("version");
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("allow");
    const auto row = [](const char *title, const QByteArray &method, const QByteArray &target,
                        const QByteArray &name, const QByteArray &value, int status,
                        const QByteArray &allow = {}) {
        for (const int version : {1, 2})
            QTest::addRow("%s, HTTP/%d", title, version)
                << version << method << target << name << value << status << allow;
    };
    const QByteArray all = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    row("nothing there", "GET", "/nothing", "", "", 404);
    row("method of a route", "DELETE", "/get", "", "", 405, "GET, HEAD");
    row("unknown method", "FROB", "/get", "", "", 405, "GET, HEAD");
    row("TRACE", "TRACE", "/get", "", "", 405, all);
    row("too long a body", "POST", "/post", "content-length", "1048577", 413);
    row("too long a target", "GET", "/" + QByteArray(9000, 'a'), "", "", 414);
    row("unknown expectation", "GET", "/get", "expect", "foo", 417);
    row("too many bytes", "GET", "/get", "x-long", QByteArray(50000, 'a'), 431);
}

void TestDetails::refusals()
{
    QFETCH(int, version);
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, value);
    QFETCH(int, status);
    QFETCH(QByteArray, allow);
    Settings settings;
    settings.bodyMiBMax = 1;
    HttpUnderTest server(
        {.routes = {respond("/get", {"GET"}), respond("/post")}, .settings = settings});
    Fields fields;
    if (!name.isEmpty())
        fields.emplace_back(name.toStdString(), value.toStdString());
    // Over HTTP/2 a body that is announced has to come.
    if (version == 2 && name == "content-length") {
        Http2Peer peer(server.port());
        Fields head = Http2Peer::head("POST", "/post");
        head.push_back(fields[0]);
        const int32_t stream = peer.ask(head, "x", false);
        QVERIFY(peer.until([&] { return peer.answers[stream].status != 0; }));
        QCOMPARE(peer.answers[stream].status, status);
        return;
    }
    const Got got = ask(version, server, method.toStdString(), target.toStdString(), fields);
    QCOMPARE(got.status, status);
    QCOMPARE(got.headers.count("allow") ? got.headers.at("allow") : std::string(),
             allow.toStdString());
    QVERIFY(got.headers.count("date"));
    QCOMPARE(got.headers.at("content-type"), std::string("text/plain; charset=utf-8"));
}

void TestDetails::dateIsThereAndServerByChoice_data()
{
    versions();
}

void TestDetails::dateIsThereAndServerByChoice()
{
    QFETCH(int, version);
    Settings settings;
    HttpUnderTest server({.routes = {respond("/")}, .settings = settings});
    const Got plain = ask(version, server, "GET", "/");
    QVERIFY(plain.headers.at("date").ends_with(" GMT"));
    QVERIFY(!plain.headers.count("server"));
    settings.serverHeader = true;
    server.publish({respond("/")}, settings);
    const Got named = ask(version, server, "GET", "/");
    QCOMPARE(named.headers.at("server"), std::string("Arcology")); // and no version
}

void TestDetails::theServerAsAWholeTellsItsMethods_data()
{
    versions();
}

void TestDetails::theServerAsAWholeTellsItsMethods()
{
    QFETCH(int, version);
    HttpUnderTest server({.routes = {respond("/get", {"GET"})}});
    const Got got = ask(version, server, "OPTIONS", "*");
    QCOMPARE(got.status, 204);
    QCOMPARE(got.headers.at("allow"), std::string("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
    QVERIFY(got.body.empty());
}

void TestDetails::requestIdsAreTold_data()
{
    versions();
}

void TestDetails::requestIdsAreTold()
{
    QFETCH(int, version);
    const auto routes = [] {
        return std::vector {respond("/"), makeRoute("/own", [](Exchange &exchange) {
                                ResponseHead head {.status = 200, .headers = {}};
                                head.headers.add("X-Request-ID", "of the app");
                                exchange.respond(std::move(head), Chunk::constant("x"));
                            })};
    };
    Settings settings;
    HttpUnderTest server({.routes = routes(), .settings = settings});
    QVERIFY(!ask(version, server, "GET", "/").headers.count("x-request-id"));
    settings.requestIdHeader = true;
    server.publish(routes(), settings);
    server.takeLog();
    const Got got = ask(version, server, "GET", "/", {{"x-request-id", "forged"}});
    const std::string id = got.headers.at("x-request-id");
    QCOMPARE(id.size(), size_t(32));
    std::string log;
    QTRY_VERIFY((log += server.takeLog()).find(id) != std::string::npos);
    QCOMPARE(ask(version, server, "GET", "/own").headers.at("x-request-id"),
             std::string("of the app"));
    const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    QCOMPARE(ask(version, server, "GET", "/", {{"traceparent", trace}}).headers.at("x-request-id"),
             std::string("0af7651916cd43dd8448eb211c80319c"));
}

void TestDetails::requestIdsOfTrustedPeersAreKept_data()
{
    QTest::addColumn<int>("version");
    QTest::addColumn<QByteArray>("given");
    QTest::addColumn<bool>("kept");
    for (const int version : {1, 2}) {
        const auto row = [version](const char *title, const QByteArray &given, bool kept) {
            QTest::addRow("%s, HTTP/%d", title, version) << version << given << kept;
        };
        row("of a proxy", "req-0123.AZ_az:/+=@", true);
        row("longest", QByteArray(128, 'x'), true);
        row("too long", QByteArray(129, 'x'), false);
        row("with a quote", "a\"b", false);
        row("with a blank", "a b", false);
        row("empty", "", false);
    }
}

void TestDetails::requestIdsOfTrustedPeersAreKept()
{
    QFETCH(int, version);
    QFETCH(QByteArray, given);
    QFETCH(bool, kept);
    Settings settings;
    settings.requestIdHeader = true;
    settings.proxiesTrusted = "127.0.0.1";
    HttpUnderTest server({.routes = {respond("/")}, .settings = settings});
    const Got got = ask(version, server, "GET", "/", {{"x-request-id", given.toStdString()}});
    const std::string id = got.headers.at("x-request-id");
    if (kept)
        QCOMPARE(id, given.toStdString());
    else
        QCOMPARE(id.size(), size_t(32));
    std::string log;
    QTRY_VERIFY((log += server.takeLog()).find("\"request_id\":\"" + id) != std::string::npos);
}

void TestDetails::pagesComeInTheFormThatIsAskedFor_data()
{
    versions();
}

void TestDetails::pagesComeInTheFormThatIsAskedFor()
{
    QFETCH(int, version);
    HttpUnderTest server({.routes = {respond("/get")}});
    const Got json = ask(version, server, "GET", "/x", {{"accept", "application/json, */*"}});
    QCOMPARE(json.headers.at("content-type"), std::string("application/json"));
    QVERIFY(json.body.starts_with(
        R"({"status":404,"title":"Not Found","detail":"There is nothing at this address.")"));
    const Got html = ask(version, server, "GET", "/x", {{"accept", "text/html"}});
    QCOMPARE(html.headers.at("content-type"), std::string("text/html; charset=utf-8"));
}

void TestDetails::aSiteMayHavePagesOfItsOwn_data()
{
    versions();
}

void TestDetails::aSiteMayHavePagesOfItsOwn()
{
    QFETCH(int, version);
    QTemporaryDir folder;
    QFile page(folder.filePath("404.html"));
    QVERIFY(page.open(QIODevice::WriteOnly));
    page.write("<h1>Lost: {{explanation}} {{request_id}}</h1>");
    page.close();
    HttpUnderTest::Options options {.routes = {respond("/get", {"GET"})}};
    options.errorPages = OwnErrorPages::read(folder.path().toStdString());
    QVERIFY(options.errorPages);
    HttpUnderTest server(std::move(options));
    const Fields browser {{"accept", "text/html"}};
    const Got lost = ask(version, server, "GET", "/x", browser);
    QVERIFY2(lost.body.starts_with("<h1>Lost: There is nothing at this address. "),
             lost.body.c_str());
    QVERIFY(ask(version, server, "GET", "/x").body.starts_with("404 Not Found"));
    const Got other = ask(version, server, "PUT", "/get", browser); // there is none of its own
    QCOMPARE(other.status, 405);
    QVERIFY(other.body.find("Method Not Allowed") != std::string::npos);
}

namespace {

/// A server with one site, which has a page for all mistakes of clients.
HttpUnderTest::Options withOwnPage(std::vector<std::string> hosts)
{
    QTemporaryDir folder;
    QFile page(folder.filePath("4xx.html"));
    if (page.open(QIODevice::WriteOnly))
        page.write("<h1>Ours: {{status}}</h1>");
    page.close();
    HttpUnderTest::Options options {.routes = {respond("/")}};
    options.hosts = std::move(hosts);
    options.errorPages = OwnErrorPages::read(folder.path().toStdString());
    return options;
}

} // namespace

void TestDetails::theyTellOfRefusedHeadsToo_data()
{
    QTest::addColumn<int>("version");
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<int>("status");
    const auto row = [](const char *title, const QByteArray &method, const QByteArray &target,
                        const QByteArray &name, const QByteArray &value, int status) {
        for (const int version : {1, 2})
            QTest::addRow("%s, HTTP/%d", title, version)
                << version << method << target << name << value << status;
    };
    row("unknown expectation", "GET", "/", "expect", "foo", 417);
    row("broken path", "GET", "/%zz", "", "", 400);
    row("too many bytes", "GET", "/", "x-long", QByteArray(50000, 'a'), 431);
    row("TRACE", "TRACE", "/", "", "", 405);
}

void TestDetails::theyTellOfRefusedHeadsToo()
{
    QFETCH(int, version);
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, value);
    QFETCH(int, status);
    HttpUnderTest server(withOwnPage({"a"})); // what ask() names
    for (const bool isBrowser : {true, false}) {
        Fields fields {{"accept", isBrowser ? "text/html" : "application/json"}};
        if (!name.isEmpty())
            fields.emplace_back(name.toStdString(), value.toStdString());
        const Got got = ask(version, server, method.toStdString(), target.toStdString(), fields);
        QCOMPARE(got.status, status);
        const std::string wanted = isBrowser ? fmt::format("<h1>Ours: {}</h1>", status)
                                             : fmt::format(R"({{"status":{},)", status);
        QVERIFY2(got.body.starts_with(wanted), got.body.c_str());
        std::string log;
        QTRY_VERIFY((log += server.takeLog()).find("\"site\":\"test\"") != std::string::npos);
    }
}

void TestDetails::whoNamesNoSiteGetsNoPageOfOne_data()
{
    QTest::addColumn<QByteArray>("request");
    const QByteArray accept = "Accept: text/html\r\n";
    QTest::newRow("no Host") << "GET / HTTP/1.1\r\n" + accept + "\r\n";
    QTest::newRow("two Hosts") << "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n" + accept + "\r\n";
    QTest::newRow("two Hosts and too much") << "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n" + accept
            + "X: " + QByteArray(50000, 'x') + "\r\n\r\n";
    QTest::newRow("two framings") << "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                                     "Transfer-Encoding: chunked\r\n"
            + accept + "\r\n";
    QTest::newRow("another's host")
        << "GET / HTTP/1.1\r\nHost: b\r\nExpect: foo\r\n" + accept + "\r\n";
}

void TestDetails::whoNamesNoSiteGetsNoPageOfOne()
{
    QFETCH(QByteArray, request);
    HttpUnderTest server(withOwnPage({"a"}));
    ScriptedPeer peer(server.port());
    peer.send(request.toStdString());
    const PeerAnswer answer = peer.readAnswer();
    QVERIFY(answer.status >= 400);
    QVERIFY2(answer.body.find("Ours") == answer.body.npos, answer.body.c_str());
}

void TestDetails::hintsComeBeforeTheAnswer_data()
{
    versions();
}

void TestDetails::hintsComeBeforeTheAnswer()
{
    QFETCH(int, version);
    HttpUnderTest server({.routes = {hintingRoute()}});
    const Got got = ask(version, server, "GET", "/hints");
    QCOMPARE(got.interim, (std::vector {103, 103}));
    QCOMPARE(got.status, 200);
    QCOMPARE(got.headers.at("link"), std::string("</a.css>; rel=preload"));
    QCOMPARE(got.body, std::string("hello"));
}

void TestDetails::http10HearsNoHints()
{
    HttpUnderTest server({.routes = {hintingRoute()}});
    ScriptedPeer peer(server.port());
    peer.send("GET /hints HTTP/1.0\r\nHost: a\r\n\r\n");
    const std::string all = peer.readToEnd();
    QVERIFY2(all.starts_with("HTTP/1.1 200 OK\r\n"), all.c_str());
    QVERIFY(all.find("103") == all.npos);
}

void TestDetails::trailersEndTheAnswer_data()
{
    versions();
}

void TestDetails::trailersEndTheAnswer()
{
    QFETCH(int, version);
    const std::string large = patternBytes(0, 300000);
    HttpUnderTest server({.routes = {trailingRoute("/small", std::nullopt, "hello"),
                                     trailingRoute("/empty", std::nullopt, {}),
                                     trailingRoute("/large", std::nullopt, large)}});
    for (const char *path : {"/small", "/empty", "/large"}) {
        const Got got = ask(version, server, "GET", path, kTakesTrailers);
        QCOMPARE(got.status, 200);
        if (version == 1) {
            QVERIFY(got.body.ends_with("0\r\nX-Sum: 1\r\nServer-Timing: a;dur=1\r\n\r\n"));
            continue;
        }
        QCOMPARE(got.headers.at("x-sum"), std::string("1"));
        QCOMPARE(got.headers.at("server-timing"), std::string("a;dur=1"));
        QCOMPARE(got.body.size(),
                 QByteArray(path) == "/large"       ? large.size()
                     : QByteArray(path) == "/small" ? 5u
                                                    : 0u);
    }
    QTRY_COMPARE(server.siteMetrics().inFlight.read(), int64_t(0));
}

void TestDetails::nobodyIsSentTrailersUnasked_data()
{
    versions();
}

void TestDetails::nobodyIsSentTrailersUnasked()
{
    QFETCH(int, version);
    HttpUnderTest server({.routes = {trailingRoute("/", std::nullopt, "hello")}});
    const Got got = ask(version, server, "GET", "/");
    QCOMPARE(got.status, 200);
    QVERIFY(!got.headers.count("x-sum"));
    QVERIFY(got.all.find("X-Sum") == got.all.npos);
    if (version == 1)
        QVERIFY(got.body.ends_with("\r\n0\r\n\r\n"));
}

void TestDetails::trailersNeedAPlace()
{
    HttpUnderTest server({.routes = {trailingRoute("/", 5, "hello")}});
    const Got first = ask(1, server, "GET", "/", kTakesTrailers);
    QVERIFY(first.all.ends_with("\r\n\r\nhello"));
    const Got second = ask(2, server, "GET", "/", kTakesTrailers); // frames have one
    QCOMPARE(second.headers.at("x-sum"), std::string("1"));
    const Got head = ask(2, server, "HEAD", "/", kTakesTrailers);
    QVERIFY(!head.headers.count("x-sum"));
    QCOMPARE(head.status, 200);
}

QTEST_GUILESS_MAIN(TestDetails)
#include "tst_details.moc"
