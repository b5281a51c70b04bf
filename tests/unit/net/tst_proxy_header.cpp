// SPDX-License-Identifier: Apache-2.0
#include "server/net/proxy_header.h"

#include <QtTest>

using namespace arc;

namespace {

const QByteArray kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
const QByteArray kIpv4 = QByteArray::fromHex("c0000209"
                                             "0a000001"
                                             "1267"
                                             "01bb"); // 192.0.2.9:4711 to 10.0.0.1:443
const QByteArray kIpv6 = QByteArray::fromHex("20010db8000000000000000000000001"
                                             "20010db8000000000000000000000002"
                                             "1267"
                                             "01bb");

QByteArray version2(int commandByte, int familyByte, const QByteArray &block, int length = -1)
{
    const int size = length < 0 ? int(block.size()) : length;
    QByteArray bytes = kSignature;
    bytes.append(char(commandByte)).append(char(familyByte));
    bytes.append(char(size >> 8)).append(char(size & 255));
    return bytes + block;
}

QByteArray field(int type, const QByteArray &value)
{
    return QByteArray(1, char(type)) + char(value.size() >> 8) + char(value.size() & 255) + value;
}

struct Read {
    ProxyOutcome outcome;
    ProxyHeader header;
};

Read read(const QByteArray &bytes)
{
    Read result;
    result.outcome = readProxyHeader({bytes.data(), size_t(bytes.size())}, result.header);
    return result;
}

} // namespace

