// SPDX-License-Identifier: Apache-2.0
#include "server/net/socket_address.h"

#include <QtTest>

#include <arpa/inet.h>
#include <netinet/in.h>

using namespace arc;

class TestSocketAddress : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsWhatItWrites_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("canonical");
        QTest::addColumn<QByteArray>("host");
        QTest::addColumn<int>("port");
        QTest::addColumn<bool>("loopback");
        QTest::addColumn<QByteArray>("url");
        const auto row = [](const char *text, const char *canonical, const char *host, int port,
                            bool loopback, const char *url) {
            QTest::newRow(text) << QByteArray(text) << QByteArray(canonical) << QByteArray(host)
                                << port << loopback << QByteArray(url);
        };
        row("127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1", 8080, true, "http://127.0.0.1:8080");
        row("localhost:0", "127.0.0.1:0", "127.0.0.1", 0, true, "http://127.0.0.1:0");
        row("127.9.9.9:1", "127.9.9.9:1", "127.9.9.9", 1, true, "http://127.9.9.9:1");
        row("255.254.100.99:7", "255.254.100.99:7", "255.254.100.99", 7, false,
            "http://255.254.100.99:7");
        row("0.0.0.0:80", "0.0.0.0:80", "0.0.0.0", 80, false, "http://127.0.0.1");
        row("10.0.0.5:65535", "10.0.0.5:65535", "10.0.0.5", 65535, false, "http://10.0.0.5:65535");
        row("[::1]:8080", "[::1]:8080", "::1", 8080, true, "http://[::1]:8080");
        row("[::]:8080", "[::]:8080", "::", 8080, false, "http://[::1]:8080");
        row("[2001:DB8:0::1]:1", "[2001:db8::1]:1", "2001:db8::1", 1, false,
            "http://[2001:db8::1]:1");
        row(":8080", ":8080", "::", 8080, false, "http://127.0.0.1:8080");
        row("unix:/run/a.sock", "unix:/run/a.sock", "/run/a.sock", 0, true, "unix:/run/a.sock");
    }
    void readsWhatItWrites()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, canonical);
        QFETCH(QByteArray, host);
        QFETCH(int, port);
        QFETCH(bool, loopback);
        QFETCH(QByteArray, url);
        const auto address = SocketAddress::parse(text.toStdString());
        QVERIFY2(address.has_value(), address ? "" : address.error().message().c_str());
        QCOMPARE(address->text(), canonical.toStdString());
        QCOMPARE(address->host(), host.toStdString());
        QCOMPARE(int(address->port()), port);
        QCOMPARE(address->isLoopback(), loopback);
        QCOMPARE(address->url("http"), url.toStdString());
        const auto again = SocketAddress::parse(address->text());
        QVERIFY(again.has_value());
        QVERIFY(*again == *address);
    }

    void refusesWhatIsNoAddress_data()
    {
        QTest::addColumn<QByteArray>("text");
        for (const char *text : {"",
                                 ":",
                                 "8080",
                                 "127.0.0.1",
                                 "127.0.0.1:",
                                 "127.0.0.1:65536",
                                 "127.0.0.1:-1",
                                 "127.0.0.1:+1",
                                 "127.0.0.1: 80",
                                 "127.0.0.1:80 ",
                                 "127.0.0.1:0x50",
                                 "127.0.0.1:80:90",
                                 "127.1:80",
                                 "256.0.0.1:80",
                                 "1.2.3:80",
                                 "example.com:80",
                                 "::1:8080",
                                 "[::1]",
                                 "[::1]8080",
                                 "[::1:8080",
                                 "[]:80",
                                 "[127.0.0.1]:80",
                                 "[::1%lo]:80",
                                 "[::g]:80",
                                 "unix:",
                                 "unix:relative",
                                 "unix:@abstract",
                                 "http://127.0.0.1:80"})
            QTest::newRow(*text ? text : "empty") << QByteArray(text);
        QTest::newRow("a zero byte") << QByteArray("127.0.0.1\0:80", 13);
        QTest::newRow("a zero byte in a path") << QByteArray("unix:/a\0b", 9);
        QTest::newRow("a path of 108") << QByteArray("unix:/" + QByteArray(107, 'p'));
    }
    void refusesWhatIsNoAddress()
    {
        QFETCH(QByteArray, text);
        const auto address = SocketAddress::parse(text.toStdString());
        QVERIFY(!address.has_value());
        QCOMPARE(address.error().code(), ErrorCode::Invalid);
        QVERIFY(!address.error().message().empty());
    }

    void aPathOf107BytesFits()
    {
        const std::string text = "unix:/" + std::string(106, 'p');
        const auto address = SocketAddress::parse(text);
        QVERIFY(address.has_value());
        QCOMPARE(address->text(), text);
    }

    void everyAddressDiffersFromTheSameBytesInBrackets()
    {
        QVERIFY(!(*SocketAddress::parse(":80") == *SocketAddress::parse("[::]:80")));
        QVERIFY(!(*SocketAddress::parse("1.2.3.4:80") == *SocketAddress::parse("1.2.3.4:81")));
        QVERIFY(SocketAddress::parse(":80")->isEveryAddress());
        QCOMPARE(SocketAddress::parse(":80")->withoutIpv6().family(), AF_INET);
        QCOMPARE(SocketAddress::parse(":80")->withoutIpv6().text(), std::string(":80"));
    }

    void anIpv4PeerOfAnIpv6SocketIsPlainIpv4()
    {
        sockaddr_in6 wide {};
        wide.sin6_family = AF_INET6;
        wide.sin6_port = htons(5);
        QCOMPARE(inet_pton(AF_INET6, "::ffff:10.1.2.3", &wide.sin6_addr), 1);
        const auto peer =
            SocketAddress::fromSystem(reinterpret_cast<sockaddr *>(&wide), sizeof wide);
        QCOMPARE(peer.text(), std::string("10.1.2.3:5"));
        QVERIFY(peer == *SocketAddress::parse("10.1.2.3:5"));
    }

    void anUnnamedUnixPeerHasNoPath()
    {
        sockaddr unnamed {};
        unnamed.sa_family = AF_UNIX;
        const auto peer = SocketAddress::fromSystem(&unnamed, sizeof(sa_family_t));
        QVERIFY(peer.isUnix());
        QCOMPARE(peer.host(), std::string());
    }

    void noAddressAtAllIsHarmless()
    {
        const sockaddr nothing {};
        const auto peer = SocketAddress::fromSystem(&nothing, 0);
        QCOMPARE(peer.host(), std::string());
        QCOMPARE(peer.port(), uint16_t {0});
        QVERIFY(!peer.isLoopback());
        QVERIFY(!peer.isTcp());
    }
};

QTEST_APPLESS_MAIN(TestSocketAddress)
#include "tst_socket_address.moc"
