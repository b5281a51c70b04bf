// SPDX-License-Identifier: Apache-2.0
#include "server/net/listen.h"

#include <QtTest>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace arc;

namespace {

SocketAddress parsed(const std::string &text)
{
    return SocketAddress::parse(text).value();
}

/// Whether a connection to the address is taken by its backlog.
bool answers(const SocketAddress &address)
{
    const FileDescriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    return connect(socket.get(), address.system(), address.systemLength()) == 0;
}

bool portHoldersAreKnownHere()
{
    return access("/proc/net/tcp", R_OK) == 0;
}

} // namespace

class TestListen : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void port0BecomesThePortThatTheKernelPicked()
    {
        const auto bound = bindListener(parsed("127.0.0.1:0"), 1);
        QVERIFY(bound.has_value());
        QCOMPARE(bound->sockets.size(), size_t {1});
        QVERIFY(bound->address.port() != 0);
        QCOMPARE(bound->address.host(), std::string("127.0.0.1"));
        QVERIFY(answers(bound->address));
    }

    void siblingsShareOnePort()
    {
        const auto bound = bindListener(parsed("127.0.0.1:0"), 4);
        QVERIFY(bound.has_value());
        QCOMPARE(bound->sockets.size(), size_t {4});
        for (const FileDescriptor &socket : bound->sockets) {
            sockaddr_in name {};
            socklen_t length = sizeof name;
            QCOMPARE(getsockname(socket.get(), reinterpret_cast<sockaddr *>(&name), &length), 0);
            QCOMPARE(ntohs(name.sin_port), bound->address.port());
            QVERIFY(fcntl(socket.get(), F_GETFL) & O_NONBLOCK);
            QVERIFY(fcntl(socket.get(), F_GETFD) & FD_CLOEXEC);
        }
    }

    void aPortInUseIsRefusedAndItsHolderNamed_data()
    {
        QTest::addColumn<int>("holders");
        QTest::newRow("who listens alone") << 1;
        QTest::newRow("who shares the port among loops") << 3;
    }
    void aPortInUseIsRefusedAndItsHolderNamed()
    {
        QFETCH(int, holders);
        const auto first = bindListener(parsed("127.0.0.1:0"), static_cast<size_t>(holders));
        QVERIFY(first.has_value());
        const auto second = bindListener(first->address, 2);
        QVERIFY(!second.has_value());
        QCOMPARE(second.error().code(), ErrorCode::AddressInUse);
        std::string expected = first->address.text() + " is in use";
        if (portHoldersAreKnownHere()) {
            std::string name = "tst_listen";
            expected += " by " + name + " (pid " + std::to_string(getpid()) + ")";
        }
        expected += "; choose another address, or end that program";
        QCOMPARE(second.error().message(), expected);
    }

    void aFreePortHasNoHolder()
    {
        uint16_t port = 0;
        {
            const auto bound = bindListener(parsed("127.0.0.1:0"), 1);
            QVERIFY(bound.has_value());
            port = bound->address.port();
            QCOMPARE(portHolder(port).empty(), !portHoldersAreKnownHere());
        }
        QCOMPARE(portHolder(port), std::string());
    }

    void everyAddressTakesIpv4AndIpv6()
    {
        const auto bound = bindListener(parsed(":0"), 2);
        QVERIFY(bound.has_value());
        QVERIFY(bound->address.isEveryAddress());
        QVERIFY(answers(parsed("127.0.0.1:" + std::to_string(bound->address.port()))));
        if (bound->address.family() == AF_INET6)
            QVERIFY(answers(parsed("[::1]:" + std::to_string(bound->address.port()))));
    }

    void anIpv6AddressLeavesThePortOfIpv4Alone()
    {
        const auto bound = bindListener(parsed("[::]:0"), 1);
        if (!bound)
            QSKIP("no IPv6 here");
        const auto port = std::to_string(bound->address.port());
        QVERIFY(answers(parsed("[::1]:" + port)));
        QVERIFY(!answers(parsed("127.0.0.1:" + port)));
    }

    void aForeignAddressIsRefused()
    {
        const auto bound = bindListener(parsed("192.0.2.1:0"), 1); // of no computer, RFC 5737
        QVERIFY(!bound.has_value());
        QCOMPARE(bound.error().code(), ErrorCode::Invalid);
    }

    void aUnixSocketHasTheAskedRights_data()
    {
        QTest::addColumn<int>("mode");
        QTest::newRow("the user") << 0600;
        QTest::newRow("the group, against the umask") << 0660;
    }
    void aUnixSocketHasTheAskedRights()
    {
        QFETCH(int, mode);
        QTemporaryDir folder;
        const auto address = parsed("unix:" + folder.path().toStdString() + "/s");
        const auto bound = bindListener(address, 3, mode);
        QVERIFY(bound.has_value());
        QCOMPARE(bound->sockets.size(), size_t {3});
        struct stat status { };
        QCOMPARE(stat(address.host().c_str(), &status), 0);
        QCOMPARE(int(status.st_mode & 0777), mode);
        QVERIFY(answers(address));
    }

    void aStaleUnixSocketIsReplaced()
    {
        QTemporaryDir folder;
        const auto address = parsed("unix:" + folder.path().toStdString() + "/s");
        QVERIFY(bindListener(address, 1).has_value()); // closed at once, its file stays
        QVERIFY(QFile::exists(folder.filePath("s")));
        const auto bound = bindListener(address, 1);
        QVERIFY(bound.has_value());
        QVERIFY(answers(address));
    }

    void aLivingUnixSocketIsLeftAlone()
    {
        QTemporaryDir folder;
        const auto address = parsed("unix:" + folder.path().toStdString() + "/s");
        const auto first = bindListener(address, 1);
        QVERIFY(first.has_value());
        const auto second = bindListener(address, 1);
        QVERIFY(!second.has_value());
        QCOMPARE(second.error().code(), ErrorCode::AddressInUse);
        QVERIFY(answers(address));
    }

    void aFileThatIsNoSocketIsLeftAlone()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath("s"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("precious") == 8);
        file.close();
        const auto bound = bindListener(parsed("unix:" + file.fileName().toStdString()), 1);
        QVERIFY(!bound.has_value());
        QCOMPARE(bound.error().code(), ErrorCode::Conflict);
        QCOMPARE(file.size(), qint64 {8});
    }

    void aFolderThatIsMissingIsSaid()
    {
        QTemporaryDir folder;
        const auto bound =
            bindListener(parsed("unix:" + folder.path().toStdString() + "/none/s"), 1);
        QVERIFY(!bound.has_value());
        QCOMPARE(bound.error().code(), ErrorCode::NotFound);
    }
};

QTEST_APPLESS_MAIN(TestListen)
#include "tst_listen.moc"
