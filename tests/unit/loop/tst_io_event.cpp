// SPDX-License-Identifier: Apache-2.0
#include "server/loop/io_event.h"
#include "unit/loop/loop_fixture.h"

#include <QtTest>

#include <csignal>
#include <functional>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace arc;

namespace {

struct SocketPair {
    FileDescriptor ours;
    FileDescriptor theirs;
    SocketPair()
    {
        int ends[2];
        ARC_ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
        ours.reset(ends[0]);
        theirs.reset(ends[1]);
    }
};

struct Watcher {
    std::function<void(Readiness)> task;
    std::unique_ptr<IoEvent> event = std::make_unique<IoEvent>();
    static void ready(void *self, Readiness readiness) noexcept
    {
        static_cast<Watcher *>(self)->task(readiness);
    }
};

ssize_t sendTo(const FileDescriptor &socket, std::string_view bytes)
{
    return send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

} // namespace

class TestIoEvent : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void inputIsAnnouncedForEachArrivalUntilItIsRead()
    {
        LoopFixture test;
        SocketPair pair;
        std::string got;
        Watcher watcher {.task = [&](Readiness ready) {
            QVERIFY(ready.readable);
            QVERIFY(!ready.writable);
            QVERIFY(!ready.closed);
            char bytes[100];
            const ssize_t n = read(pair.ours.get(), bytes, sizeof bytes);
            QVERIFY(n > 0);
            got.append(bytes, static_cast<size_t>(n));
            if (got == "ab")
                return test.loop->stop();
            QCOMPARE(sendTo(pair.theirs, "b"), ssize_t {1});
        }};
        watcher.event->watchInput(*test.loop, pair.ours.get(), &Watcher::ready, &watcher);
        QVERIFY(watcher.event->isWatching());
        test.loop->post([&] { QCOMPARE(sendTo(pair.theirs, "a"), ssize_t {1}); });
        QVERIFY(test.run());
        QCOMPARE(got, std::string("ab"));
    }

    void whatArrivedBeforeTheWatchIsAnnounced()
    {
        LoopFixture test;
        SocketPair pair;
        QCOMPARE(sendTo(pair.theirs, "early"), ssize_t {5});
        Watcher watcher {.task = [&](Readiness ready) {
            QVERIFY(ready.readable);
            test.loop->stop();
        }};
        watcher.event->watchInput(*test.loop, pair.ours.get(), &Watcher::ready, &watcher);
        QVERIFY(test.run());
    }

    void aShutdownPeerIsClosed()
    {
        LoopFixture test;
        SocketPair pair;
        Readiness seen;
        Watcher watcher {.task = [&](Readiness ready) {
            seen = ready;
            test.loop->stop();
        }};
        watcher.event->watchInput(*test.loop, pair.ours.get(), &Watcher::ready, &watcher);
        test.loop->post([&] { shutdown(pair.theirs.get(), SHUT_WR); });
        QVERIFY(test.run());
        QVERIFY(seen.closed);
        QVERIFY(seen.readable);
    }

    void inputThatNeverEndsKeepsNoHookWaiting()
    {
        constexpr int kArrivals = 5000;
        struct Hook final : TurnHook {
            EventLoop *loop = nullptr;
            int calls = 0;
            bool goesOn = true;
            void endOfTurn() noexcept override
            {
                ++calls;
                if (goesOn) // as a connection that has more to do
                    loop->atEndOfTurn(*this);
            }
        };
        LoopFixture test;
        SocketPair pair;
        Hook hook;
        hook.loop = test.loop.get();
        int arrivals = 0;
        Watcher watcher {.task = [&](Readiness) {
            char byte;
            QCOMPARE(read(pair.ours.get(), &byte, 1), ssize_t {1});
            if (++arrivals == kArrivals) {
                hook.goesOn = false;
                return test.loop->stop();
            }
            QCOMPARE(sendTo(pair.theirs, "x"), ssize_t {1}); // active again before the turn is over
        }};
        watcher.event->watchInput(*test.loop, pair.ours.get(), &Watcher::ready, &watcher);
        test.loop->post([&] {
            test.loop->atEndOfTurn(hook);
            QCOMPARE(sendTo(pair.theirs, "x"), ssize_t {1});
        });
        QVERIFY(test.run());
        QVERIFY2(hook.calls >= kArrivals - 1, std::to_string(hook.calls).c_str());
    }

