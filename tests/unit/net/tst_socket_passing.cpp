// SPDX-License-Identifier: Apache-2.0
#include "server/net/listen.h"
#include "server/net/socket_passing.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <future>
#include <set>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace arc;

namespace {

uint64_t cookieOf(int socket)
{
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &length);
    return cookie;
}

constexpr std::chrono::seconds kPatience {5};

using Sockets = std::vector<std::pair<std::string, std::vector<int>>>;

/// The other engine: passes while the test receives.
std::future<Result<void>> passing(std::string path, Sockets sockets)
{
    return std::async(std::launch::async, [path = std::move(path), sockets = std::move(sockets)] {
        return passSockets(path, sockets);
    });
}

} // namespace

class TestSocketPassing : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::string path() const { return m_folder.filePath("take.sock").toStdString(); }

    static BoundListener bound(size_t count)
    {
        auto listener = bindListener(*SocketAddress::parse("127.0.0.1:0"), count);
        return listener ? std::move(*listener) : BoundListener {};
    }
    FileDescriptor connected() const
    {
        FileDescriptor out(::socket(AF_UNIX, SOCK_SEQPACKET, 0));
        const auto address = *SocketAddress::parse("unix:" + path());
        if (::connect(out.get(), address.system(), address.systemLength()) != 0)
            out.reset();
        return out;
    }
    static std::vector<int> descriptorsOf(const BoundListener &listener)
    {
        std::vector<int> all;
        for (const FileDescriptor &socket : listener.sockets)
            all.push_back(socket.get());
        return all;
    }

