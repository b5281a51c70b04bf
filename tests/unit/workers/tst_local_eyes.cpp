// SPDX-License-Identifier: Apache-2.0
#include "server/http/message.h"
#include "server/net/socket_address.h"
#include "server/workers/local_eyes.h"

#include <QtTest>

#include <array>

using namespace arc;

class TestLocalEyes : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whyAnAppFailsIsToldAtThisComputerOnly_data()
    {
        QTest::addColumn<QByteArray>("peer");
        QTest::addColumn<QByteArray>("host");
        QTest::addColumn<QByteArray>("field");
        QTest::addColumn<int>("minorVersion");
        QTest::addColumn<bool>("isLocal");
        const auto row = [](const char *name, const char *peer, const char *host, const char *field,
                            bool isLocal, int minorVersion = 1) {
            QTest::newRow(name) << QByteArray(peer) << QByteArray(host) << QByteArray(field)
                                << minorVersion << isLocal;
        };
        constexpr const char *kHere = "127.0.0.1:4711";
        row("localhost", kHere, "localhost", "", true);
        row("a name below it", kHere, "shop.localhost", "", true);
        row("an address, as of nginx", kHere, "127.0.0.1", "", false);
        row("another address", "127.0.0.5:1", "127.8.9.10", "", false);
        row("IPv6", "[::1]:4711", "[::1]", "", false);
        row("another field", kHere, "localhost", "X-Forwarder", true);
        row("another computer", "192.0.2.1:4711", "localhost", "", false);
        row("a Unix socket", "unix:/tmp/x", "localhost", "", false);
        row("the site's own name", kHere, "shop.example.org", "", false);
        row("a name like it", kHere, "notlocalhost", "", false);
        row("a name above it", kHere, "localhost.example.org", "", false);
        row("a name like an address", kHere, "127.0.0.1.example.org", "", false);
        row("an address of the network", kHere, "192.168.1.2", "", false);
        row("IPv6 of elsewhere", "[::1]:4711", "[2001:db8::1]", "", false);
        row("no name", kHere, "", "", false);
        row("HTTP/1.0", kHere, "127.0.0.1", "", false, 0);
        for (const char *field :
             {"X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Proto", "X-Forwarded-Port",
              "X-Forwarded-Server", "Forwarded", "X-Real-IP", "x-real-ip", "Via"})
            row(field, kHere, "localhost", field, false);
    }
    void whyAnAppFailsIsToldAtThisComputerOnly()
    {
        QFETCH(QByteArray, peer);
        QFETCH(QByteArray, host);
        QFETCH(QByteArray, field);
        QFETCH(int, minorVersion);
        QFETCH(bool, isLocal);
        std::array<HeaderView, 2> headers {
            {{.name = "Accept", .value = "*/*"},
             {.name = field.constData(), .value = "x", .id = headerFromName(field.constData())}}};
        RequestHead head;
        head.host = host.constData();
        head.minorVersion = minorVersion;
        head.headers = std::span(headers.data(), field.isEmpty() ? 1 : 2);
        const auto address = SocketAddress::parse(peer.constData());
        QVERIFY(address.has_value());
        QCOMPARE(isAskedLocally(head, *address), isLocal);
    }
};

QTEST_GUILESS_MAIN(TestLocalEyes)
#include "tst_local_eyes.moc"
