// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/forwarded.h"

#include <QtTest>

#include <vector>

using namespace arc;

namespace {

using Lines = std::vector<std::pair<HeaderId, std::string>>;

/// "ADDRESS:PORT SCHEME HOST", with "-" for what is not told; "malformed" when nothing is believed.
std::string heard(const Lines &lines, ForwardedFields fields, std::string_view trusted)
{
    std::vector<HeaderView> headers;
    for (const auto &[id, value] : lines)
        headers.push_back({.name = headerName(id), .value = value, .id = id});
    RequestHead head;
    head.headers = headers;
    ForwardedHops hops;
    if (!readForwarded(head, fields, hops))
        return "malformed";
    const ForwardedClient client = followHops(hops, IpNetworks::parse(trusted).value());
    std::string text = "-";
    if (client.address) {
        text.clear();
        for (const unsigned char byte : client.address->ip.bytes)
            text += QByteArray::number(byte, 16).rightJustified(2, '0').toStdString();
        if (client.address->ip.isIpv4()) {
            const auto &bytes = client.address->ip.bytes;
            text = QStringLiteral("%1.%2.%3.%4")
                       .arg(bytes[12])
                       .arg(bytes[13])
                       .arg(bytes[14])
                       .arg(bytes[15])
                       .toStdString();
        }
        text += ':' + std::to_string(client.address->port);
    }
    text += client.isSecure ? (*client.isSecure ? " https " : " http ") : " - ";
    return text + (client.host.empty() ? "-" : std::string(client.host));
}

} // namespace