private Q_SLOTS:
    void allSocketsArriveUnderTheirNames()
    {
        auto receiver = SocketReceiver::listen(path());
        QVERIFY(receiver.has_value());
        const BoundListener many = bound(150); // more than one message takes
        const BoundListener one = bound(1);
        QCOMPARE(many.sockets.size(), size_t(150));
        auto passed = passing(path(),
                              {{"http", descriptorsOf(many)},
                               {"closed", {}},
                               {std::string(255, 'n'), descriptorsOf(one)}});
        const auto taken = receiver->receive(kPatience);
        QVERIFY2(taken.has_value(), taken ? "" : taken.error().message().c_str());
        receiver->acknowledge();
        QVERIFY(passed.get().has_value());
        QCOMPARE(taken->size(), size_t(151));
        std::set<uint64_t> sent;
        std::set<uint64_t> received;
        for (size_t i = 0; i < 150; ++i) {
            QCOMPARE((*taken)[i].name, std::string("http"));
            sent.insert(cookieOf(many.sockets[i].get()));
            received.insert(cookieOf((*taken)[i].socket.get()));
            QVERIFY((*taken)[i].socket.get() != many.sockets[i].get());
        }
        QVERIFY(sent == received);
        QCOMPARE(taken->back().name, std::string(255, 'n'));
        QCOMPARE(cookieOf(taken->back().socket.get()), cookieOf(one.sockets[0].get()));
    }

    void noSocketsAtAllIsAnAnswerToo()
    {
        auto receiver = SocketReceiver::listen(path());
        QVERIFY(receiver.has_value());
        auto passed = passing(path(), {});
        const auto taken = receiver->receive(kPatience);
        QVERIFY(taken.has_value());
        QVERIFY(taken->empty());
        receiver->acknowledge();
        QVERIFY(passed.get().has_value());
    }

    void aReceiverThatLeavesWithoutAWordHasNotTakenThem()
    {
        const BoundListener one = bound(1);
        std::future<Result<void>> passed;
        QElapsedTimer time;
        {
            auto receiver = SocketReceiver::listen(path());
            QVERIFY(receiver.has_value());
            time.start();
            passed = passing(path(), {{"http", descriptorsOf(one)}});
            QCOMPARE(receiver->receive(kPatience)->size(), size_t(1));
        }
        QCOMPARE(passed.get().error().code(), errnoError("", ECONNRESET).code());
        QVERIFY2(time.elapsed() < kSocketsTakenTime.count(), "it waits for who is gone");
    }

    void aReceiverThatSaysNothingIsWaitedForSoLong()
    {
        auto receiver = SocketReceiver::listen(path());
        QVERIFY(receiver.has_value());
        QElapsedTimer time;
        time.start();
        auto passed = passing(path(), {}); // it connects and sends, but nobody reads
        const auto done = passed.get();
        QVERIFY(!done.has_value());
        QCOMPARE(done.error().code(), ErrorCode::Unavailable);
        QVERIFY2(done.error().message().find("2 s") != std::string::npos,
                 done.error().message().c_str());
        QVERIFY(time.elapsed() >= kSocketsTakenTime.count());
    }

    void whoWillNotBeCalledStopsWaiting()
    {
        auto receiver = SocketReceiver::listen(path());
        QVERIFY(receiver.has_value());
        QElapsedTimer time;
        time.start();
        auto received = std::async(
            std::launch::async, [&receiver] { return receiver->receive(kPatience).has_value(); });
        receiver->cancel();
        QVERIFY(!received.get());
        QVERIFY(time.elapsed() < std::chrono::milliseconds(kPatience).count());
    }

    void aSenderThatLeavesBeforeTheEndIsAnError()
    {
        auto receiver = SocketReceiver::listen(path());
        QVERIFY(receiver.has_value());
        const BoundListener one = bound(1);
        connected().reset(); // as far as passSockets() would have come when its engine was killed
        QCOMPARE(receiver->receive(kPatience).error().code(), errnoError("", ECONNRESET).code());
    }

    void nobodySendsAndNobodyTakes()
    {
        QCOMPARE(passSockets(path(), {}).error().code(), errnoError("", ENOENT).code());
        QVERIFY(!passSockets(std::string(200, 'x'), {}).has_value());
        QVERIFY(!SocketReceiver::listen(std::string(200, 'x')).has_value());
        auto receiver = SocketReceiver::listen(path());
        QVERIFY(receiver.has_value());
        QVERIFY(!receiver->receive(std::chrono::milliseconds(1)).has_value());
    }

    void theFileIsForThisUserOnlyAndGoesAtTheEnd()
    {
        QFile left(QString::fromStdString(path()));
        QVERIFY(left.open(QIODevice::WriteOnly));
        left.close();
        {
            auto receiver = SocketReceiver::listen(path());
            QVERIFY(receiver.has_value());
            struct stat info { };
            QCOMPARE(::stat(path().c_str(), &info), 0);
            QVERIFY(S_ISSOCK(info.st_mode));
            QCOMPARE(info.st_mode & 0777, mode_t(0600));
            const SocketReceiver moved = std::move(*receiver);
            QVERIFY(QFile::exists(left.fileName()));
        }
        QVERIFY(!QFile::exists(left.fileName()));
    }

    void anotherUserIsRefused()
    {
        if (::geteuid() != 0)
            QSKIP("needs root, to be somebody else for a moment");
        auto receiver = SocketReceiver::listen(path());
        QVERIFY(receiver.has_value());
        QCOMPARE(::chmod(path().c_str(), 0666), 0);
        QCOMPARE(::chmod(m_folder.path().toUtf8().constData(), 0755), 0);
        QCOMPARE(::seteuid(65534), 0);
        auto passed = passing(path(), {}); // to a socket of root: that is allowed
        const auto taken = receiver->receive(kPatience);
        receiver->acknowledge();
        const auto done = passed.get();
        const FileDescriptor stranger = connected();
        QCOMPARE(::seteuid(0), 0);
        QVERIFY2(done.has_value(), done ? "" : done.error().message().c_str());
        QVERIFY(taken.has_value());
        QCOMPARE(receiver->receive(kPatience).error().code(), ErrorCode::Forbidden);
    }
};

QTEST_GUILESS_MAIN(TestSocketPassing)
#include "tst_socket_passing.moc"
