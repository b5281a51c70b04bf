// SPDX-License-Identifier: Apache-2.0
// The page Workers: workers that are there, and how others ended.
#include "gui/filled_engine.h"
#include "gui/gui_fixture.h"

#include "gui/charts/memory_curve.h"
#include "gui/forms/setting_form_row.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/logs_page.h"
#include "gui/pages/pool_card.h"
#include "gui/pages/pool_tuner.h"
#include "gui/pages/settings_page.h"
#include "gui/pages/worker_end_detail.h"
#include "gui/pages/worker_ends_card.h"
#include "gui/pages/workers_page.h"
#include "gui/widgets/elided_label.h"
#include "gui/widgets/output_view.h"
#include "gui/widgets/safe_table.h"
#include "gui/widgets/toast.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDateTime>
#include <QDialog>
#include <QLabel>
#include <QPushButton>
#include <QTest>

using namespace arc;
using namespace arc::test;

namespace {

class WorkersFixture : public GuiFixture {
public:
    explicit WorkersFixture(std::unique_ptr<FakeControl> engine = filled())
        : GuiFixture(std::move(engine))
    {
    }
    static std::unique_ptr<FakeControl> filled()
    {
        auto control = std::make_unique<FakeControl>();
        fillWorkerEnds(*control);
        return control;
    }
    void openPage()
    {
        open();
        shell.goTo(PageId::Workers);
        QTRY_VERIFY(page().card("shop"));
    }
    WorkersPage &page() { return *shell.workersPage(); }
    PoolCard &card() { return *page().card("shop"); }
    WorkerEndsCard &ends() { return *page().ends(); }
    /// The first worker of shop, selected.
    void selectWorker()
    {
        card().table()->selectRow(0);
        QTRY_VERIFY(card().killButton()->isEnabled());
    }
    void selectEnd(int row)
    {
        QTRY_VERIFY(ends().table()->model()->rowCount() > row);
        ends().table()->selectRow(row);
        QTRY_VERIFY(!ends().detail()->isHidden());
    }
    QPushButton *dialogButton(const char *name)
    {
        QDialog *dialog = openDialog(shell);
        return dialog ? dialog->findChild<QPushButton *>(QLatin1String(name)) : nullptr;
    }
};

/// Time stands still at a moment when the first worker of shop serves something.
void stopClockWhenBusy(FakeControl &control)
{
    bool isBusy = false;
    for (int64_t at = QDateTime::currentMSecsSinceEpoch(); !isBusy; at += 1000) {
        control.setClock([at] { return at; });
        control.snapshot({}, [&isBusy](const Result<api::Snapshot> &answer) {
            isBusy = answer->pools.front().workers.front().busy > 0;
        });
    }
}

} // namespace

class TestWorkersPage : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anIdleWorkerIsEndedAtOnceAndGracefully();
    void aBusyWorkerIsEndedAfterAQuestion();
    void aKillNamesItsWorkerAndAlwaysAsks();
    void aRefusedEndIsTold();
    void whatIsNotSelectedCannotBeEnded();
    void thePageSaysWhyAPoolGrewOrDidNot();
    void aPreloaderIsKilledButNotEnded();
    void thePaletteEndsTheSelectedWorker();
    void theLinkGoesToTheSettingsOfTheApp();
    void endsAreListedNewestFirst();
    void anEndIsShownWhole();
    void onlyUnplannedEnds();
    void aWorkerThatGoesIsListedAtOnce();
    void aChosenEndThatIsForgottenIsNotShown();
    void noEndsAndNoAnswerAreTold();
    void aLostEngineLeavesWhatWasKnown();
};

void TestWorkersPage::anIdleWorkerIsEndedAtOnceAndGracefully()
{
    WorkersFixture fixture;
    fixture.control->setSiteState("shop", "starting"); // nobody asks it anything yet
    fixture.openPage();
    fixture.selectWorker();
    QVERIFY(fixture.card().endButton()->text().startsWith(QStringLiteral("End worker 42")));
    fixture.card().endButton()->click();
    QTRY_COMPARE(fixture.control->count("killWorker"), size_t(1));
    QVERIFY(!openDialog(fixture.shell));
    QVERIFY(fixture.last("killWorker")->request.find("\"drain\":true") != std::string::npos);
    QTRY_VERIFY(fixture.shell.toast()->text().contains(QStringLiteral("was asked to end")));
}

