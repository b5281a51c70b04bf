// SPDX-License-Identifier: Apache-2.0
#include "server/net/acceptor.h"
#include "server/net/listen.h"
#include "unit/loop/loop_fixture.h"

#include <QtTest>

#include <functional>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace arc;

namespace {

/// A listener on a loop, and the clients that knock at it.
struct Door {
    LoopFixture test;
    SocketAddress address;
    std::vector<FileDescriptor> taken;
    std::vector<SocketAddress> peers;
    std::vector<FileDescriptor> clients;
    std::function<bool()> onTaken = [] {
        return true;
    };
    std::unique_ptr<Acceptor> acceptor;

    Door()
    {
        auto bound = bindListener(SocketAddress::parse("127.0.0.1:0").value(), 1);
        ARC_ASSERT(bound.has_value());
        address = bound->address;
        acceptor =
            std::make_unique<Acceptor>(*test.loop, std::move(bound->sockets[0]), &take, this);
    }
    static bool take(void *self, FileDescriptor socket, const SocketAddress &peer) noexcept
    {
        auto *door = static_cast<Door *>(self);
        door->taken.push_back(std::move(socket));
        door->peers.push_back(peer);
        return door->onTaken();
    }
    void knock(size_t times)
    {
        for (size_t i = 0; i < times; ++i) {
            FileDescriptor client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
            ARC_ASSERT(connect(client.get(), address.system(), address.systemLength()) == 0);
            clients.push_back(std::move(client));
        }
    }
};

/// No descriptor can be opened while it lives.
class NoDescriptorsLeft {
public:
    NoDescriptorsLeft()
    {
        getrlimit(RLIMIT_NOFILE, &m_before);
        const FileDescriptor next(open("/dev/null", O_RDONLY | O_CLOEXEC));
        rlimit tight = m_before;
        tight.rlim_cur = static_cast<rlim_t>(next.get());
        ARC_ASSERT(setrlimit(RLIMIT_NOFILE, &tight) == 0);
    }
    ~NoDescriptorsLeft() { setrlimit(RLIMIT_NOFILE, &m_before); }

private:
    rlimit m_before {};
};

} // namespace

class TestAcceptor : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aConnectionArrivesReadyToUse()
    {
        Door door;
        door.onTaken = [&] {
            door.test.loop->stop();
            return true;
        };
        door.test.loop->post([&] { door.knock(1); });
        QVERIFY(door.test.run());
        QCOMPARE(door.taken.size(), size_t {1});
        const int fd = door.taken[0].get();
        QVERIFY(fcntl(fd, F_GETFL) & O_NONBLOCK);
        QVERIFY(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        int noDelay = 0;
        socklen_t length = sizeof noDelay;
        QCOMPARE(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &noDelay, &length), 0);
        QVERIFY(noDelay);
        QCOMPARE(door.peers[0].host(), std::string("127.0.0.1"));
        QVERIFY(door.peers[0].port() != 0);
    }

    void moreThanOneTurnsWorthIsTakenWithoutANewEdge()
    {
        constexpr size_t kMany = 200;
        Door door;
        door.knock(kMany); // all of them wait when the loop begins
        door.onTaken = [&] {
            if (door.taken.size() == kMany)
                door.test.loop->stop();
            return true;
        };
        QVERIFY(door.test.run());
        QCOMPARE(door.taken.size(), kMany);
    }

    void noTurnTakesMoreThan64()
    {
        Door door;
        door.knock(100);
        size_t inFirstTurn = 0;
        door.onTaken = [&] {
            if (door.taken.size() == 1) // mail comes behind the events of its turn
                door.test.loop->post([&] { inFirstTurn = door.taken.size(); });
            if (door.taken.size() == 100)
                door.test.loop->stop();
            return true;
        };
        QVERIFY(door.test.run());
        QCOMPARE(inFirstTurn, size_t {64});
    }

    void whoSaysNoMoreIsLeftAloneUntilItResumes()
    {
        Door door;
        door.knock(5);
        door.onTaken = [&] {
            return door.taken.size() != 2;
        };
        size_t whilePaused = 0;
        std::function<void()> look = [&] {
            whilePaused = door.taken.size();
            door.onTaken = [&] {
                if (door.taken.size() == 5)
                    door.test.loop->stop();
                return true;
            };
            door.acceptor->resume();
        };
        Timer resume([](void *task) noexcept { (*static_cast<std::function<void()> *>(task))(); },
                     &look);
        resume.arm(door.test.loop->timers(), std::chrono::milliseconds(60));
        QVERIFY(door.test.run());
        QCOMPARE(whilePaused, size_t {2});
        QCOMPARE(door.taken.size(), size_t {5});
    }

    void aPausedAcceptorTakesNothing()
    {
        Door door;
        door.acceptor->pause();
        QVERIFY(door.acceptor->isPaused());
        door.knock(2);
        Timer end([](void *loop) noexcept { static_cast<EventLoop *>(loop)->stop(); },
                  door.test.loop.get());
        end.arm(door.test.loop->timers(), std::chrono::milliseconds(50));
        QVERIFY(door.test.run());
        QCOMPARE(door.taken.size(), size_t {0});
    }

    void withoutDescriptorsItWaitsAndGoesOn()
    {
        Door door;
        door.knock(2);
        auto exhausted = std::make_unique<NoDescriptorsLeft>();
        QElapsedTimer clock;
        qint64 took = 0;
        Timer relief(
            [](void *what) noexcept {
                static_cast<std::unique_ptr<NoDescriptorsLeft> *>(what)->reset();
            },
            &exhausted);
        relief.arm(door.test.loop->timers(), std::chrono::milliseconds(150));
        door.onTaken = [&] {
            took = clock.elapsed();
            if (door.taken.size() == 2)
                door.test.loop->stop();
            return true;
        };
        rusage before {};
        rusage after {};
        getrusage(RUSAGE_SELF, &before);
        clock.start();
        // The guard of run() needs no descriptor; the loop must not spin meanwhile.
        QVERIFY(door.test.run());
        getrusage(RUSAGE_SELF, &after);
        QVERIFY(took >= 140);
        const auto cpuUs = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1'000'000
            + after.ru_utime.tv_usec - before.ru_utime.tv_usec;
        QVERIFY2(cpuUs < 100'000, "the loop spun");
    }
};

QTEST_APPLESS_MAIN(TestAcceptor)
#include "tst_acceptor.moc"
