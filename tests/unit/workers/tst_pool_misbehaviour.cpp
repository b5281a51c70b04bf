// SPDX-License-Identifier: Apache-2.0
// Workers that break the protocol, their promises or themselves (tests/support/scripted_worker.py).
#include "test_paths.h"
#include "tests/support/pool_under_test.h"

#include <QtTest>

using namespace arc;

namespace {

PoolUnderTest::Options scripted(const char *script)
{
    PoolUnderTest::Options options;
    options.python = ARC_SOURCE_DIR "/tests/support/scripted_worker.py";
    options.env = {{"SCRIPT", script}};
    options.settings.poolProcesses = 1;
    options.settings.crashLoopCount = 3;
    return options;
}

bool contains(const std::string &text, const QByteArray &part)
{
    return text.find(part.toStdString()) != std::string::npos;
}

} // namespace

class TestPoolMisbehaviour : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aBrokenFrameEndsItsWorkerAndIsNamed_data()
    {
        QTest::addColumn<QByteArray>("complaint");
        QTest::newRow("garbage") << QByteArray("a frame above 1 MiB");
        QTest::newRow("reserved") << QByteArray("reserved bytes");
        QTest::newRow("oversized") << QByteArray("a frame above 1 MiB");
        QTest::newRow("engine-frame") << QByteArray("a frame type that workers do not send");
        QTest::newRow("unknown-stream") << QByteArray("not open");
        QTest::newRow("data-first") << QByteArray("a body before its head");
        QTest::newRow("truncated-head") << QByteArray("does not parse");
        QTest::newRow("pong") << QByteArray("a ping that was never sent");
        QTest::newRow("hints-with-a-body") << QByteArray("early hints that do not parse");
        QTest::newRow("early-trailers") << QByteArray("a body before its head");
    }
    void aBrokenFrameEndsItsWorkerAndIsNamed()
    {
        QFETCH(QByteArray, complaint);
        PoolUnderTest pool(scripted(QTest::currentDataTag()));
        const PeerAnswer answer = pool.get("/");
        // Repeated on new workers until the pool gives up or the request has had its attempts.
        QVERIFY2(answer.status == 502 || answer.status == 503, QByteArray::number(answer.status));
        QVERIFY(pool.reaches(PoolState::Failed));
        QVERIFY2(contains(pool.info().cause, complaint), pool.info().cause.c_str());
        QVERIFY(pool.metrics().deaths.read() >= 3);
    }

    void anAnswerThatBreaksAfterItsHeadIsCut_data()
    {
        QTest::addColumn<QByteArray>("begin");
        QTest::newRow("second-head") << QByteArray("");
        QTest::newRow("too-much") << QByteArray("");
        QTest::newRow("late-hints") << QByteArray("");
        QTest::newRow("cut-trailers") << QByteArray("");
        QTest::newRow("crash-after-head") << QByteArray("first part");
    }
    void anAnswerThatBreaksAfterItsHeadIsCut()
    {
        QFETCH(QByteArray, begin);
        PoolUnderTest pool(scripted(QTest::currentDataTag()));
        const PeerAnswer answer = pool.get("/");
        QVERIFY(!answer.complete);
        QVERIFY(QByteArray::fromStdString(answer.body).startsWith(begin));
        QTRY_COMPARE(pool.metrics().lost.read(), int64_t(1));
    }

    void anAnswerThatHttpForbidsIs502AndItsCauseIsInTheOutput_data()
    {
        QTest::addColumn<QByteArray>("cause");
        QTest::newRow("line-break") << QByteArray("x-a");
        QTest::newRow("bad-name") << QByteArray("x a");
        QTest::newRow("status-99") << QByteArray("99");
        QTest::newRow("bad-hint") << QByteArray("link");
        QTest::newRow("two-lengths") << QByteArray("second, different");
        QTest::newRow("too-long-body") << QByteArray("the body has 3");
    }
    void anAnswerThatHttpForbidsIs502AndItsCauseIsInTheOutput()
    {
        QFETCH(QByteArray, cause);
        PoolUnderTest pool(scripted(QTest::currentDataTag()));
        QCOMPARE(pool.get("/").status, 502);
        QTRY_VERIFY2(contains(pool.output(), cause), pool.output().c_str());
        QCOMPARE(pool.metrics().deaths.read(), int64_t(0)); // the app's fault, not the worker's
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(0));
    }

    void moreHintsThanAreTakenEndTheirWorker()
    {
        PoolUnderTest pool(scripted("many-hints"));
        ScriptedPeer peer(pool.port());
        peer.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        QVERIFY(peer.readToEnd().starts_with("HTTP/1.1 50")); // hints without links are not sent
        QVERIFY(pool.reaches(PoolState::Failed));
        QVERIFY2(contains(pool.info().cause, "too many early hints"), pool.info().cause.c_str());
    }

    void hopByHopHeadersOfAnAppEndHere()
    {
        PoolUnderTest pool(scripted("hop-by-hop"));
        const PeerAnswer answer = pool.get("/");
        QCOMPARE(answer.body, std::string("fine"));
        QCOMPARE(answer.headers.at("x-kept"), std::string("1"));
        QVERIFY(!answer.headers.contains("transfer-encoding"));
        QVERIFY(answer.headers.at("date") != "never");
        QVERIFY(answer.head.find("upgrade") == std::string::npos);
    }

    void framesMayComeByteByByte()
    {
        PoolUnderTest pool(scripted("piecewise"));
        const PeerAnswer answer = pool.get("/");
        QCOMPARE(answer.body, std::string("whole"));
        QCOMPARE(answer.headers.at("x-long").size(), size_t(3000));
    }

    void whatAWorkerSentBeforeItDiedCounts()
    {
        PoolUnderTest pool(scripted("last-words"));
        const PeerAnswer answer = pool.get("/");
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.body, std::string("sent before the end"));
        QTRY_COMPARE(pool.metrics().deaths.read(), int64_t(1));
        QVERIFY(pool.waits([&](const PoolInfo &) { return contains(pool.output(), "SIGKILL"); }));
    }

    void aRequestThatKillsItsWorkersDoesNotTakeTheAppAway()
    {
        PoolUnderTest pool(scripted("crash")); // three failed starts in a row would end it
        for (int i = 0; i < 3; ++i)
            QCOMPARE(pool.get("/").status, 502);
        QVERIFY(pool.metrics().deaths.read() >= 9);
        QVERIFY(pool.info().state != PoolState::Failed);
        QVERIFY(pool.reaches(PoolState::Ready));
    }

    void anIdempotentRequestIsTriedThreeTimesAgainAndAPostNever()
    {
        auto options = scripted("crash");
        options.settings.crashLoopCount = 100;
        PoolUnderTest pool(std::move(options));
        const PeerAnswer put =
            pool.ask("PUT /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n", "abc");
        QCOMPARE(put.status, 502);
        QCOMPARE(pool.metrics().retried.read(), int64_t(3));
        QCOMPARE(pool.metrics().lost.read(), int64_t(1));
        const PeerAnswer post =
            pool.ask("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n", "abc");
        QCOMPARE(post.status, 502);
        QCOMPARE(pool.metrics().retried.read(), int64_t(3));
        QVERIFY(contains(pool.output(), "RuntimeError: it broke"));
        QVERIFY(contains(pool.output(), "exited with code 3: RuntimeError: it broke"));
    }

    void aStartThatFailsIsToldWithItsCause_data()
    {
        QTest::addColumn<QByteArray>("cause");
        QTest::newRow("exit-at-start")
            << QByteArray("exited with code 7: ImportError: no such thing");
        QTest::newRow("failed") << QByteArray("the cause in one sentence");
        QTest::newRow("no-slots") << QByteArray(
            "sent a start report that cannot be: slots outside 1..65536");
        QTest::newRow("old-protocol")
            << QByteArray("sent a start report that cannot be: another version of the protocol");
        QTest::newRow("hang-start") << QByteArray("was not ready within 2 s (last step: scripted)");
    }
    void aStartThatFailsIsToldWithItsCause()
    {
        QFETCH(QByteArray, cause);
        auto options = scripted(QTest::currentDataTag());
        if (cause.contains("was not ready within"))
            options.settings.startTimeout = std::chrono::seconds(2);
        options.settings.crashLoopCount = 2;
        PoolUnderTest pool(std::move(options));
        const PeerAnswer answer = pool.get("/"); // waits while the pool starts
        QCOMPARE(answer.status, 503);
        QVERIFY(pool.reaches(PoolState::Failed));
        QCOMPARE(pool.info().cause, cause.toStdString());
        QVERIFY(pool.waits([](const PoolInfo &info) { return info.workers.empty(); }));
        QCOMPARE(pool.get("/").status, 503); // at once
    }

    void anInterpreterThatIsMissingIsNamed()
    {
        auto options = scripted("none");
        options.python = "/nonexistent/python";
        options.settings.crashLoopCount = 1;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reaches(PoolState::Failed));
        QVERIFY2(contains(pool.info().cause, "/nonexistent/python"), pool.info().cause.c_str());
    }
};

POOL_TEST_MAIN(TestPoolMisbehaviour)
#include "tst_pool_misbehaviour.moc"