void TestWorkersPage::aBusyWorkerIsEndedAfterAQuestion()
{
    WorkersFixture fixture;
    stopClockWhenBusy(*fixture.control);
    fixture.openPage();
    fixture.selectWorker();
    fixture.card().endButton()->click();
    QVERIFY(fixture.dialogButton("cancel")->isDefault());
    QVERIFY(fixture.dialogButton("confirm")->text().startsWith(QStringLiteral("End worker 42")));
    QTest::keyClick(openDialog(fixture.shell), Qt::Key_Escape);
    QTRY_VERIFY(!openDialog(fixture.shell));
    QCOMPARE(fixture.control->count("killWorker"), size_t(0));
    fixture.card().endButton()->click();
    fixture.dialogButton("confirm")->click();
    QTRY_COMPARE(fixture.control->count("killWorker"), size_t(1));
    QVERIFY(fixture.last("killWorker")->request.find("\"drain\":true") != std::string::npos);
}

void TestWorkersPage::aKillNamesItsWorkerAndAlwaysAsks()
{
    WorkersFixture fixture;
    fixture.openPage();
    QVERIFY(!fixture.card().killButton()->isEnabled());
    fixture.selectWorker();
    fixture.card().killButton()->click();
    QCOMPARE(fixture.control->count("killWorker"), size_t(0));
    QVERIFY(fixture.dialogButton("confirm")->text().startsWith(QStringLiteral("Kill worker 42")));
    fixture.dialogButton("confirm")->click();
    QTRY_COMPARE(fixture.control->count("killWorker"), size_t(1));
    QVERIFY(fixture.last("killWorker")->request.find("\"drain\":true") == std::string::npos);
}

void TestWorkersPage::aRefusedEndIsTold()
{
    WorkersFixture fixture;
    fixture.openPage();
    fixture.selectWorker();
    fixture.control->failNext("killWorker", Error(ErrorCode::Conflict, "it is ending already"));
    fixture.card().killButton()->click();
    fixture.dialogButton("confirm")->click();
    QTRY_VERIFY(fixture.shell.toast()->text().contains(QStringLiteral("it is ending already")));
}

void TestWorkersPage::whatIsNotSelectedCannotBeEnded()
{
    WorkersFixture fixture;
    fixture.openPage();
    QVERIFY(!fixture.card().endButton()->isEnabled());
    QVERIFY(fixture.card().endButton()->toolTip().contains(QStringLiteral("Select a worker")));
    fixture.card().endSelected();
    QVERIFY(!fixture.shell.registry().action(QStringLiteral("worker.end"))->isEnabled());
    fixture.selectWorker();
    fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
    QTRY_VERIFY_WITH_TIMEOUT(!fixture.card().endButton()->isEnabled(), 20000);
    QVERIFY(!fixture.card().killButton()->isEnabled());
    QCOMPARE(fixture.control->count("killWorker"), size_t(0));
}

void TestWorkersPage::thePageSaysWhyAPoolGrewOrDidNot()
{
    WorkersFixture fixture;
    fixture.openPage();
    api::PoolFigures pool;
    fixture.control->snapshot(
        {}, [&pool](const Result<api::Snapshot> &answer) { pool = answer->pools.front(); });
    const auto *line = fixture.card().findChild<ElidedLabel *>(QStringLiteral("scaling"));
    QVERIFY(line && line->isHidden()); // its number of workers is fixed
    pool.wanted = 4;
    pool.scaling = {.least = 2,
                    .most = 4,
                    .decision = "refused_max",
                    .reason = "did not start worker 5: 4 is the most",
                    .unixMs = 1700000000000};
    fixture.card().show(pool);
    QVERIFY(!line->isHidden());
    QVERIFY(line->fullText().endsWith(QStringLiteral(": did not start worker 5: 4 is the most")));
    QVERIFY2(fixture.card().tuner()->preview().contains(QStringLiteral("2 to 4")),
             qPrintable(fixture.card().tuner()->preview()));
}

