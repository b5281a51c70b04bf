// SPDX-License-Identifier: Apache-2.0
#include "server/loop/event_loop.h"
#include "server/loop/io_event.h"
#include "unit/loop/loop_fixture.h"

#include <QtTest>

#include <functional>

#include <fcntl.h>
#include <unistd.h>

using namespace arc;

namespace {

class Hook final : public TurnHook {
public:
    explicit Hook(std::function<void()> task) : m_task(std::move(task)) { }
    void endOfTurn() noexcept override
    {
        ++calls;
        m_task();
    }
    int calls = 0;

private:
    const std::function<void()> m_task;
};

struct Pipe {
    FileDescriptor read;
    FileDescriptor write;
    Pipe()
    {
        int ends[2];
        ARC_ASSERT(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
        read.reset(ends[0]);
        write.reset(ends[1]);
    }
};

/// Standard error, for as long as it lives, into a pipe.
class CapturedStderr {
public:
    CapturedStderr() : m_before(dup(STDERR_FILENO)) { dup2(m_pipe.write.get(), STDERR_FILENO); }
    ~CapturedStderr() { dup2(m_before.get(), STDERR_FILENO); }
    std::string text() const
    {
        char bytes[4096];
        const ssize_t n = read(m_pipe.read.get(), bytes, sizeof bytes);
        return n > 0 ? std::string(bytes, static_cast<size_t>(n)) : std::string();
    }

private:
    Pipe m_pipe;
    FileDescriptor m_before;
};

} // namespace

class TestEventLoop : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void mailOfOneSenderArrivesInOrder()
    {
        LoopFixture test;
        std::vector<int> seen;
        for (int i = 0; i < 10; ++i)
            test.loop->post([&seen, i] { seen.push_back(i); });
        test.loop->stop();
        QVERIFY(test.run());
        QCOMPARE(seen, (std::vector<int> {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
        QVERIFY(test.metrics.messages.read() >= 11);
    }

    void stopDeliversTheMailThatIsStillThere()
    {
        LoopFixture test;
        bool late = false;
        bool latest = false;
        test.loop->stop();
        test.loop->post([&] {
            late = true;
            test.loop->post([&] { latest = true; });
        });
        QVERIFY(test.run());
        QVERIFY(late);
        QVERIFY(latest);
    }

    void aLoopThatNeverRanIsDestroyedCleanly()
    {
        bool fired = false;
        auto held = std::make_shared<int>(1);
        Timer outlives([](void *flag) noexcept { *static_cast<bool *>(flag) = true; }, &fired);
        Hook hook([] {});
        {
            LoopFixture test;
            auto timer = std::make_shared<Timer>([](void *) noexcept {}, nullptr);
            timer->arm(test.loop->timers(), std::chrono::seconds(1));
            outlives.arm(test.loop->timers(), std::chrono::seconds(1));
            test.loop->atEndOfTurn(hook);
            test.loop->post([held, timer] {});
        }
        QCOMPARE(held.use_count(), 1L);
        QVERIFY(!fired);
        QVERIFY(!outlives.isArmed());
    }

    void aLoopRunsAgainAfterStop()
    {
        LoopFixture test;
        for (int i = 0; i < 3; ++i) {
            test.loop->stop();
            QVERIFY(test.run());
        }
    }

    void onlyTheLoopsThreadIsCurrent()
    {
        LoopFixture test;
        bool inside = false;
        bool named = false;
        QVERIFY(!test.loop->isCurrent());
        test.loop->post([&] {
            inside = test.loop->isCurrent();
            named = EventLoop::current() == test.loop.get();
            test.loop->stop();
        });
        QVERIFY(test.run());
        QVERIFY(inside);
        QVERIFY(named);
        QVERIFY(!test.loop->isCurrent());
    }

    void aFloodOfMailDoesNotStarveTheSockets()
    {
        LoopFixture test;
        Pipe pipe;
        bool ended = false;
        std::function<void()> flood = [&] { // each message sends the next: there is always mail
            if (!ended)
                test.loop->post([&] { flood(); });
        };
        struct Context {
            EventLoop &loop;
            bool &ended;
        } context {*test.loop, ended};
        IoEvent event;
        event.watchInput(
            *test.loop, pipe.read.get(),
            [](void *self, Readiness) noexcept {
                auto *c = static_cast<Context *>(self);
                c->ended = true;
                c->loop.stop();
            },
            &context);
        test.loop->post([&] {
            flood();
            QCOMPARE(write(pipe.write.get(), "x", 1), ssize_t {1});
        });
        QVERIFY(test.run());
        QVERIFY(ended);
    }

    void aHookRunsOnceAfterTheMailOfItsTurn()
    {
        LoopFixture test;
        std::vector<std::string> seen;
        Hook hook([&] { seen.push_back("hook"); });
        for (int i = 0; i < 3; ++i) {
            test.loop->post([&] {
                test.loop->atEndOfTurn(hook);
                seen.push_back("mail");
            });
        }
        test.loop->stop();
        QVERIFY(test.run());
        QCOMPARE(seen, (std::vector<std::string> {"mail", "mail", "mail", "hook"}));
    }

    void aHookThatArmsItselfComesUpInTheNextTurn()
    {
        LoopFixture test;
        Hook *self = nullptr;
        std::vector<uint64_t> turns;
        uint64_t turn = 0;
        Hook counter([&] { ++turn; });
        Hook hook([&] {
            turns.push_back(turn);
            if (turns.size() == 3)
                return test.loop->stop();
            test.loop->atEndOfTurn(counter);
            test.loop->atEndOfTurn(*self);
        });
        self = &hook;
        test.loop->post([&] { test.loop->atEndOfTurn(hook); });
        QVERIFY2(test.run(), "the turn waited for events although a hook was armed");
        QCOMPARE(turns, (std::vector<uint64_t> {0, 1, 2}));
    }

    void aHookThatAnotherHookArmsRunsInTheSameTurn()
    {
        LoopFixture test;
        int messagesSince = 0;
        int messagesBefore = -1;
        Hook second([&] { messagesBefore = messagesSince; });
        Hook first([&] {
            test.loop->post([&] { ++messagesSince; });
            test.loop->atEndOfTurn(second);
            test.loop->stop();
        });
        test.loop->post([&] { test.loop->atEndOfTurn(first); });
        QVERIFY(test.run());
        QCOMPARE(messagesBefore, 0);
    }

    void aHookMayBeDestroyedWhileArmed()
    {
        LoopFixture test;
        auto doomed = std::make_unique<Hook>([] { qFatal("a destroyed hook ran"); });
        Hook killer([&] { doomed.reset(); });
        test.loop->post([&] {
            test.loop->atEndOfTurn(killer);
            test.loop->atEndOfTurn(*doomed);
        });
        test.loop->stop();
        QVERIFY(test.run());
        QCOMPARE(killer.calls, 1);
        QVERIFY(!doomed);
    }

    void aStallIsCountedAndNamed()
    {
        LoopFixture test("io-7");
        std::string said;
        {
            CapturedStderr captured;
            test.loop->post([&] {
                QElapsedTimer busy;
                busy.start();
                while (busy.elapsed() < 230) { }
                test.loop->stop();
            });
            QVERIFY(test.run());
            said = captured.text();
        }
        QCOMPARE(test.metrics.stalls.read(), int64_t {1});
        QVERIFY2(said.starts_with("loop io-7 stalled for 2"), said.c_str());
    }

    void theClockStandsStillWithinATurn()
    {
        LoopFixture test;
        SteadyTime first;
        SteadyTime second;
        test.loop->post([&] {
            first = test.loop->now();
            QElapsedTimer busy;
            busy.start();
            while (busy.elapsed() < 5) { }
            second = test.loop->now();
            test.loop->stop();
        });
        const auto before = std::chrono::steady_clock::now();
        QVERIFY(test.run());
        QCOMPARE(first.time_since_epoch().count(), second.time_since_epoch().count());
        QVERIFY(first >= before);
        QVERIFY(std::abs(test.loop->unixMs() - QDateTime::currentMSecsSinceEpoch()) < 60'000);
    }
};

QTEST_APPLESS_MAIN(TestEventLoop)
#include "tst_event_loop.moc"
