// SPDX-License-Identifier: Apache-2.0
#include "server/jobs/loopback_port.h"
#include "server/jobs/service_rules.h"

#include <QtTest>

#include <csignal>

#include <netinet/in.h>
#include <sys/socket.h>

using namespace arc;
using namespace std::chrono_literals;

namespace {

using Next = RestartCount::Next;

constexpr ServiceExit kNeverReady {};
constexpr ServiceExit kYoung {.wasReady = true, .readyFor = 9'999ms};
constexpr ServiceExit kOld {.wasReady = true, .readyFor = 10'000ms};
constexpr ServiceExit kDone {.isSuccess = true, .wasReady = true, .readyFor = 20s};

/// A socket of 127.0.0.1 and its port.
std::pair<FileDescriptor, uint16_t> boundSocket()
{
    FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto *plain = reinterpret_cast<sockaddr *>(&address);
    if (::bind(socket.get(), plain, size) != 0 || ::getsockname(socket.get(), plain, &size) != 0)
        return {};
    return {std::move(socket), ntohs(address.sin_port)};
}

} // namespace

/// When a process of a service comes back, and with which words and port.
class TestServiceRules : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void eachFailureInARowIsWaitedForLonger()
    {
        RestartCount count;
        const std::chrono::milliseconds waits[] = {100ms, 200ms, 400ms, 800ms};
        for (const auto wait : waits) {
            const auto step = count.after(kNeverReady, "always", 5, 0);
            QCOMPARE(step.next, Next::Restart);
            QCOMPARE(step.wait, wait);
        }
        QCOMPARE(count.failures(), int64_t {4});
    }

    void afterEnoughFailuresItIsACrashLoopThatIsTriedNowAndThen()
    {
        RestartCount count;
        for (int i = 0; i < 2; ++i)
            QCOMPARE(count.after(kYoung, "always", 3, 0).next, Next::Restart);
        for (int i = 0; i < 3; ++i) {
            const auto step = count.after(kYoung, "always", 3, 0);
            QCOMPARE(step.next, Next::CrashLoop);
            QCOMPARE(step.wait, RestartCount::kCrashLoopWait);
        }
        count.forget();
        QCOMPARE(count.after(kYoung, "always", 3, 0).next, Next::Restart);
    }

    void oneThatLivedForLongComesBackAtOnceAndForgives()
    {
        RestartCount count;
        count.after(kNeverReady, "always", 3, 0);
        count.after(kNeverReady, "always", 3, 0);
        const auto step = count.after(kOld, "always", 3, 0);
        QCOMPARE(step.next, Next::Restart);
        QCOMPARE(step.wait, 0ms);
        QCOMPARE(count.failures(), int64_t {0});
    }

    void luckShortensAWaitByAHalfAtMost()
    {
        for (const double luck : {0.0, 0.3, 0.999, 1.0}) {
            RestartCount count;
            const auto step = count.after(kNeverReady, "always", 5, luck);
            QVERIFY(step.wait >= 50ms && step.wait <= 100ms);
        }
        RestartCount loop;
        QCOMPARE(loop.after(kNeverReady, "always", 1, 1.0).wait, 30'000ms);
    }

    void theRuleDecidesWhetherItComesBack_data()
    {
        QTest::addColumn<QString>("rule");
        QTest::addColumn<bool>("isSuccess");
        QTest::addColumn<bool>("comesBack");
        QTest::newRow("always, success") << "always" << true << true;
        QTest::newRow("always, failure") << "always" << false << true;
        QTest::newRow("on-failure, success") << "on-failure" << true << false;
        QTest::newRow("on-failure, failure") << "on-failure" << false << true;
        QTest::newRow("never, success") << "never" << true << false;
        QTest::newRow("never, failure") << "never" << false << false;
    }
    void theRuleDecidesWhetherItComesBack()
    {
        QFETCH(QString, rule);
        QFETCH(bool, isSuccess);
        QFETCH(bool, comesBack);
        RestartCount count;
        ServiceExit exit = kDone;
        exit.isSuccess = isSuccess;
        QCOMPARE(count.after(exit, rule.toStdString(), 5, 0).next,
                 comesBack ? Next::Restart : Next::Stay);
    }

    void endingWellButAtOnceIsAFailureToo()
    {
        RestartCount count;
        ServiceExit exit = kYoung; // one that has gone to the background, say
        exit.isSuccess = true;
        count.after(exit, "always", 2, 0);
        QCOMPARE(count.after(exit, "always", 2, 0).next, Next::CrashLoop);
    }

    void portAndInstanceAreFilledIn()
    {
        using Words = std::vector<std::string>;
        QCOMPARE(*serviceWords("web -b 127.0.0.1:{port} -n w{instance}@h '{port} {port}'", 4711, 2),
                 (Words {"web", "-b", "127.0.0.1:4711", "-n", "w2@h", "4711 4711"}));
        QCOMPARE(*serviceWords("x {port} {other} {instance", 0, 1),
                 (Words {"x", "{port}", "{other}", "{instance"}));
        // What was filled in does not become more words, nor is it looked at again.
        QCOMPARE(*serviceWords("x {instance}{instance}", 0, 12), (Words {"x", "1212"}));
        QVERIFY(!serviceWords("x | y", 0, 1));
    }

    void onlyAnotherCommandOrPortNeedsAnotherProcess()
    {
        const ServiceConfig before {.name = "a", .command = "x"};
        ServiceConfig after = before;
        after.restart = "never";
        after.instances = 4;
        after.stopTimeoutSeconds = 1;
        after.stopSignal = "INT";
        QVERIFY(isSameProcess(before, after));
        QCOMPARE(stopSignalOf(before), SIGTERM);
        QCOMPARE(stopSignalOf(after), SIGINT);
        after.port = true;
        QVERIFY(!isSameProcess(before, after));
        after = before;
        after.command = "y";
        QVERIFY(!isSameProcess(before, after));
    }

    void aFreePortIsKeptAndATakenOneIsNot()
    {
        const uint16_t port = freeLoopbackPort(0, {});
        QVERIFY(port != 0);
        QCOMPARE(freeLoopbackPort(port, {}), port);
        QVERIFY(freeLoopbackPort(port, {port}) != port);
        const auto [other, taken] = boundSocket();
        QVERIFY(taken != 0);
        QCOMPARE(::listen(other.get(), 1), 0);
        const uint16_t instead = freeLoopbackPort(taken, {});
        QVERIFY(instead != 0 && instead != taken);
    }

    void aProbeFindsOutOnceSomebodyListens()
    {
        const auto [socket, port] = boundSocket();
        QVERIFY(port != 0);
        PortProbe probe;
        for (int i = 0; i < 5; ++i)
            QVERIFY(!probe.accepts(port));
        QCOMPARE(::listen(socket.get(), 1), 0);
        bool accepted = false; // asked again it would be one more in a backlog that nobody empties
        QTRY_VERIFY(accepted = accepted || probe.accepts(port));
    }
};

QTEST_APPLESS_MAIN(TestServiceRules)
#include "tst_service_rules.moc"
