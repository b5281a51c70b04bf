// SPDX-License-Identifier: Apache-2.0
// WebSockets over TLS whose clients showed a certificate: what becomes of them when the site
// trusts other authorities.
#include "tests/support/http2_peer.h"
#include "tests/support/http_under_test.h"
#include "tests/support/tls_under_test.h"
#include "tests/support/websocket_bytes.h"

#include <QTemporaryFile>
#include <QtTest>

#include <atomic>

using namespace arc;

namespace {

/// The server's end of a WebSocket: counts what it hears.
class SocketEnd final : public WebSocketListener {
public:
    size_t room() const noexcept override { return 1024; }
    void onMessage(std::string_view, bool, bool) noexcept override { ++heard; }
    void onDrained() noexcept override { }
    void onClosed(uint16_t code, std::string_view) noexcept override { closedWith = code; }

    std::atomic<bool> isOpen {false};
    std::atomic<int> heard {0};
    std::atomic<int> closedWith {0};
};

Route socketRoute(SocketEnd &end)
{
    return makeRoute("/", [&end](Exchange &exchange) {
        if (exchange.acceptWebSocket({}, end))
            end.isOpen = true;
        else
            exchange.respondStatus(404);
    });
}

std::string askingForSocket(int version)
{
    if (version == 1)
        return "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    std::string fields;
    for (const auto &[name, value] : Http2Peer::Fields {{":method", "CONNECT"},
                                                        {":protocol", "websocket"},
                                                        {":scheme", "https"},
                                                        {":path", "/"},
                                                        {":authority", "a.test"},
                                                        {"sec-websocket-version", "13"}})
        fields += http2::field(name, value);
    return http2::hello() + http2::frame(http2::kHeaders, http2::kEndHeaders, 1, fields);
}

std::string carried(int version, const std::string &bytes)
{
    return version == 1 ? bytes : http2::frame(http2::kData, 0, 1, bytes);
}

} // namespace

class TestTlsSockets : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatTheOldAuthoritiesProvedEndsWithThem_data()
    {
        QTest::addColumn<int>("version");
        QTest::addColumn<std::string>("choice");
        QTest::addColumn<bool>("shows");  // the client a certificate
        QTest::addColumn<bool>("asksOn"); // the site, by other authorities
        const auto row = [](const char *title, const char *choice, bool shows, bool asksOn) {
            for (const int version : {1, 2})
                QTest::addRow("%s, HTTP/%d", title, version)
                    << version << std::string(choice) << shows << asksOn;
        };
        row("required", "required", true, true);
        row("optional", "optional", true, true);
        row("optional, none shown", "optional", false, true);
        row("no longer required", "required", true, false);
    }
    void whatTheOldAuthoritiesProvedEndsWithThem()
    {
        QFETCH(int, version);
        QFETCH(std::string, choice);
        QFETCH(bool, shows);
        QFETCH(bool, asksOn);
        const auto own = m_ca.sign("one", "DNS:a.test");
        const TestCa clients("Client CA");
        QTemporaryFile ca;
        QVERIFY(ca.open());
        const auto write = [&ca](const std::string &text) {
            ca.resize(0);
            ca.seek(0);
            ca.write(text.c_str());
            ca.flush();
        };
        write(clients.pem());
        Settings settings;
        settings.tlsClients = choice;
        settings.tlsClientCa = ca.fileName().toStdString();
        TlsEndpoint asks = *endpoint("test", {}, own);
        asks.clients = clientCertificatesFromName(choice);
        asks.clientCaFile = settings.tlsClientCa;
        SocketEnd end;
        HttpUnderTest server({.routes = {socketRoute(end)}, .settings = settings, .tls = [&] {
                                  return contextsOf({std::make_shared<const TlsEndpoint>(asks)});
                              }});
        TlsClient client(connectTo(server.port()),
                         {.name = "a.test",
                          .protocols = version == 1 ? "\x08http/1.1" : "\x02h2",
                          .identity = shows ? clients.sign("ann", "DNS:client") : nullptr});
        QVERIFY2(client.shakeHands(), client.error().c_str());
        QVERIFY(client.write(askingForSocket(version)));
        QTRY_VERIFY(end.isOpen);
        const auto goesOn = [&](int messages) {
            client.write(carried(version, clientText("x")));
            return QTest::qWaitFor([&] { return end.heard == messages; }, 20000);
        };
        write("Of our partners.\n" + clients.pem()); // the same authorities
        server.publish({socketRoute(end)}, settings);
        QVERIFY(goesOn(1));
        write(TestCa("Other CA").pem());
        if (!asksOn) {
            settings.tlsClients = "off";
            asks.clients = ClientCertificates::Off;
        }
        server.publish({socketRoute(end)}, settings);
        if (!shows || !asksOn) {
            QVERIFY(goesOn(2)); // nobody ever vouched for it, or nobody needs to any more
            QCOMPARE(end.closedWith.load(), 0);
            return;
        }
        QTRY_COMPARE_WITH_TIMEOUT(end.closedWith.load(), int(ws_close::kPolicy), 20000);
        const std::string goodbye =
            closePayload(ws_close::kPolicy, "the certificate is not trusted any more");
        QVERIFY(client.readUntil(goodbye).ends_with(goodbye));
    }

private:
    const TestCa m_ca;
};

QTEST_GUILESS_MAIN(TestTlsSockets)
#include "tst_tls_sockets.moc"
