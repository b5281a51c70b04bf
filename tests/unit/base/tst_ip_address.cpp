// SPDX-License-Identifier: Apache-2.0
#include "server/base/ip_address.h"

#include <QtTest>

using namespace arc;

class TestIpAddress : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anAddressIsAnAddressAndNothingElse_data()
    {
        QTest::addColumn<QByteArray>("text");
        for (const char *text : {"",
                                 " ",
                                 "localhost",
                                 "1.2.3",
                                 "1.2.3.4.5",
                                 "256.1.1.1",
                                 "01.2.3.4",
                                 "1.2.3.4 ",
                                 " ::1",
                                 "1.2.3.4:80",
                                 "[::1]",
                                 "::1%lo",
                                 "fe80::1%eth0",
                                 ":::",
                                 "1::2::3",
                                 "12345::",
                                 "1.2.3.4/8",
                                 "0x7f.0.0.1",
                                 "2130706433",
                                 "1111:2222:3333:4444:5555:6666:123.123.123.123.1"})
            QTest::newRow(text) << QByteArray(text);
        QTest::newRow("NUL") << QByteArray("1.2.3.4\0", 8);
        QTest::newRow("long") << QByteArray(1000, '1');
    }
    void anAddressIsAnAddressAndNothingElse()
    {
        QFETCH(QByteArray, text);
        QVERIFY(!IpAddress::parse({text.data(), size_t(text.size())}));
    }

    void bothWaysToWriteAnIpv4AddressAreEqual()
    {
        QVERIFY(IpAddress::parse("::ffff:192.0.2.1") == IpAddress::parse("192.0.2.1"));
        QVERIFY(IpAddress::parse("::ffff:192.0.2.1")->isIpv4());
        QVERIFY(!IpAddress::parse("::192.0.2.1")->isIpv4());
        QVERIFY(IpAddress::parse("127.9.9.9")->isLoopback());
        QVERIFY(IpAddress::parse("::1")->isLoopback());
        QVERIFY(!IpAddress::parse("::2")->isLoopback());
        QVERIFY(!IpAddress::parse("1.0.0.1")->isLoopback());
    }

    void aListHoldsWhatItNames_data()
    {
        QTest::addColumn<QByteArray>("list");
        QTest::addColumn<QByteArray>("address");
        QTest::addColumn<bool>("isIn");
        const auto row = [](const char *list, const char *address, bool isIn) {
            QTest::addRow("%s in %s", address, list)
                << QByteArray(list) << QByteArray(address) << isIn;
        };
        row("", "127.0.0.1", false);
        row("10.0.0.0/8", "10.255.255.255", true);
        row("10.0.0.0/8", "11.0.0.0", false);
        row("10.0.0.0/8", "9.255.255.255", false);
        row("192.0.2.7", "192.0.2.7", true);
        row("192.0.2.7", "192.0.2.6", false);
        row("192.0.2.128/25", "192.0.2.127", false);
        row("192.0.2.128/25", "192.0.2.128", true);
        row("0.0.0.0/0", "203.0.113.9", true);
        row("0.0.0.0/0", "2001:db8::1", false);
        row("::ffff:10.0.0.0/104", "10.1.2.3", false); // 104 is more than an IPv4 address has
        row("fd00::/8", "fd12::1", true);
        row("fd00::/8", "fe12::1", false);
        row("2001:db8::/33", "2001:db8:7fff::", true);
        row("2001:db8::/33", "2001:db8:8000::", false);
        row("::/0", "2001:db8::1", true);
        row(" 10.0.0.0/8,\t192.0.2.1 ,, ::1\n", "::1", true);
        row("unix", "127.0.0.1", false);
    }
    void aListHoldsWhatItNames()
    {
        QFETCH(QByteArray, list);
        QFETCH(QByteArray, address);
        QFETCH(bool, isIn);
        const auto networks = IpNetworks::parse(list.toStdString());
        QCOMPARE(networks && networks->contains(*IpAddress::parse(address.toStdString())), isIn);
    }

    void theWordUnixStandsForUnixSocketsOnly()
    {
        QVERIFY(IpNetworks::parse("unix")->containsUnix());
        QVERIFY(!IpNetworks::parse("unix")->isEmpty());
        QVERIFY(!IpNetworks::parse("127.0.0.1 0.0.0.0/0 ::/0")->containsUnix());
        QVERIFY(IpNetworks::parse(" , ")->isEmpty());
    }

    void aListIsRefusedWithTheWordThatIsWrong_data()
    {
        QTest::addColumn<QByteArray>("list");
        QTest::addColumn<QByteArray>("named");
        const auto row = [](const char *list, const char *named) {
            QTest::newRow(list) << QByteArray(list) << QByteArray(named);
        };
        row("10.0.0.0/8 proxy.example", "proxy.example");
        row("10.0.0.0/33", "10.0.0.0/33");
        row("10.0.0.0/", "10.0.0.0/");
        row("10.0.0.0/-1", "10.0.0.0/-1");
        row("10.0.0.0/8/8", "10.0.0.0/8/8");
        row("10.0.0.1/8", "10.0.0.1/8");
        row("::1/127", "::1/127");
        row("::/129", "::/129");
        row("[::1]", "[::1]");
        row("UNIX", "UNIX");
        row("unix:/run/a", "unix:/run/a");
        row("*", "*");
    }
    void aListIsRefusedWithTheWordThatIsWrong()
    {
        QFETCH(QByteArray, list);
        QFETCH(QByteArray, named);
        const auto networks = IpNetworks::parse(list.toStdString());
        QVERIFY(!networks);
        QVERIFY(networks.error().message().find('"' + named.toStdString() + '"')
                != std::string::npos);
    }

    void aListHasAnEnd()
    {
        std::string list;
        for (size_t i = 0; i < IpNetworks::kNetworksMax; ++i)
            list += "192.0.2.1 ";
        QVERIFY(IpNetworks::parse(list));
        QVERIFY(!IpNetworks::parse(list + "192.0.2.2"));
    }
};

QTEST_APPLESS_MAIN(TestIpAddress)
#include "tst_ip_address.moc"