void TestWorkersPage::aPreloaderIsKilledButNotEnded()
{
    WorkersFixture fixture;
    fixture.openPage();
    api::PoolFigures pool;
    fixture.control->snapshot(
        {}, [&pool](const Result<api::Snapshot> &answer) { pool = answer->pools.front(); });
    pool.workers.front().state = "preloader";
    fixture.card().show(pool);
    fixture.card().table()->selectRow(0);
    QVERIFY(!fixture.card().endButton()->isEnabled());
    QVERIFY2(fixture.card().endButton()->toolTip().contains(QStringLiteral("Workers are forked")),
             qPrintable(fixture.card().endButton()->toolTip()));
    fixture.card().killButton()->click();
    const QList<QLabel *> labels = openDialog(fixture.shell)->findChildren<QLabel *>();
    QVERIFY(std::ranges::any_of(labels, [](const QLabel *label) {
        return label->text().contains(QStringLiteral("imported anew"));
    }));
}

void TestWorkersPage::thePaletteEndsTheSelectedWorker()
{
    WorkersFixture fixture;
    stopClockWhenBusy(*fixture.control);
    fixture.openPage();
    fixture.selectWorker();
    QAction *action = fixture.shell.registry().action(QStringLiteral("worker.end"));
    QTRY_VERIFY(action->isEnabled());
    action->trigger();
    QTRY_VERIFY(fixture.dialogButton("confirm"));
    openDialog(fixture.shell)->reject();
    QTRY_VERIFY(!openDialog(fixture.shell));
    fixture.shell.goTo(PageId::Overview);
    fixture.shell.registry().refresh();
    QVERIFY(!action->isEnabled()); // what cannot be seen is not ended
    fixture.shell.registry().action(QStringLiteral("worker.ends"))->trigger();
    QCOMPARE(fixture.shell.page(), PageId::Workers);
    QTRY_VERIFY(fixture.shell.focusWidget() == fixture.ends().table());
}

void TestWorkersPage::theLinkGoesToTheSettingsOfTheApp()
{
    WorkersFixture fixture;
    fixture.openPage();
    fixture.card().settingsLink()->click();
    QCOMPARE(fixture.shell.page(), PageId::Settings);
    SettingsPage &settings = *fixture.shell.settingsPage();
    QCOMPARE(settings.level()->currentText(), QStringLiteral("App shop"));
    QTRY_VERIFY(settings.formRow("pool.processes"));
    QTRY_VERIFY(!settings.formRow("pool.processes")->visibleRegion().isEmpty());
}

void TestWorkersPage::endsAreListedNewestFirst()
{
    WorkersFixture fixture;
    fixture.openPage();
    QTRY_COMPARE(fixture.ends().table()->model()->rowCount(), int(fixture.control->ends.size()));
    const QAbstractItemModel &table = *fixture.ends().table()->model();
    for (int row = 0; row < table.rowCount(); ++row)
        QCOMPARE(table.index(row, WorkerEndsModel::Pid).data().toInt(),
                 fixture.control->ends[size_t(row)].pid);
    QVERIFY(fixture.ends().note().isEmpty());
    QVERIFY(fixture.ends().detail()->isHidden());
}

void TestWorkersPage::anEndIsShownWhole()
{
    WorkersFixture fixture;
    fixture.openPage();
    fixture.selectEnd(0);
    WorkerEndDetail &detail = *fixture.ends().detail();
    const api::WorkerEnd &end = fixture.control->ends.front();
    QCOMPARE(detail.title(), QStringLiteral("Worker %1 of shop").arg(end.pid));
    QCOMPARE(detail.causeText(), endCause(end));
    QTRY_VERIFY(detail.stacks()->isVisible());
    QVERIFY(detail.stacks()->toPlainText().contains(QStringLiteral("in total")));
    QVERIFY(detail.output()->toPlainText().contains(QStringLiteral("price of 42")));
    const QString facts = detail.facts().join(QLatin1Char('\n'));
    QVERIFY2(facts.contains(QStringLiteral("GET /report, after 12 s: lost")), qPrintable(facts));
    QVERIFY2(facts.contains(QStringLiteral("and 2 more")), qPrintable(facts));
    QVERIFY2(facts.contains(QStringLiteral("at most")), qPrintable(facts));
    const auto *curve = detail.findChild<MemoryCurve *>();
    QVERIFY(curve);
    QVERIFY2(curve->accessibleName().contains(QStringLiteral("over 59 min")),
             qPrintable(curve->accessibleName()));
    fixture.selectEnd(1); // of which nothing more is known than its cause
    QTRY_VERIFY(!detail.stacks()->isVisible());
    QVERIFY(detail.facts().join(QLatin1Char('\n')).contains(QStringLiteral("no request was lost")));
    QVERIFY(!detail.findChild<MemoryCurve *>());
    auto *logs = detail.findChild<QPushButton *>();
    QVERIFY(logs);
    logs->click();
    QCOMPARE(fixture.shell.page(), PageId::Logs);
}

