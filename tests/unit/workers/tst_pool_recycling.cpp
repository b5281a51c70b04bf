// SPDX-License-Identifier: Apache-2.0
// Healthy workers are replaced by rule: one at a time, the new one first, within memory.
#include "server/workers/recycling.h"
#include "tests/support/pool_load.h"
#include "tests/support/pool_under_test.h"

#include <QtTest>

#include <ctime>
#include <future>

#undef slots // Qt's keyword, our member

using namespace arc;
using std::chrono::seconds;

namespace {

constexpr const char *kLeaky = R"(
import os
kept = []

def application(environ, start_response):
    if environ["PATH_INFO"] == "/leak":
        kept.append(b"x" * (96 * 1024 * 1024))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
)";

/// "/wait" is answered when there is a file "go" in its folder.
constexpr const char *kWaiting = R"(
import os, time

def application(environ, start_response):
    deadline = time.monotonic() + 60
    while environ["PATH_INFO"] == "/wait" and not os.path.exists("go"):
        if time.monotonic() > deadline:
            raise TimeoutError("nobody said go")
        time.sleep(0.02)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]
)";

PoolUnderTest::Options leaky(int processes)
{
    PoolUnderTest::Options options;
    options.source = kLeaky;
    options.settings.poolProcesses = processes;
    options.settings.recycleJitterPercent = 0;
    options.memoryAvailable = [] {
        return int64_t(-1);
    };
    return options;
}

bool isRecycled(const WorkerEnd &end)
{
    return end.kind == EndKind::Recycled;
}

int64_t unixMs(int year, int month, int day, int hour, int minute)
{
    std::tm local {};
    local.tm_year = year - 1900;
    local.tm_mon = month - 1;
    local.tm_mday = day;
    local.tm_hour = hour;
    local.tm_min = minute;
    local.tm_isdst = -1;
    return int64_t {std::mktime(&local)} * 1000;
}

} // namespace

