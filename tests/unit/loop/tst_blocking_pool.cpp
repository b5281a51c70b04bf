// SPDX-License-Identifier: Apache-2.0
#include "server/loop/blocking_pool.h"
#include "unit/loop/loop_fixture.h"

#include <QtTest>

#include <future>

using namespace arc;

class TestBlockingPool : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theAnswerComesBackOnTheHomeLoop()
    {
        LoopFixture test;
        BlockingPool pool(2);
        bool jobOnLoop = true;
        bool answerOnLoop = false;
        QVERIFY(pool.submit(*test.loop, [&] {
            jobOnLoop = test.loop->isCurrent();
            return [&] {
                answerOnLoop = test.loop->isCurrent();
                test.loop->stop();
            };
        }));
        QVERIFY(test.run());
        QVERIFY(!jobOnLoop);
        QVERIFY(answerOnLoop);
    }

    void aFullQueueRefusesAndCallsNothing()
    {
        LoopFixture test;
        std::promise<void> started;
        std::promise<void> release;
        auto released = release.get_future().share();
        std::atomic<int> ran {0};
        {
            BlockingPool pool(1, 2);
            const auto counted = [&]() -> std::function<void()> {
                ++ran;
                return {};
            };
            QVERIFY(pool.submit(*test.loop, [&]() -> std::function<void()> {
                started.set_value();
                released.wait();
                return {};
            }));
            started.get_future().wait(); // the only thread is busy now
            QVERIFY(pool.submit(*test.loop, counted));
            QVERIFY(pool.submit(*test.loop, counted));
            QVERIFY(!pool.submit(*test.loop, counted));
            release.set_value();
        }
        QCOMPARE(ran.load(), 2); // what was accepted was finished, and nothing else ran
    }

    void longJobsLeaveThreadsToShortOnes_data()
    {
        QTest::addColumn<int>("threads");
        QTest::addColumn<int>("atOneTime");
        QTest::newRow("2") << 2 << 1;
        QTest::newRow("4") << 4 << 2;
        QTest::newRow("5") << 5 << 2;
    }

    void longJobsLeaveThreadsToShortOnes()
    {
        QFETCH(int, threads);
        QFETCH(int, atOneTime);
        constexpr int kLong = 10;
        LoopFixture test;
        std::promise<void> release;
        const auto released = release.get_future().share();
        std::atomic<int> running {0}, ended {0};
        std::atomic<bool> tooMany {false};
        {
            BlockingPool pool(static_cast<size_t>(threads));
            for (int i = 0; i < kLong; ++i) {
                QVERIFY(pool.submit(
                    *test.loop,
                    [&, released]() -> std::function<void()> {
                        if (++running > atOneTime)
                            tooMany = true;
                        released.wait();
                        --running;
                        ++ended;
                        return {};
                    },
                    BlockingPool::Length::Long));
            }
            QTRY_COMPARE(running.load(), atOneTime);
            for (int i = 0; i < 100; ++i) { // each of them finds a thread
                QVERIFY(pool.submit(*test.loop, [&]() -> std::function<void()> {
                    return [&] {
                        test.loop->stop();
                    };
                }));
                QVERIFY(test.run());
            }
            QCOMPARE(ended.load(), 0);
            release.set_value();
        }
        QCOMPARE(ended.load(), kLong); // accepted, so finished
        QVERIFY(!tooMany);
    }

    void oneThreadDoesShortJobsFirst()
    {
        LoopFixture test;
        std::promise<void> started, release;
        const auto released = release.get_future().share();
        std::string order; // of one thread
        {
            BlockingPool pool(1);
            const auto note = [&](char letter) {
                return [&order, letter]() -> std::function<void()> {
                    order += letter;
                    return {};
                };
            };
            QVERIFY(pool.submit(*test.loop, [&, released]() -> std::function<void()> {
                started.set_value();
                released.wait();
                return {};
            }));
            started.get_future().wait();
            for (size_t i = 0; i < BlockingPool::kLongQueueMax; ++i)
                QVERIFY(pool.submit(*test.loop, note('L'), BlockingPool::Length::Long));
            QVERIFY(!pool.submit(*test.loop, note('x'), BlockingPool::Length::Long)); // full
            QVERIFY(pool.submit(*test.loop, note('S')));
            QVERIFY(pool.submit(*test.loop, note('S')));
            release.set_value();
        }
        QCOMPARE(order, "SS" + std::string(BlockingPool::kLongQueueMax, 'L'));
    }

    void whatJobAndAnswerShareIsLetGoAtHome()
    {
        constexpr int kRounds =
            500; // a copy left on the pool's thread shows only when the loop is quick
        LoopFixture test;
        BlockingPool pool(2);
        int alone = 0;
        int answered = 0;
        for (int i = 0; i < kRounds; ++i) {
            QVERIFY(pool.submit(*test.loop, [&, token = std::make_shared<int>(i)] {
                return [&, token] {
                    alone += token.use_count() == 1 ? 1 : 0;
                    if (++answered == kRounds)
                        test.loop->stop();
                };
            }));
        }
        QVERIFY(test.run());
        QCOMPARE(alone, kRounds);
    }

    void answersThatTheLoopNeverTookAreDropped()
    {
        const auto token = std::make_shared<int>(1);
        {
            LoopFixture test;
            BlockingPool pool(1);
            QVERIFY(pool.submit(*test.loop, [token] {
                return [token] {
                };
            }));
        }
        QCOMPARE(token.use_count(), 1L);
    }
};

QTEST_APPLESS_MAIN(TestBlockingPool)
#include "tst_blocking_pool.moc"