class TestProxyHeader : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesTheClient_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("client"); // empty: it names nobody
        QTest::addColumn<QByteArray>("server");
        const auto row = [](const char *name, const QByteArray &bytes, const char *client = "",
                            const char *server = "") {
            QTest::newRow(name) << bytes << QByteArray(client) << QByteArray(server);
        };
        row("1, IPv4", "PROXY TCP4 192.0.2.9 10.0.0.1 4711 443\r\n", "192.0.2.9:4711",
            "10.0.0.1:443");
        row("1, IPv6", "PROXY TCP6 2001:db8::1 2001:db8::2 4711 443\r\n", "[2001:db8::1]:4711",
            "[2001:db8::2]:443");
        row("1, longest",
            "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
        row("1, port 0", "PROXY TCP4 192.0.2.9 10.0.0.1 0 80\r\n", "192.0.2.9:0", "10.0.0.1:80");
        row("1, unknown", "PROXY UNKNOWN\r\n");
        row("1, unknown with more", "PROXY UNKNOWN ffff::1 what ever 1 2 3\r\n");
        row("2, IPv4", version2(0x21, 0x11, kIpv4), "192.0.2.9:4711", "10.0.0.1:443");
        row("2, IPv6", version2(0x21, 0x21, kIpv6), "[2001:db8::1]:4711", "[2001:db8::2]:443");
        row("2, with fields", version2(0x21, 0x11, kIpv4 + field(4, "") + field(2, "a.example")),
            "192.0.2.9:4711", "10.0.0.1:443");
        row("2, Unix", version2(0x21, 0x31, QByteArray(216, 'x')));
        row("2, local", version2(0x20, 0x00, ""));
        row("2, local with addresses", version2(0x20, 0x11, kIpv4));
        row("2, local with anything", version2(0x20, 0xff, "anything"));
        row("2, unspecified", version2(0x21, 0x00, "anything"));
        row("2, unspecified family", version2(0x21, 0x01, "anything"));
        row("2, unspecified transport", version2(0x21, 0x10, kIpv4));
        row("2, largest",
            version2(0x21, 0x11, kIpv4 + field(4, QByteArray(int(kProxyHeaderBytesMax) - 31, 'x'))),
            "192.0.2.9:4711", "10.0.0.1:443");
    }
    void namesTheClient()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, client);
        QFETCH(QByteArray, server);
        // However it is cut, it is not complete before its last byte, and nothing behind is taken.
        for (int size = 0; size < bytes.size(); ++size)
            QCOMPARE(read(bytes.left(size)).outcome.step, ProxyStep::NeedMore);
        const Read got = read(bytes + "GET / HTTP/1.1\r\n");
        QCOMPARE(got.outcome.step, ProxyStep::Done);
        QCOMPARE(got.outcome.bytesUsed, size_t(bytes.size()));
        QCOMPARE(got.header.namesNobody, client.isEmpty());
        if (!client.isEmpty()) {
            QCOMPARE(got.header.client.text(), client.toStdString());
            QCOMPARE(got.header.server.text(), server.toStdString());
        }
    }

    void refusesEverythingElse_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        const auto row = [](const char *name, const QByteArray &bytes) {
            QTest::newRow(name) << bytes;
        };
        row("a request", "GET / HTTP/1.1\r\n");
        row("TLS", QByteArray("\x16\x03\x01\x02\x00", 5));
        row("HTTP/2", "PRI * HTTP/2.0\r\n");
        row("small letters", "proxy TCP4 ");
        row("a tab", "PROXY\tTCP4 ");
        row("no family", "PROXY \r\n");
        row("other family", "PROXY TCP5 192.0.2.9 10.0.0.1 1 2\r\n");
        row("family in small letters", "PROXY tcp4 192.0.2.9 10.0.0.1 1 2\r\n");
        row("datagrams", "PROXY UDP4 192.0.2.9 10.0.0.1 1 2\r\n");
        row("IPv6 said to be IPv4", "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n");
        row("IPv4 said to be IPv6", "PROXY TCP6 192.0.2.9 10.0.0.1 1 2\r\n");
        row("a word missing", "PROXY TCP4 192.0.2.9 10.0.0.1 1\r\n");
        row("a word too many", "PROXY TCP4 192.0.2.9 10.0.0.1 1 2 3\r\n");
        row("two blanks", "PROXY TCP4  192.0.2.9 10.0.0.1 1 2\r\n");
        row("two blanks and a word missing", "PROXY TCP4  192.0.2.9 10.0.0.1 1\r\n");
        row("a blank at the end", "PROXY TCP4 192.0.2.9 10.0.0.1 1 2 \r\n");
        row("no address", "PROXY TCP4 a.example 10.0.0.1 1 2\r\n");
        row("leading zero in the address", "PROXY TCP4 192.0.02.9 10.0.0.1 1 2\r\n");
        row("port too large", "PROXY TCP4 192.0.2.9 10.0.0.1 65536 2\r\n");
        row("port with a leading zero", "PROXY TCP4 192.0.2.9 10.0.0.1 01 2\r\n");
        row("port with a sign", "PROXY TCP4 192.0.2.9 10.0.0.1 +1 2\r\n");
        row("bare LF", "PROXY TCP4 192.0.2.9 10.0.0.1 1 2\n");
        row("bare CR", "PROXY TCP4 192.0.2.9 10.0.0.1 1 2\rG");
        row("bare LF behind unknown", "PROXY UNKNOWN\n");
        row("NUL", QByteArray("PROXY UNKNOWN \0\r\n", 17));
        row("107 bytes without an end", "PROXY UNKNOWN " + QByteArray(93, 'x'));
        row("108 bytes", "PROXY UNKNOWN " + QByteArray(92, 'x') + "\r\n");
        row("signature with one byte wrong", QByteArray("\r\n\r\n\0\r\nQUIT\r", 12));
        row("version 1 in the second", version2(0x11, 0x11, kIpv4));
        row("version 3", version2(0x31, 0x11, kIpv4));
        row("no such command", version2(0x22, 0x11, kIpv4));
        row("no such family", version2(0x21, 0x41, QByteArray(300, 'x')));
        row("no such transport", version2(0x21, 0x13, kIpv4));
        row("datagrams in the second", version2(0x21, 0x12, kIpv4));
        row("too short for IPv4", version2(0x21, 0x11, kIpv4.left(11)));
        row("too short for IPv6", version2(0x21, 0x21, kIpv6.left(35)));
        row("too short for Unix", version2(0x21, 0x31, QByteArray(215, 'x')));
        row("no addresses", version2(0x21, 0x11, ""));
        row("half a field", version2(0x21, 0x11, kIpv4 + QByteArray("\x04", 1)));
        row("a field beyond the end", version2(0x21, 0x11, kIpv4 + QByteArray("\x04\x00\x02x", 4)));
        row("too long", version2(0x20, 0x00, "", int(kProxyHeaderBytesMax) - 15));
        row("as long as can be said", version2(0x21, 0x11, "", 65535));
    }
    void refusesEverythingElse()
    {
        QFETCH(QByteArray, bytes);
        const Read got = read(bytes);
        QCOMPARE(got.outcome.step, ProxyStep::Refuse);
        QVERIFY(!got.outcome.reason.empty());
        QVERIFY(got.header.namesNobody);
        // Once refused it stays refused, whatever else comes.
        QCOMPARE(read(bytes + "xxxxxxxxxxxxxxxxxxxx").outcome.step, ProxyStep::Refuse);
    }
};

QTEST_APPLESS_MAIN(TestProxyHeader)
#include "tst_proxy_header.moc"