    void outputIsAnnouncedOnlyWhenAskedFor()
    {
        LoopFixture test;
        SocketPair pair;
        const std::string chunk(64 * 1024, 'x');
        while (sendTo(pair.ours, chunk) > 0) { }
        bool writable = false;
        Watcher watcher {.task = [&](Readiness ready) {
            writable = writable || ready.writable;
            if (ready.writable)
                test.loop->stop();
        }};
        watcher.event->watchInput(*test.loop, pair.ours.get(), &Watcher::ready, &watcher);
        watcher.event->watchBoth(*test.loop, pair.ours.get(), &Watcher::ready, &watcher);
        test.loop->post([&] { // now the peer makes room
            std::string bytes(chunk.size(), 0);
            while (read(pair.theirs.get(), bytes.data(), bytes.size()) > 0) { }
        });
        QVERIFY(test.run());
        QVERIFY(writable);

        writable = false;
        watcher.event->watchInput(*test.loop, pair.ours.get(), &Watcher::ready, &watcher);
        test.loop->post([&] { test.loop->post([&] { test.loop->stop(); }); });
        QVERIFY(test.run());
        QVERIFY(!writable);
    }

    void aCallbackMayDestroyItsEvent()
    {
        LoopFixture test;
        SocketPair pair;
        int calls = 0;
        Watcher watcher {.task = [&](Readiness) {
            ++calls;
            watcher.event.reset();
            QCOMPARE(sendTo(pair.theirs, "again"), ssize_t {5});
            test.loop->post([&] { test.loop->post([&] { test.loop->stop(); }); });
        }};
        watcher.event->watchInput(*test.loop, pair.ours.get(), &Watcher::ready, &watcher);
        QCOMPARE(sendTo(pair.theirs, "x"), ssize_t {1});
        QVERIFY(test.run());
        QCOMPARE(calls, 1);
    }

    void aStoppedEventIsSilent()
    {
        LoopFixture test;
        SocketPair pair;
        Watcher watcher {.task = [](Readiness) {
            qFatal("a stopped event called");
        }};
        watcher.event->watchInput(*test.loop, pair.ours.get(), &Watcher::ready, &watcher);
        watcher.event->stop();
        watcher.event->stop();
        QVERIFY(!watcher.event->isWatching());
        QCOMPARE(sendTo(pair.theirs, "x"), ssize_t {1});
        test.loop->post([&] { test.loop->post([&] { test.loop->stop(); }); });
        QVERIFY(test.run());
    }

    void aDescriptorThatCannotBeWatchedIsNot()
    {
        LoopFixture test;
        const FileDescriptor file(open("/proc/self/status", 0));
        Watcher watcher {.task = [](Readiness) {
        }};
        QVERIFY(file);
        watcher.event->watchInput(*test.loop, file.get(), &Watcher::ready, &watcher);
        QVERIFY(!watcher.event->isWatching());
    }

    void aSignalArrivesOnTheLoop()
    {
        LoopFixture test;
        struct Context {
            EventLoop &loop;
            int calls = 0;
        } context {*test.loop};
        SignalEvent event;
        event.watch(
            *test.loop, SIGUSR1,
            [](void *self) noexcept {
                auto *c = static_cast<Context *>(self);
                if (++c->calls == 2)
                    c->loop.stop();
                else
                    raise(SIGUSR1);
            },
            &context);
        test.loop->post([] { raise(SIGUSR1); });
        QVERIFY(test.run());
        QCOMPARE(context.calls, 2);
    }
};

QTEST_APPLESS_MAIN(TestIoEvent)
#include "tst_io_event.moc"
