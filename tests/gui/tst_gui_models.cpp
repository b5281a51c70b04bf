// SPDX-License-Identifier: Apache-2.0
#include "gui/models/format.h"
#include "gui/models/sites_model.h"
#include "gui/models/states.h"
#include "gui/models/worker_ends_model.h"
#include "gui/models/workers_model.h"

#include <QAbstractItemModelTester>
#include <QPersistentModelIndex>
#include <QSignalSpy>
#include <QTest>

using namespace arc;

class TestGuiModels : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sitesSurviveTheModelTester();
    void anUpdateKeepsRowsInPlace();
    void aRowThatIsTheSameIsNotTouched();
    void staleFiguresAreShownAsUnknown();
    void aStoppedSiteHasNoFigures();
    void workersComeAndGo();
    void anEndTellsItsCauseAndWhatWasLost();
    void aBadIndexGivesNothing();
    void statesAreTold_data();
    void statesAreTold();
    void unknownNumbersAreADash();
};

namespace {

api::SiteViews sitesOf(std::initializer_list<const char *> ids)
{
    api::SiteViews views;
    for (const char *id : ids)
        views.sites.push_back({.id = id, .urls = {std::string("http://") + id}, .kind = "Static"});
    return views;
}

api::Snapshot figuresOf(const char *id, double rate)
{
    api::Snapshot snapshot;
    snapshot.sites.push_back(
        {.id = id,
         .state = "running",
         .kind = "Django",
         .now = {.requestsPerSecond = rate, .errorsPerSecond = 1, .p95 = 0.048}});
    return snapshot;
}

QString cell(const QAbstractItemModel &model, int row, int column)
{
    return model.index(row, column).data().toString();
}

} // namespace

void TestGuiModels::sitesSurviveTheModelTester()
{
    SitesModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.update(sitesOf({"a", "b", "c"}), {}, false);
    model.update(sitesOf({"c", "d"}), figuresOf("c", 5), false);
    model.update(sitesOf({}), {}, true);
    model.update(sitesOf({"x"}), figuresOf("y", 1), false);
    QCOMPARE(model.rowCount(), 1);
}

void TestGuiModels::anUpdateKeepsRowsInPlace()
{
    SitesModel model;
    model.update(sitesOf({"a", "b", "c"}), {}, false);
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    const QPersistentModelIndex selected = model.index(model.find(std::string("c")), 0);
    model.update(sitesOf({"b", "c", "d"}), figuresOf("c", 9), false);
    QVERIFY(selected.isValid());
    QCOMPARE(model.rowAt(selected.row()).id, std::string("c"));
    QCOMPARE(resets.count(), 0);
}

void TestGuiModels::aRowThatIsTheSameIsNotTouched()
{
    SitesModel model;
    model.update(sitesOf({"a", "b"}), figuresOf("a", 5), false);
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    model.update(sitesOf({"a", "b"}), figuresOf("a", 5), false);
    QCOMPARE(changes.count(), 0);
    model.update(sitesOf({"a", "b"}), figuresOf("a", 6), false);
    QCOMPARE(changes.count(), 1);
}

void TestGuiModels::staleFiguresAreShownAsUnknown()
{
    SitesModel model;
    model.update(sitesOf({"a"}), figuresOf("a", 5), true);
    QCOMPARE(cell(model, 0, SitesModel::Requests), unknownText());
    QCOMPARE(cell(model, 0, SitesModel::State), lookOf({}).word);
}

void TestGuiModels::aStoppedSiteHasNoFigures()
{
    SitesModel model;
    api::Snapshot snapshot = figuresOf("a", 0);
    snapshot.sites[0].state = "stopped";
    model.update(sitesOf({"a"}), snapshot, false);
    for (const int column : {SitesModel::Requests, SitesModel::P95, SitesModel::Errors})
        QCOMPARE(cell(model, 0, column), unknownText());
}

void TestGuiModels::workersComeAndGo()
{
    WorkersModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.update({{.pid = 10, .state = "ready"}, {.pid = 11, .state = "starting"}}, 1000);
    QCOMPARE(cell(model, 0, WorkersModel::Serving), QStringLiteral("idle"));
    QCOMPARE(cell(model, 1, WorkersModel::Serving), unknownText());
    model.update({{.pid = 11, .state = "ready", .busy = 1, .slots = 4, .serving = "GET /<b>"}},
                 2000);
    QCOMPARE(model.rowCount(), 1);
    QCOMPARE(cell(model, 0, WorkersModel::Serving), QStringLiteral("GET /<b>"));
    QCOMPARE(cell(model, 0, WorkersModel::Busy), QStringLiteral("1 of 4"));
    model.update({{.pid = 11, .state = "ready", .busy = 1, .serving = "GET /", .servingMs = 2100}},
                 3000);
    QCOMPARE(cell(model, 0, WorkersModel::Serving), QStringLiteral("GET / · 2.10 s"));
}

