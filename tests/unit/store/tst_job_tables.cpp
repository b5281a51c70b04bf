// SPDX-License-Identifier: Apache-2.0
#include "server/store/job_tables.h"
#include "server/store/migrations.h"

#include <QTemporaryDir>
#include <QtTest>

#include <optional>

using namespace arc;

namespace {

JobRun run(uint64_t id, const std::string &schedule = "nightly", const std::string &state = "done")
{
    return {.id = id,
            .app = "shop",
            .schedule = schedule,
            .startedBy = "ctl (ana)",
            .state = state,
            .dueUnixMs = 1'000,
            .startedUnixMs = 2'000,
            .endedUnixMs = 3'000,
            .exitCode = 3,
            .signalNumber = 9,
            .cause = "it's \"so\"",
            .output = "line\nlast \xc3\xa4",
            .mark = "abc"};
}

} // namespace

class TestJobTables : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        open();
    }
    void cleanup() { m_database.reset(); }

    void aRunIsReadAsItWasWritten()
    {
        put(run(7));
        open();
        QCOMPARE(all(), std::vector {run(7)});
        JobRun changed = run(7, "nightly", "failed");
        changed.output.clear();
        put(changed);
        QCOMPARE(all(), std::vector {changed});
    }

    void theNewestComeFirstAndAreFiltered()
    {
        put(run(1));
        put(run(2, "hourly"));
        put(run(3));
        JobRun other = run(4);
        other.app = "blog";
        put(other);
        QCOMPARE(all(), (std::vector {run(3), run(2, "hourly"), run(1)}));
        QCOMPARE(all({.app = "shop", .schedule = "nightly"}), (std::vector {run(3), run(1)}));
        QCOMPARE(all({.app = "shop", .before = 3}), (std::vector {run(2, "hourly"), run(1)}));
        QCOMPARE(all({.app = "shop", .limit = 1}), std::vector {run(3)});
        QCOMPARE(all({.app = "shop", .before = ~uint64_t {0}}).size(), size_t {3});
        QCOMPARE(all({.app = "nobody"}), std::vector<JobRun> {});
    }

    void whatRanWithAnEngineThatDiedIsLost()
    {
        put(run(1, "nightly", "running"));
        put(run(2, "nightly", "waiting"));
        put(run(3, "hourly", "done"));
        const auto found = findRuns(*m_database, 9'000);
        QVERIFY(found);
        QCOMPARE(found->lastId, uint64_t {3});
        QCOMPARE(found->lost.size(), size_t {2});
        QCOMPARE(found->lost[0].mark, std::string("abc"));
        QCOMPARE(found->newest.size(), size_t {2});
        const auto kept = all({.app = "shop", .schedule = "nightly"});
        QCOMPARE(kept[1].state, std::string("lost"));
        QCOMPARE(kept[1].endedUnixMs, int64_t {9'000});
        QCOMPARE(kept[1].cause,
                 std::string("the engine ended while it ran, so what became of it "
                             "is not known"));
        QCOMPARE(kept[0].state, std::string("lost"));
        const auto again = findRuns(*m_database, 10'000);
        QVERIFY(again && again->lost.empty());
    }

    void theOldestOfAScheduleGoFirst()
    {
        put(run(1, "yearly"));
        for (uint64_t id = 2; id < 2 + RunStore::kRunsPerScheduleMax + 5; ++id)
            put(run(id));
        const auto kept = all({.app = "shop", .schedule = "nightly", .limit = 1000});
        QCOMPARE(kept.size(), RunStore::kRunsPerScheduleMax);
        QCOMPARE(kept.back().id, uint64_t {2 + 5});
        QCOMPARE(all({.app = "shop", .schedule = "yearly"}).size(), size_t {1});
    }

    void aRunThatGoesOnIsNotForgotten()
    {
        put(run(1, "nightly", "running"));
        for (uint64_t id = 2; id < 2 + RunStore::kRunsPerScheduleMax + 5; ++id)
            put(run(id));
        QCOMPARE(all({.app = "shop", .limit = 1000}).back(), run(1, "nightly", "running"));
        QCOMPARE(findRuns(*m_database, 9'000)->lost.size(), size_t {1});
    }

    void marksAreReplacedAndForgotten()
    {
        const ScheduleMark first {"shop", "nightly", "@daily UTC", 100};
        const ScheduleMark second {"shop", "nightly", "@daily UTC", 200};
        QVERIFY(writeMark(*m_database, first));
        QVERIFY(writeMark(*m_database, second));
        QCOMPARE(findRuns(*m_database, 0)->marks, std::vector {second});
        QVERIFY(writeMark(*m_database, {"shop", "nightly", {}, 0}));
        QVERIFY(findRuns(*m_database, 0)->marks.empty());
    }

private:
    void open()
    {
        m_database.reset();
        auto opened = Database::open(m_dir->filePath("arcology.db").toStdString());
        QVERIFY(opened);
        m_database.emplace(std::move(*opened));
        QVERIFY(migrate(*m_database));
    }
    void put(const JobRun &one) { QVERIFY(writeRun(*m_database, one)); }
    std::vector<JobRun> all(const RunFilter &filter = {.app = "shop"})
    {
        auto found = readRuns(*m_database, filter);
        return found ? *found : std::vector<JobRun> {};
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    std::optional<Database> m_database;
};

QTEST_APPLESS_MAIN(TestJobTables)
#include "tst_job_tables.moc"