class TestPoolRecycling : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("TZ", "Europe/Berlin");
        ::tzset();
    }

    void aRuleSaysWhyOrNothing_data()
    {
        QTest::addColumn<int>("requests");
        QTest::addColumn<int>("mebibytes");
        QTest::addColumn<int>("age");
        QTest::addColumn<double>("luck");
        QTest::addColumn<QByteArray>("part");
        QTest::newRow("young and small") << 10 << 10 << 10 << 0.0 << QByteArray();
        QTest::newRow("one request left") << 99 << 10 << 10 << 0.0 << QByteArray();
        QTest::newRow("requests") << 100 << 10 << 10 << 0.0 << QByteArray("answered 100 requests");
        QTest::newRow("luck takes half off") << 51 << 10 << 10 << 1.0 << QByteArray("answered 51");
        QTest::newRow("memory at the limit") << 10 << 64 << 10 << 0.0 << QByteArray();
        QTest::newRow("memory") << 10 << 65 << 10 << 1.0 << QByteArray("used 65 MiB of memory");
        QTest::newRow("age") << 10 << 10 << 60 << 0.0 << QByteArray("was 60 s old");
        QTest::newRow("age with luck") << 10 << 10 << 31 << 1.0 << QByteArray("was 31 s old");
    }
    void aRuleSaysWhyOrNothing()
    {
        QFETCH(int, requests);
        QFETCH(int, mebibytes);
        QFETCH(int, age);
        QFETCH(double, luck);
        QFETCH(QByteArray, part);
        const RecycleRules rules {.requests = 100,
                                  .memoryBytes = 64 << 20,
                                  .age = seconds(60),
                                  .daily = {},
                                  .jitter = 0.5};
        const int64_t now = unixMs(2026, 6, 1, 12, 0);
        const RecycleFacts facts {.requests = requests,
                                  .memoryBytes = int64_t {mebibytes} << 20,
                                  .startedUnixMs = now - int64_t {age} * 1000,
                                  .luck = luck};
        const QByteArray why = QByteArray::fromStdString(recycleReason(rules, facts, now));
        QVERIFY2(part.isEmpty() ? why.isEmpty() : why.contains(part), why);
        QVERIFY(recycleReason({}, facts, now).empty());
    }

    void theClockIsTheLocalOne_data()
    {
        QTest::addColumn<qint64>("now");
        QTest::addColumn<qint64>("last");
        const auto row = [](const char *name, int64_t now, int64_t last) {
            QTest::newRow(name) << qint64(now) << qint64(last);
        };
        row("to the minute", unixMs(2026, 6, 1, 4, 30), unixMs(2026, 6, 1, 4, 30));
        row("later", unixMs(2026, 6, 1, 12, 0), unixMs(2026, 6, 1, 4, 30));
        row("before: yesterday's", unixMs(2026, 6, 1, 4, 29), unixMs(2026, 5, 31, 16, 0));
        row("the second of the day", unixMs(2026, 6, 1, 16, 1), unixMs(2026, 6, 1, 16, 0));
        row("the first of a year", unixMs(2027, 1, 1, 0, 5), unixMs(2026, 12, 31, 16, 0));
        row("summer begins", unixMs(2026, 3, 29, 5, 0), unixMs(2026, 3, 29, 4, 30));
        row("summer ends", unixMs(2026, 10, 25, 5, 0), unixMs(2026, 10, 25, 4, 30));
    }
    void theClockIsTheLocalOne()
    {
        QFETCH(qint64, now);
        QFETCH(qint64, last);
        QCOMPARE(qint64(lastDaily({4 * 60 + 30, 16 * 60}, now)), last);
        QCOMPARE(lastDaily({}, now), int64_t(0));
        const RecycleRules rules {.daily = {4 * 60 + 30, 16 * 60}};
        QVERIFY(!recycleReason(rules, {.startedUnixMs = last - 1}, now).empty());
        QVERIFY(recycleReason(rules, {.startedUnixMs = last}, now).empty());
    }

    void luckIsSpreadEvenly()
    {
        std::array<int, 10> shares {};
        for (uint32_t number = 1; number <= 1000; ++number)
            ++shares.at(static_cast<size_t>(luckOf(number) * 10));
        for (const int share : shares)
            QVERIFY(share >= 95 && share <= 105);
    }

    void oldWorkersAreReplacedOneAtATimeAndNobodyNotices()
    {
        auto options = leaky(2);
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(2));
        const PoolInfo before = pool.info();
        Load load(pool, 2);
        pool.update([](AppSpec &spec) { spec.settings.recycleAge = seconds(2); });
        size_t fewest = 2;
        size_t most = 0;
        QVERIFY(pool.waits([&](const PoolInfo &info) {
            fewest = std::min(fewest, PoolUnderTest::readyWorkers(info));
            most = std::max(most, info.workers.size());
            return pool.ends().size() >= 3;
        }));
        pool.update([](AppSpec &spec) { spec.settings.recycleAge = seconds(0); });
        load.finish();
        QCOMPARE(load.lost(), 0);
        QVERIFY(load.answered() > 0);
        QCOMPARE(fewest, size_t(2));
        QVERIFY(most <= 3);
        QVERIFY(std::ranges::all_of(pool.ends(), isRecycled));
        QVERIFY(std::ranges::all_of(pool.ends(), &WorkerEnd::planned));
        QCOMPARE(pool.ends()[0].pid, before.workers[0].pid); // the oldest first
        QVERIFY(pool.output().find("another is started in its place") != std::string::npos);
        QCOMPARE(pool.info().restarts, int64_t(0));
    }

    void aWorkerGoesAfterSoManyRequests()
    {
        auto options = leaky(1);
        options.settings.recycleRequests = 5;
        PoolUnderTest pool(std::move(options));
        const std::string first = pool.get("/").body;
        for (int i = 0; i < 4; ++i)
            QCOMPARE(pool.get("/").status, 200);
        const WorkerEnd end = pool.endThat(isRecycled);
        QCOMPARE(std::to_string(end.pid), first);
        QVERIFY2(end.cause.find("pool.recycle_requests") != std::string::npos, end.cause.c_str());
        QVERIFY(pool.get("/").body != first);
    }

    void aWorkerThatLeaksGoesAndItsCertificateHasTheCurve()
    {
        auto options = leaky(2);
        options.settings.recycleMemoryMiB = 80;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(2));
        const std::string leaking = pool.get("/leak").body;
        const WorkerEnd end = pool.endThat(isRecycled);
        QCOMPARE(std::to_string(end.pid), leaking);
        QVERIFY2(end.cause.find("pool.recycle_memory_mib") != std::string::npos, end.cause.c_str());
        QVERIFY(end.memory.size() >= 1);
        QVERIFY(end.memory.back().bytes > 96 * 1024 * 1024);
        QVERIFY(end.peakMemoryBytes > 96 * 1024 * 1024);
        QVERIFY(pool.reachesReady(2));
        QCOMPARE(pool.ends().size(), size_t(1));
    }

    void anAppThatIsTooLargeFromTheStartIsNotRecycledWithoutEnd()
    {
        auto options = leaky(1);
        options.settings.recycleMemoryMiB = 1;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.waits([&](const PoolInfo &) {
            return pool.output().find("one in 60 s is replaced") != std::string::npos;
        }));
        QCOMPARE(pool.ends().size(), size_t(1));
        QVERIFY(isRecycled(pool.ends()[0]));
    }

    void whereMemoryHasNoRoomTheOldOneGoesFirst()
    {
        auto options = leaky(1);
        options.memoryAvailable = [] {
            return int64_t(1024 * 1024);
        };
        PoolUnderTest pool(std::move(options));
        const std::string first = pool.get("/").body;
        pool.update([](AppSpec &spec) { spec.settings.recycleAge = seconds(1); });
        size_t most = 0;
        QVERIFY(pool.waits([&](const PoolInfo &info) {
            most = std::max(most, info.workers.size());
            return !pool.ends().empty();
        }));
        pool.update([](AppSpec &spec) { spec.settings.recycleAge = seconds(0); });
        QCOMPARE(most, size_t(1));
        QVERIFY(pool.output().find("memory has no room for another beside it")
                != std::string::npos);
        QVERIFY(pool.get("/").body != first); // waited while the new one started
    }

    void aReplacementThatDoesNotStartLeavesTheOldOne()
    {
        auto options = leaky(1);
        options.settings.crashLoopCount = 1;
        PoolUnderTest pool(std::move(options));
        const std::string first = pool.get("/").body;
        pool.writeApp("raise RuntimeError('half edited')\n");
        pool.update([](AppSpec &spec) { spec.settings.recycleAge = seconds(1); });
        QVERIFY(pool.waits([&](const PoolInfo &) {
            return pool.output().find(" stays: the one that should take its place did not start")
                != std::string::npos;
        }));
        QCOMPARE(pool.info().state, PoolState::Ready);
        QCOMPARE(pool.get("/").body, first);
        QVERIFY(pool.endThat([](const WorkerEnd &end) { return end.kind == EndKind::Start; }).pid);
        QVERIFY(std::ranges::none_of(pool.ends(), isRecycled));
    }

    void anAppNobodyAsksSleepsUntilSomebodyDoes()
    {
        auto options = leaky(2);
        options.settings.idleStop = seconds(1);
        PoolUnderTest pool(std::move(options));
        const std::string first = pool.get("/").body;
        QVERIFY(pool.waits([](const PoolInfo &info) { return info.workers.empty(); }));
        QCOMPARE(pool.info().state, PoolState::Stopped);
        QVERIFY(pool.info().cause.find("sleeps until a request comes") != std::string::npos);
        QVERIFY(std::ranges::all_of(pool.ends(), [](const WorkerEnd &end) {
            return end.kind == EndKind::Stopped && end.planned
                && end.cause.find("pool.idle_stop_s") != std::string::npos;
        }));
        const PeerAnswer woken = pool.get("/"); // waits while a worker starts
        QCOMPARE(woken.status, 200);
        QVERIFY(woken.body != first);
        QCOMPARE(pool.info().restarts, int64_t(0));
        QVERIFY(pool.waits([](const PoolInfo &info) { return info.workers.empty(); }));
        QVERIFY(pool.deploy().has_value()); // somebody wants it, too
        QCOMPARE(pool.get("/").status, 200);
        QVERIFY(pool.waits([](const PoolInfo &info) { return info.workers.empty(); }));
        pool.update([](AppSpec &spec) { spec.settings.idleStop = seconds(0); });
        QVERIFY(pool.reachesReady(2));
    }

    void anAppThatIsAskedDoesNotSleep()
    {
        auto options = leaky(1);
        options.settings.idleStop = seconds(1);
        PoolUnderTest pool(std::move(options));
        const std::string first = pool.get("/").body;
        Load load(pool, 1);
        QVERIFY(QTest::qWaitFor([&] { return load.answered() > 0; }, 20000));
        const auto since = std::chrono::steady_clock::now();
        QVERIFY(QTest::qWaitFor(
            [&] { return std::chrono::steady_clock::now() - since > std::chrono::seconds(3); },
            10000));
        load.finish();
        QCOMPARE(load.lost(), 0);
        QVERIFY(pool.ends().empty());
    }

    void aDeployHasTheRightOfWay()
    {
        PoolUnderTest pool(leaky(1));
        QVERIFY(pool.reachesReady(1));
        pool.update([](AppSpec &spec) { spec.settings.recycleAge = seconds(1); });
        QVERIFY(pool.deploy().has_value());
        pool.update([](AppSpec &spec) { spec.settings.recycleAge = seconds(0); });
        QVERIFY(pool.reachesReady(1));
        QCOMPARE(pool.info().generation, uint64_t(2));
    }

    void whoIsAskedToEndFinishesWhatItHasAndIsReplacedFirst()
    {
        auto options = leaky(1);
        options.source = kWaiting;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(1));
        const int pid = pool.info().workers.front().pid;
        auto answer = std::async(std::launch::async, [&pool] { return pool.get("/wait"); });
        const auto release = qScopeGuard([&pool] { pool.writeFile("go", ""); }); // or it waits on
        QVERIFY(pool.waits([](const PoolInfo &info) {
            return info.workers.front().serving == "GET /wait"
                && info.workers.front().servingMs >= 0;
        }));
        pool.onControl([pid](AppPool &it) {
            QVERIFY(it.drainWorker(pid).has_value());
            QCOMPARE(it.drainWorker(1).error().code(), ErrorCode::NotFound);
            // Asked twice, while nobody else serves yet.
            QCOMPARE(it.drainWorker(pid).error().code(), ErrorCode::Conflict);
            QCOMPARE(it.info().workers.front().state, WorkerState::Ready);
        });
        QVERIFY(pool.waits([pid](const PoolInfo &info) { // another serves, this one finishes
            return info.workers.size() == 2 && info.workers[0].pid == pid
                && info.workers[0].state == WorkerState::Stopping && info.workers[0].busy == 1
                && info.workers[1].state == WorkerState::Ready;
        }));
        pool.onControl([pid](AppPool &it) {
            QCOMPARE(it.drainWorker(pid).error().code(), ErrorCode::Conflict);
        });
        QCOMPARE(pool.get("/").body, std::string("done"));
        QVERIFY(pool.ends().empty());
        pool.writeFile("go", "");
        QCOMPARE(answer.get().body, std::string("done"));
        const WorkerEnd end =
            pool.endThat([](const WorkerEnd &one) { return one.kind == EndKind::Admin; });
        QCOMPARE(end.pid, pid);
        QCOMPARE(end.cause, std::string("was asked to end by an administrator"));
        QVERIFY(end.planned && end.running.empty());
        QCOMPARE(pool.info().restarts, int64_t(0));
    }

    void theOnlyOneThatServesStaysWhileThePoolIsBeingChanged()
    {
        PoolUnderTest pool(leaky(1));
        QVERIFY(pool.reachesReady(1));
        const int pid = pool.info().workers.front().pid;
        pool.writeApp("import os, time\ndeadline = time.monotonic() + 60\n"
                      "while not os.path.exists('go') and time.monotonic() < deadline:\n"
                      "    time.sleep(0.02)\n"
                      + std::string(kLeaky));
        auto deploy = pool.startDeploy();
        const auto release = qScopeGuard([&pool] { pool.writeFile("go", ""); });
        QVERIFY(pool.waits([](const PoolInfo &info) { return info.nextGeneration > 0; }));
        pool.onControl([pid](AppPool &it) {
            const auto refused = it.drainWorker(pid);
            QCOMPARE(refused.error().code(), ErrorCode::Conflict);
            QVERIFY(refused.error().message().find("the only one that serves")
                    != std::string::npos);
        });
        QCOMPARE(pool.get("/").body, std::to_string(pid));
        pool.writeFile("go", "");
        QVERIFY(PoolUnderTest::answerOf(deploy).has_value());
    }

    void whoIsAskedToEndStaysWhenNoOtherStarts()
    {
        auto options = leaky(1);
        options.source = kWaiting;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(1));
        const int pid = pool.info().workers.front().pid;
        pool.writeApp("raise RuntimeError('unfinished')\n");
        pool.onControl([pid](AppPool &it) { QVERIFY(it.drainWorker(pid).has_value()); });
        QTRY_VERIFY_WITH_TIMEOUT(
            pool.logged(LogLevel::Warning).find("stays: the one that should take its place")
                != std::string::npos,
            20000);
        QCOMPARE(pool.get("/").body, std::string("done"));
        QCOMPARE(pool.info().workers.front().pid, pid);
    }
};

POOL_TEST_MAIN(TestPoolRecycling)
#include "tst_pool_recycling.moc"