class TestForwarded : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theFirstFromTheRightThatIsNoProxyIsTheClient_data()
    {
        QTest::addColumn<QByteArray>("list");
        QTest::addColumn<QByteArray>("client");
        const auto row = [](const char *list, const char *client) {
            QTest::newRow(list) << QByteArray(list) << QByteArray(client);
        };
        row("", "- - -");
        row("192.0.2.9", "192.0.2.9:0 - -");
        row("6.6.6.6, 192.0.2.9", "192.0.2.9:0 - -"); // the client's own claim is left
        row("6.6.6.6, 192.0.2.9, 10.0.0.2, 10.0.0.3", "192.0.2.9:0 - -");
        row("10.0.0.5, 192.0.2.9", "192.0.2.9:0 - -");
        row("10.0.0.7, 10.0.0.2", "10.0.0.7:0 - -"); // all are proxies: the first asked for itself
        row("192.0.2.9:4711, 10.0.0.2:80", "192.0.2.9:4711 - -");
        row("[2001:db8::1]:4711", "20010db8000000000000000000000001:4711 - -");
        row("2001:db8::1", "20010db8000000000000000000000001:0 - -");
        row("[2001:db8::1]", "20010db8000000000000000000000001:0 - -");
        row("::ffff:192.0.2.9", "192.0.2.9:0 - -");
        row(" , ,192.0.2.9 ,\t,", "192.0.2.9:0 - -");
        // Nonsense ends the way back: the last proxy that was named is all that is known.
        row("6.6.6.6, unknown", "- - -");
        row("6.6.6.6, _hidden", "- - -");
        row("6.6.6.6, 192.0.2.9:99999", "- - -");
        row("6.6.6.6, 192.0.2.9:", "- - -");
        row("6.6.6.6, [2001:db8::1", "- - -");
        row("6.6.6.6, [2001:db8::1]x", "- - -");
        row("6.6.6.6, [192.0.2.9]]", "- - -");
        row("6.6.6.6, \"192.0.2.9\"", "- - -");
        row("6.6.6.6, 192.0.2.9 10.0.0.1", "- - -");
        row("6.6.6.6, localhost", "- - -");
        row("6.6.6.6, nonsense, 10.0.0.2", "10.0.0.2:0 - -");
        row("6.6.6.6, fe80::1%eth0, 10.0.0.2", "10.0.0.2:0 - -");
    }
    void theFirstFromTheRightThatIsNoProxyIsTheClient()
    {
        QFETCH(QByteArray, list);
        QFETCH(QByteArray, client);
        QCOMPARE(heard({{HeaderId::XForwardedFor, list.toStdString()}}, ForwardedFields::XForwarded,
                       "10.0.0.0/8"),
                 client.toStdString());
        if (list.contains(',')) { // the same on a line for each
            Lines lines;
            for (const QByteArray &part : list.split(','))
                lines.emplace_back(HeaderId::XForwardedFor, part.toStdString());
            QCOMPARE(heard(lines, ForwardedFields::XForwarded, "10.0.0.0/8"), client.toStdString());
        }
    }

    void schemeAndHostBelongToTheirHop_data()
    {
        QTest::addColumn<QByteArray>("addresses");
        QTest::addColumn<QByteArray>("schemes");
        QTest::addColumn<QByteArray>("hosts");
        QTest::addColumn<QByteArray>("client");
        const auto row = [](const char *name, const char *addresses, const char *schemes,
                            const char *hosts, const char *client) {
            QTest::newRow(name) << QByteArray(addresses) << QByteArray(schemes) << QByteArray(hosts)
                                << QByteArray(client);
        };
        row("one", "192.0.2.9", "https", "a.example", "192.0.2.9:0 https a.example");
        row("no address", "", "https", "a.example", "- https a.example");
        row("one for all", "192.0.2.9, 10.0.0.2", "https", "a", "192.0.2.9:0 https a");
        row("each its own", "192.0.2.9, 10.0.0.2", "https, http", "a, b", "192.0.2.9:0 https a");
        row("a claim before it", "6.6.6.6, 192.0.2.9", "https, http", "evil, b",
            "192.0.2.9:0 http b");
        row("fewer", "6.6.6.6, 192.0.2.9, 10.0.0.2", "https, http", "evil, b",
            "192.0.2.9:0 http b");
        row("more", "192.0.2.9", "https, http", "evil, b", "192.0.2.9:0 http b");
        row("of a socket", "192.0.2.9", "WSS", "", "192.0.2.9:0 https -");
        row("nonsense", "192.0.2.9", "ftp", "", "192.0.2.9:0 - -");
        row("two words", "192.0.2.9", "https http", "", "192.0.2.9:0 - -");
    }
    void schemeAndHostBelongToTheirHop()
    {
        QFETCH(QByteArray, addresses);
        QFETCH(QByteArray, schemes);
        QFETCH(QByteArray, hosts);
        QFETCH(QByteArray, client);
        QCOMPARE(heard({{HeaderId::XForwardedProto, schemes.toStdString()},
                        {HeaderId::XForwardedFor, addresses.toStdString()},
                        {HeaderId::XForwardedHost, hosts.toStdString()}},
                       ForwardedFields::XForwarded, "10.0.0.0/8"),
                 client.toStdString());
    }

    void readsTheFieldOfRfc7239_data()
    {
        QTest::addColumn<QByteArray>("field");
        QTest::addColumn<QByteArray>("client");
        const auto row = [](const char *field, const char *client) {
            QTest::newRow(field) << QByteArray(field) << QByteArray(client);
        };
        row("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60:0 http -");
        row("for=192.0.2.60; proto=https ;host=\"a.example:8443\"",
            "192.0.2.60:0 https a.example:8443");
        row("For=\"[2001:db8:cafe::17]:4711\"", "20010db8cafe00000000000000000017:4711 - -");
        row("for=\"192.0.2.9:_obfuscated\"", "192.0.2.9:0 - -");
        row("for=6.6.6.6, for=192.0.2.9", "192.0.2.9:0 - -");
        row("for=6.6.6.6;proto=https, for=192.0.2.9;proto=http, for=10.0.0.2",
            "192.0.2.9:0 http -");
        row("for=192.0.2.9;proto=https, for=10.0.0.2;proto=http", "192.0.2.9:0 https -");
        row("for=_gazonk", "- - -");
        row("for=\"_SEVKISEK\", for=10.0.0.2", "10.0.0.2:0 - -");
        row("for=unknown;proto=https", "- https -");
        row("proto=https", "- https -");
        row("secret=abc;for=192.0.2.9", "192.0.2.9:0 - -");
        row(", ,for=192.0.2.9 ;;, ,", "192.0.2.9:0 - -");
        row("for=\"\"", "- - -");
        // Where one hop ends and the next begins must be beyond doubt.
        row("for", "malformed");
        row("for=", "malformed");
        row("=192.0.2.9", "malformed");
        row("for =192.0.2.9", "malformed");
        row("for= 192.0.2.9", "malformed");
        row("for=192.0.2.9:80", "malformed"); // a colon stands in quotes
        row("for=[2001:db8::1]", "malformed");
        row("for=192.0.2.9 proto=https", "malformed");
        row("for=\"192.0.2.9", "malformed");
        row("for=\"192.0.2.9\"x", "malformed");
        row("for=\"192.0.2.\\9\"", "malformed");
        row("for=6.6.6.6;for=192.0.2.9", "malformed");
        row("proto=http;PROTO=https", "malformed");
        row("host=a;host=b", "malformed");
        row("for=6.6.6.6;x=\", for=192.0.2.9", "malformed"); // an open quote eats the proxy's part
        row("for=6.6.6.6;x=\", for=\"[2001:db8::1]\"", "malformed");
        row("for=6.6.6.6 x, for=192.0.2.9", "malformed");
    }
    void readsTheFieldOfRfc7239()
    {
        QFETCH(QByteArray, field);
        QFETCH(QByteArray, client);
        QCOMPARE(heard({{HeaderId::Forwarded, field.toStdString()}}, ForwardedFields::Forwarded,
                       "10.0.0.0/8"),
                 client.toStdString());
    }

    void onlyTheFieldsThatProxiesWriteAreRead()
    {
        const Lines both {{HeaderId::XForwardedFor, "6.6.6.6"},
                          {HeaderId::Forwarded, "for=192.0.2.9"}};
        QCOMPARE(heard(both, ForwardedFields::XForwarded, ""), std::string("6.6.6.6:0 - -"));
        QCOMPARE(heard(both, ForwardedFields::Forwarded, ""), std::string("192.0.2.9:0 - -"));
        QCOMPARE(heard(both, ForwardedFields::None, ""), std::string("- - -"));
        QCOMPARE(forwardedFieldsFrom("none"), ForwardedFields::None);
        QCOMPARE(forwardedFieldsFrom("x-forwarded"), ForwardedFields::XForwarded);
        QCOMPARE(forwardedFieldsFrom("forwarded"), ForwardedFields::Forwarded);
    }

    void aChainWithoutEndIsFollowedAsFarAsTheLimit()
    {
        std::string list = "192.0.2.9";
        for (size_t i = 0; i < ForwardedHops::kHopsMax; ++i)
            list += ", 10.0.0." + std::to_string(i + 1);
        const Lines lines {{HeaderId::XForwardedFor, list}};
        QCOMPARE(heard(lines, ForwardedFields::XForwarded, "10.0.0.0/8"),
                 std::string("10.0.0.1:0 - -"));
        const Lines shorter {{HeaderId::XForwardedFor, list.substr(0, list.rfind(','))}};
        QCOMPARE(heard(shorter, ForwardedFields::XForwarded, "10.0.0.0/8"),
                 std::string("192.0.2.9:0 - -"));
    }
};

QTEST_APPLESS_MAIN(TestForwarded)
#include "tst_forwarded.moc"