void TestGuiModels::anEndTellsItsCauseAndWhatWasLost()
{
    api::WorkerEnd hung {.id = 7, .app = "shop", .pid = 4711, .startedUnixMs = 1000};
    hung.endedUnixMs = 61'000;
    hung.kind = "hung";
    hung.cause = "did not\ncome back";
    hung.running = {{"GET /a", 12'000, "lost"},
                    {"GET /b", 900, "repeated"},
                    {"GET /c", 30, "cut"},
                    {"GET /d", 30, "given up"},
                    {"GET /e", 30, "of a newer engine"}};
    QCOMPARE(endCause(hung), QStringLiteral("Did not come back"));
    QCOMPARE(endCause({}), QString());
    QCOMPARE(endedRequestText(hung.running[0]),
             QStringLiteral("GET /a, after 12 s: lost, its client got 502"));
    QVERIFY(endedRequestText(hung.running[4]).endsWith(QStringLiteral("of a newer engine")));
    WorkerEndsModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    api::WorkerEnd newer {.id = 8, .app = "shop", .pid = 4712, .startedUnixMs = 61'000};
    newer.endedUnixMs = 62'000;
    newer.kind = "a kind of a newer engine";
    model.update({newer, hung}, 121'000);
    QCOMPARE(cell(model, 1, WorkerEndsModel::Lost), QStringLiteral("2"));
    QCOMPARE(cell(model, 1, WorkerEndsModel::Kind), QStringLiteral("Hung"));
    QCOMPARE(cell(model, 1, WorkerEndsModel::Ended), QStringLiteral("1 min ago"));
    QCOMPARE(cell(model, 1, WorkerEndsModel::Lived), QStringLiteral("1 min"));
    QCOMPARE(cell(model, 0, WorkerEndsModel::Kind), QStringLiteral("a kind of a newer engine"));
    const auto rank = [&](int row) {
        return model.index(row, WorkerEndsModel::Ended).data(kSortRole).toLongLong();
    };
    QVERIFY(rank(0) < rank(1)); // the newest first
    model.update({newer}, 122'000);
    QCOMPARE(model.rowCount(), 1);
}

void TestGuiModels::aBadIndexGivesNothing()
{
    SitesModel model;
    model.update(sitesOf({"a"}), {}, false);
    QVERIFY(!model.headerData(-1, Qt::Horizontal, Qt::DisplayRole).isValid());
    QVERIFY(!model.headerData(99, Qt::Horizontal, Qt::DisplayRole).isValid());
    QVERIFY(!model.headerData(0, Qt::Vertical, Qt::DisplayRole).isValid());
    QVERIFY(!model.index(7, 0).isValid());
}

void TestGuiModels::statesAreTold_data()
{
    QTest::addColumn<QString>("state");
    QTest::addColumn<int>("tone");
    QTest::newRow("running") << QStringLiteral("running") << int(StateTone::Ok);
    QTest::newRow("starting") << QStringLiteral("starting") << int(StateTone::Busy);
    QTest::newRow("degraded") << QStringLiteral("degraded") << int(StateTone::Warn);
    QTest::newRow("failed") << QStringLiteral("failed") << int(StateTone::Bad);
    QTest::newRow("stopped") << QStringLiteral("stopped") << int(StateTone::Off);
    QTest::newRow("none") << QString() << int(StateTone::Unknown);
    QTest::newRow("of a newer engine") << QStringLiteral("hibernating") << int(StateTone::Unknown);
}

void TestGuiModels::statesAreTold()
{
    QFETCH(QString, state);
    QFETCH(int, tone);
    QCOMPARE(int(lookOf(state).tone), tone);
    QVERIFY(!lookOf(state).word.isEmpty());
}

void TestGuiModels::unknownNumbersAreADash()
{
    QCOMPARE(rateText(-1), unknownText());
    QCOMPARE(secondsText(-1), unknownText());
    QCOMPARE(bytesText(-1), unknownText());
    QCOMPARE(shareText(-1), unknownText());
    QCOMPARE(ageText(0, 1000), unknownText());
    QCOMPARE(ageText(5000, 1000), unknownText());
    QCOMPARE(shareText(0), QStringLiteral("0 %"));
}

QTEST_GUILESS_MAIN(TestGuiModels)
#include "tst_gui_models.moc"
