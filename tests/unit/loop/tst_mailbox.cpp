// SPDX-License-Identifier: Apache-2.0
#include "server/base/thread.h"
#include "server/loop/mailbox.h"
#include "unit/loop/loop_fixture.h"

#include <QtTest>

#include <atomic>
#include <vector>

#include <poll.h>
#include <unistd.h>

using namespace arc;

namespace {

constexpr int kSenders = 4;
constexpr int kMessages = 100'000;

/// The sender's name and the number of the message, put into `seen` when delivered.
class Numbered final : public Mail {
public:
    Numbered(int sender, int number, std::vector<std::pair<int, int>> &seen)
        : m_sender(sender), m_number(number), m_seen(seen)
    {
    }
    void deliver() noexcept override { m_seen.emplace_back(m_sender, m_number); }

private:
    const int m_sender;
    const int m_number;
    std::vector<std::pair<int, int>> &m_seen;
};

uint64_t wakesWritten(const Mailbox &box)
{
    uint64_t count = 0;
    return read(box.wakeFd(), &count, sizeof count) == sizeof count ? count : 0;
}

std::unique_ptr<Mail> nothing()
{
    auto task = [] {
    };
    return std::make_unique<TaskMail<decltype(task)>>(task);
}

} // namespace

class TestMailbox : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fourSendersKeepTheirOrderAndLoseNothing()
    {
        Mailbox box;
        std::vector<std::pair<int, int>> seen;
        seen.reserve(kSenders * kMessages);
        {
            std::vector<Thread> senders;
            for (int sender = 0; sender < kSenders; ++sender) {
                senders.emplace_back("sender", [&box, &seen, sender] {
                    for (int i = 0; i < kMessages; ++i)
                        box.push(std::make_unique<Numbered>(sender, i, seen));
                });
            }
            // The owner sleeps as the loop does, so that each message may be the one that wakes it.
            while (seen.size() < size_t {kSenders} * kMessages) {
                if (box.prepareToSleep()) {
                    pollfd wait {.fd = box.wakeFd(), .events = POLLIN};
                    QVERIFY2(poll(&wait, 1, 20'000) == 1, "a wake-up was lost");
                    wakesWritten(box);
                }
                box.wakeUp();
                while (const auto mail = box.pop())
                    mail->deliver();
            }
        }
        std::vector<int> next(kSenders, 0);
        for (const auto &[sender, number] : seen)
            QCOMPARE(number, next[static_cast<size_t>(sender)]++);
        QVERIFY(!box.pop());
    }

    void anEmptyBoxHasNothing()
    {
        Mailbox box;
        QVERIFY(!box.pop());
        QVERIFY(!box.pop());
        QVERIFY(box.prepareToSleep());
    }

    void whoSeesMailMustNotSleep()
    {
        Mailbox box;
        std::vector<std::pair<int, int>> seen;
        box.push(std::make_unique<Numbered>(0, 1, seen));
        QVERIFY(!box.prepareToSleep());
        box.pop()->deliver();
        QVERIFY(box.prepareToSleep());
        QCOMPARE(seen.size(), size_t {1});
    }

    void aSleeperIsWokenOnceForManyMessages()
    {
        Mailbox box;
        QVERIFY(box.prepareToSleep());
        for (int i = 0; i < 5; ++i)
            box.push(nothing());
        QCOMPARE(wakesWritten(box), uint64_t {1});
    }

    void theOwnerWhoIsAwakeIsNotWoken()
    {
        Mailbox box;
        box.push(nothing());
        QVERIFY(box.pop());
        QVERIFY(box.prepareToSleep());
        box.wakeUp();
        box.push(nothing());
        QCOMPARE(wakesWritten(box), uint64_t {0});
    }

    void whatWasNotDeliveredIsDestroyed()
    {
        const auto token = std::make_shared<int>(1);
        {
            Mailbox box;
            for (int i = 0; i < 3; ++i) {
                auto task = [token] {
                };
                box.push(std::make_unique<TaskMail<decltype(task)>>(task));
            }
            QCOMPARE(token.use_count(), 4L);
        }
        QCOMPARE(token.use_count(), 1L);
    }

    // Each message is sent to a loop that has just gone to sleep, or is about to.
    void twoLoopsThatAnswerEachOtherNeverHang()
    {
        constexpr int kRounds = 30'000;
        LoopFixture here("here");
        LoopFixture there("there");
        Thread other("there", [&] { there.loop->run(); });
        int rounds = 0;
        std::function<void()> ping = [&] {
            if (++rounds == kRounds) {
                here.loop->stop();
                return;
            }
            there.loop->post([&] { here.loop->post([&] { ping(); }); });
        };
        here.loop->post([&] { ping(); });
        const bool inTime = here.run(std::chrono::seconds(60));
        there.loop->stop();
        other.join();
        QVERIFY2(inTime, "a wake-up was lost");
        QCOMPARE(rounds, kRounds);
        QVERIFY(there.metrics.messages.read() >= kRounds - 1);
        QVERIFY(there.metrics.wakeups.read() > 0);
    }
};

QTEST_APPLESS_MAIN(TestMailbox)
#include "tst_mailbox.moc"