void TestWorkersPage::onlyUnplannedEnds()
{
    WorkersFixture fixture;
    fixture.openPage();
    QTRY_VERIFY(fixture.ends().table()->model()->rowCount() > 2);
    const auto unplanned =
        std::ranges::count(fixture.control->ends, false, &api::WorkerEnd::planned);
    QVERIFY(unplanned < std::ssize(fixture.control->ends));
    fixture.ends().unplannedBox()->click();
    QTRY_COMPARE(fixture.ends().table()->model()->rowCount(), int(unplanned));
    std::erase_if(fixture.control->ends, [](const api::WorkerEnd &end) { return !end.planned; });
    fixture.ends().unplannedBox()->click();
    fixture.ends().unplannedBox()->click();
    QTRY_VERIFY(fixture.ends().note().contains(QStringLiteral("without being told to")));
    QVERIFY(fixture.ends().table()->isHidden());
}

void TestWorkersPage::aWorkerThatGoesIsListedAtOnce()
{
    WorkersFixture fixture;
    stopClockWhenBusy(*fixture.control); // so that the list does not get due by itself
    fixture.openPage();
    QTRY_VERIFY(fixture.ends().table()->model()->rowCount() > 0);
    const int before = fixture.ends().table()->model()->rowCount();
    const size_t figures = fixture.control->count("snapshot");
    QTRY_VERIFY(fixture.control->count("snapshot") > figures);
    QCoreApplication::processEvents(); // the page knows who is there
    const size_t asked = fixture.control->count("workerEnds");
    api::WorkerEnd end = fixture.control->ends.front();
    ++end.id;
    end.pid = fixture.bridge.pool("shop")->workers.front().pid;
    fixture.control->ends.insert(fixture.control->ends.begin(), end);
    fixture.bridge.call(&Control::killWorker, {.pid = end.pid}, &fixture.shell,
                        [](const Result<api::Nothing> &) {});
    fixture.bridge.refresh();
    QTRY_COMPARE(fixture.ends().table()->model()->rowCount(), before + 1);
    QVERIFY(fixture.control->count("workerEnds") > asked);
}

void TestWorkersPage::aChosenEndThatIsForgottenIsNotShown()
{
    WorkersFixture fixture;
    fixture.openPage();
    fixture.selectEnd(0);
    fixture.control->ends.erase(fixture.control->ends.begin());
    fixture.ends().unplannedBox()->click();
    QTRY_VERIFY(fixture.ends().detail()->isHidden());
    QCOMPARE(fixture.ends().table()->selectedRow(), -1);
}

void TestWorkersPage::noEndsAndNoAnswerAreTold()
{
    WorkersFixture fixture(std::make_unique<FakeControl>());
    fixture.control->failNext("workerEnds", Error(ErrorCode::DataDir, "the disk is full"));
    fixture.openPage();
    QTRY_VERIFY(fixture.ends().note().contains(QStringLiteral("the disk is full")));
    fixture.ends().unplannedBox()->click();
    fixture.ends().unplannedBox()->click();
    QTRY_VERIFY(fixture.ends().note().contains(QStringLiteral("None has ended yet")));
    QVERIFY(fixture.ends().table()->isHidden());
}

void TestWorkersPage::aLostEngineLeavesWhatWasKnown()
{
    WorkersFixture fixture;
    fixture.openPage();
    QTRY_VERIFY(fixture.ends().table()->model()->rowCount() > 0);
    fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
    QTRY_VERIFY_WITH_TIMEOUT(fixture.ends().note().contains(QStringLiteral("not reachable")),
                             20000);
    QVERIFY(fixture.ends().table()->isVisible());
}

int main(int argc, char **argv)
{
    TestWorkersPage test;
    return runGuiTest(test, argc, argv);
}
#include "tst_workers_page.moc"
