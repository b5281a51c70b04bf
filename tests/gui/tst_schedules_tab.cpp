// SPDX-License-Identifier: Apache-2.0
// Schedules of an app in the window: the list, the sheet, what is done to one, and its runs.
#include "gui/gui_fixture.h"

#include "gui/bridge/undo_history.h"
#include "gui/models/cron_words.h"
#include "gui/models/schedules_model.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/schedule_runs_view.h"
#include "gui/pages/schedule_sheet.h"
#include "gui/pages/schedules_tab.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/sites_page.h"
#include "gui/widgets/output_view.h"
#include "gui/widgets/safe_table.h"
#include "gui/widgets/toast.h"

#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTest>

using namespace arc;
using namespace arc::test;

namespace {

std::unique_ptr<FakeControl> withSchedules()
{
    auto control = std::make_unique<FakeControl>();
    Document document = control->document();
    document.apps.front().schedules = {
        {.name = "nightly", .cron = "30 2 * * *", .command = "manage.py clearsessions"},
        {.name = "report", .cron = "0 8 * * mon", .command = "manage.py report", .enabled = false}};
    control->changeElsewhere(std::move(document), "ana");
    return control;
}

class SchedulesFixture : public GuiFixture {
public:
    explicit SchedulesFixture(std::unique_ptr<FakeControl> engine = withSchedules())
        : GuiFixture(std::move(engine))
    {
        open();
        shell.showSite(QStringLiteral("shop"));
        shell.sitesPage()->detail()->showSchedules();
    }
    SchedulesTab *tab() { return shell.sitesPage()->detail()->schedules(); }
    ScheduleSheet *sheet() { return qobject_cast<ScheduleSheet *>(openDialog(shell)); }
    bool select(const char *name)
    {
        QAbstractItemModel *model = tab()->table()->model();
        return QTest::qWaitFor([&] {
            for (int row = 0; row < model->rowCount(); ++row) {
                if (model->index(row, SchedulesModel::Name).data().toString()
                    == QLatin1String(name)) {
                    tab()->table()->selectRow(row);
                    return true;
                }
            }
            return false;
        });
    }
    const ScheduleConfig *schedule(const char *name)
    {
        return control->document().apps.front().findSchedule(name);
    }
    QAction *action(const char *id) { return shell.registry().action(QLatin1String(id)); }
};

} // namespace

class TestSchedulesTab : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void timesAreSaidInWords_data();
    void timesAreSaidInWords();
    void theListSaysWhenAndHow();
    void anAppWithoutSchedulesSaysHowToBegin();
    void aSiteWithoutAnAppHasNone();
    void oneIsAddedAndUndone();
    void theNextTimesAreToldWhileTheyAreTyped();
    void badTimesAreSaidWhileTheyAreTyped_data();
    void badTimesAreSaidWhileTheyAreTyped();
    void whatTheEngineRefusesStaysInTheSheet();
    void onlyWhatWasChangedIsSent();
    void aForeignChangeIsNotOverwritten();
    void whatWasTypedIsThereAgain();
    void oneIsSwitchedOffRunAndRemoved();
    void aRunIsFollowedToItsEnd();
    void anEngineThatIsGoneIsSaid();
    void aFailureIsSaidAndMendsItself();
};

void TestSchedulesTab::timesAreSaidInWords_data()
{
    QTest::addColumn<QString>("cron");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *cron, const char *words) {
        QTest::newRow(cron) << QString::fromLatin1(cron) << QString::fromLatin1(words);
    };
    row("30 2 * * *", "Every day, at 02:30");
    row("@daily", "Every day, at 00:00");
    row("@hourly", "Each full hour");
    row("* * * * *", "Every minute");
    row("*/15 * * * *", "Every 15 minutes");
    row("5 * * * *", "Each hour at minute 5");
    row("0 8,12 * * *", "Every day, at 08:00 and 12:00");
    row("*/15 8-18 * * mon-fri", "Each Monday to Friday, every 15 minutes from 08:00 to 18:59");
    row("0 0 1,15 * *", "On day 1 and 15 of the month, at 00:00");
    row("0 0 13 * fri", "On day 13 of the month, and each Friday, at 00:00");
    row("0 6 * jun-aug 0", "Each Sunday, at 06:00, in June to August");
    row("0 6 * * 7", "Each Sunday, at 06:00");
    row("0 */6 * * *", "Every 6 hours at minute 0");
    // No short sentence, or no times: the engine's list of the next ones has to do.
    row("5-59/15 * * * *", "");
    row("0 0 */2 * *", "");
    row("*/7 * * * *", ""); // not every 7 minutes: 56, then 0
    row("0 */5 * * *", "");
    row("0 8-10,14 * * *", "");
    row("1,2,3 4,5 * * *", "");
    row("", "");
    row("nonsense", "");
    row("30 2 * *", "");
    row("30 2 * * * *", "");
    row("a b c d e", "");
    row("@reboot", "");
}

void TestSchedulesTab::timesAreSaidInWords()
{
    QFETCH(QString, cron);
    QFETCH(QString, words);
    QCOMPARE(cronMeaning(cron), words);
}

void TestSchedulesTab::theListSaysWhenAndHow()
{
    auto control = withSchedules();
    control->scheduleRunsKept = {{.id = 7,
                                  .schedule = "nightly",
                                  .startedBy = "schedule",
                                  .state = "failed",
                                  .cause = "exited with code 3",
                                  .dueUnixMs = 1,
                                  .startedUnixMs = 1,
                                  .endedUnixMs = 2}};
    SchedulesFixture fixture(std::move(control));
    QVERIFY(fixture.select("report"));
    QVERIFY(fixture.select("nightly"));
    const auto cell = [&](int column) {
        const QModelIndex at = fixture.tab()->table()->currentIndex();
        return at.siblingAtColumn(column).data().toString();
    };
    QCOMPARE(cell(SchedulesModel::State), QStringLiteral("Waiting"));
    QCOMPARE(cell(SchedulesModel::Times), QStringLiteral("30 2 * * *"));
    QVERIFY(cell(SchedulesModel::Next).contains(QStringLiteral("2027-01-15")));
    QVERIFY(cell(SchedulesModel::Last).startsWith(QStringLiteral("Failed")));
    fixture.select("report");
    QCOMPARE(cell(SchedulesModel::State), QStringLiteral("Off"));
    QCOMPARE(cell(SchedulesModel::Next), QStringLiteral("–"));
}

void TestSchedulesTab::anAppWithoutSchedulesSaysHowToBegin()
{
    SchedulesFixture fixture(std::make_unique<FakeControl>());
    QTRY_VERIFY(fixture.tab()->isEmpty());
    QVERIFY(!fixture.action("schedule.run")->isEnabled());
    QPushButton *begin = nullptr;
    for (QPushButton *button : fixture.tab()->findChildren<QPushButton *>()) {
        if (button->isVisible())
            begin = button;
    }
    QVERIFY(begin);
    begin->click();
    QVERIFY(fixture.sheet());
}

void TestSchedulesTab::aSiteWithoutAnAppHasNone()
{
    SchedulesFixture fixture;
    fixture.shell.showSite(QStringLiteral("docs"));
    QTabWidget *tabs = fixture.shell.sitesPage()->detail()->tabs();
    QVERIFY(!tabs->isTabVisible(tabs->indexOf(fixture.tab())));
    QVERIFY(!fixture.shell.registry()
                 .entry(QStringLiteral("site.addSchedule"))
                 .siteWhyNot(QStringLiteral("docs"))
                 .isEmpty());
}

void TestSchedulesTab::oneIsAddedAndUndone()
{
    SchedulesFixture fixture;
    fixture.action("site.addSchedule")->trigger();
    ScheduleSheet *sheet = fixture.sheet();
    QVERIFY(sheet);
    QVERIFY(!sheet->saveButton()->isEnabled());
    QVERIFY(sheet->saveButton()->toolTip().contains(QStringLiteral("needs a name")));
    QTest::keyClicks(sheet->nameField(), QStringLiteral("mail"));
    QTest::keyClicks(sheet->timesField(), QStringLiteral("*/5 * * * *"));
    QTest::keyClicks(sheet->zoneField(), QStringLiteral("Europe/Berlin"));
    QTest::keyClicks(sheet->commandField(), QStringLiteral("manage.py send 'a b'"));
    sheet->overlapField()->setCurrentIndex(1);
    sheet->limitField()->setValue(120);
    sheet->saveButton()->click();
    QTRY_VERIFY(fixture.schedule("mail"));
    QCOMPARE(*fixture.schedule("mail"),
             (ScheduleConfig {.name = "mail",
                              .cron = "*/5 * * * *",
                              .timeZone = "Europe/Berlin",
                              .command = "manage.py send 'a b'",
                              .overlap = "queue",
                              .timeLimitSeconds = 120}));
    QTRY_VERIFY(!fixture.sheet());
    QTRY_COMPARE(fixture.tab()->table()->model()->rowCount(), 3);
    QTRY_COMPARE(fixture.tab()->table()->currentIndex().siblingAtColumn(1).data().toString(),
                 QStringLiteral("mail")); // what was added is what is selected
    QTRY_VERIFY(fixture.shell.undoHistory().whyNot(UndoHistory::Way::Undo).isEmpty());
    fixture.action("edit.undo")->trigger();
    QTRY_VERIFY(!fixture.schedule("mail"));
    QTRY_COMPARE(fixture.tab()->table()->model()->rowCount(), 2);
}

void TestSchedulesTab::theNextTimesAreToldWhileTheyAreTyped()
{
    SchedulesFixture fixture;
    fixture.control->setClock([] { return int64_t {1'795'000'000'000}; }); // 2026-11-18
    fixture.action("site.addSchedule")->trigger();
    ScheduleSheet *sheet = fixture.sheet();
    QVERIFY(sheet->meaning().contains(QStringLiteral("Minute, hour")));
    QTest::keyClicks(sheet->timesField(), QStringLiteral("30 2 * * *"));
    QTest::keyClicks(sheet->zoneField(), QStringLiteral("Asia/Tokyo"));
    QTRY_VERIFY(sheet->meaning().contains(QStringLiteral("JST")));
    QVERIFY(sheet->meaning().startsWith(QStringLiteral("Every day, at 02:30\n")));
    QCOMPARE(sheet->meaning().count(QStringLiteral(" 02:30 JST")), 3);
    QVERIFY(!sheet->timesField()->property("invalid").toBool());
}

void TestSchedulesTab::badTimesAreSaidWhileTheyAreTyped_data()
{
    QTest::addColumn<QString>("times");
    QTest::addColumn<QString>("zone");
    QTest::addColumn<QString>("said");
    QTest::newRow("a minute too large") << "61 2 * * *"
                                        << ""
                                        << "61";
    QTest::newRow("four fields") << "30 2 * *"
                                 << ""
                                 << "five";
    QTest::newRow("a day that never comes") << "0 0 30 2 *"
                                            << ""
                                            << "never";
    QTest::newRow("a name that is none") << "@often"
                                         << ""
                                         << "@hourly";
    QTest::newRow("no such zone") << "30 2 * * *"
                                  << "Europe/Berln"
                                  << "Europe/Berln";
}

void TestSchedulesTab::badTimesAreSaidWhileTheyAreTyped()
{
    QFETCH(QString, times);
    QFETCH(QString, zone);
    QFETCH(QString, said);
    SchedulesFixture fixture;
    fixture.action("site.addSchedule")->trigger();
    ScheduleSheet *sheet = fixture.sheet();
    QTest::keyClicks(sheet->timesField(), times);
    QTest::keyClicks(sheet->zoneField(), zone);
    QLineEdit *field = zone.isEmpty() ? sheet->timesField() : sheet->zoneField();
    QTRY_VERIFY(field->property("invalid").toBool());
    QVERIFY2(sheet->meaning().contains(said), qPrintable(sheet->meaning()));
    QVERIFY(!sheet->meaning().contains(QStringLiteral("Next:")));
}

void TestSchedulesTab::whatTheEngineRefusesStaysInTheSheet()
{
    SchedulesFixture fixture;
    fixture.action("site.addSchedule")->trigger();
    ScheduleSheet *sheet = fixture.sheet();
    QTest::keyClicks(sheet->nameField(), QStringLiteral("nightly")); // taken
    QTest::keyClicks(sheet->timesField(), QStringLiteral("@daily"));
    QTest::keyClicks(sheet->commandField(), QStringLiteral("ls | wc"));
    sheet->saveButton()->click();
    QTRY_VERIFY(!sheet->problem().isEmpty());
    QVERIFY(sheet->isVisible());
    QVERIFY(sheet->nameField()->property("invalid").toBool()
            || sheet->commandField()->property("invalid").toBool());
    sheet->nameField()->setText(QStringLiteral("mail"));
    QVERIFY(sheet->problem().isEmpty());
    sheet->saveButton()->click();
    QTRY_VERIFY(sheet->problem().contains(QStringLiteral("command")));
    QVERIFY(sheet->commandField()->property("invalid").toBool());
    QVERIFY(!fixture.schedule("mail"));
    sheet->commandField()->setText(QStringLiteral("ls"));
    fixture.control->hold("addSchedule");
    sheet->saveButton()->click();
    QVERIFY(!sheet->saveButton()->isEnabled()); // twice would be two
    fixture.control->release();
    QTRY_VERIFY(fixture.schedule("mail"));
}

void TestSchedulesTab::onlyWhatWasChangedIsSent()
{
    SchedulesFixture fixture;
    QVERIFY(fixture.select("nightly"));
    fixture.action("schedule.edit")->trigger();
    ScheduleSheet *sheet = fixture.sheet();
    QVERIFY(sheet);
    QVERIFY(!sheet->saveButton()->isEnabled());
    QCOMPARE(sheet->commandField()->text(), QStringLiteral("manage.py clearsessions"));
    sheet->timesField()->setText(QStringLiteral("0 3 * * *"));
    sheet->saveButton()->click();
    QTRY_COMPARE(fixture.schedule("nightly")->cron, std::string("0 3 * * *"));
    const FakeControl::Call *sent = fixture.last("editSchedule");
    QVERIFY(sent->request.find("0 3 * * *") != std::string::npos);
    QVERIFY(sent->request.find("command") == std::string::npos);
}

void TestSchedulesTab::aForeignChangeIsNotOverwritten()
{
    SchedulesFixture fixture;
    QVERIFY(fixture.select("nightly"));
    fixture.tab()->edit();
    ScheduleSheet *sheet = fixture.sheet();
    Document document = fixture.control->document();
    document.apps.front().schedules.front().cron = "0 4 * * *";
    fixture.control->changeElsewhere(std::move(document), "ana");
    sheet->timesField()->setText(QStringLiteral("0 5 * * *"));
    sheet->saveButton()->click();
    QTRY_VERIFY(!sheet->problem().isEmpty());
    QVERIFY(sheet->isVisible());
    QCOMPARE(fixture.schedule("nightly")->cron, std::string("0 4 * * *"));
}

void TestSchedulesTab::whatWasTypedIsThereAgain()
{
    SchedulesFixture fixture;
    fixture.tab()->add();
    QTest::keyClicks(fixture.sheet()->nameField(), QStringLiteral("half"));
    QTest::keyClick(fixture.sheet(), Qt::Key_Escape);
    QTRY_VERIFY(!fixture.sheet());
    fixture.tab()->add();
    QVERIFY(fixture.sheet());
    QCOMPARE(fixture.sheet()->nameField()->text(), QStringLiteral("half"));
    QVERIFY(fixture.sheet()->body()->text().contains(QStringLiteral("before")));
    fixture.sheet()->nameField()->clear();
    fixture.sheet()->reject();
    QTRY_VERIFY(!fixture.sheet());
    fixture.tab()->add();
    QVERIFY(!fixture.sheet()->body()->text().contains(QStringLiteral("before")));
}

void TestSchedulesTab::oneIsSwitchedOffRunAndRemoved()
{
    SchedulesFixture fixture;
    QVERIFY(fixture.select("nightly"));
    QTRY_VERIFY(fixture.action("schedule.toggle")->isEnabled());
    fixture.action("schedule.toggle")->trigger();
    QTRY_VERIFY(!fixture.schedule("nightly")->enabled);
    QTRY_VERIFY(!fixture.tab()->isSelectedOn());
    QVERIFY(fixture.shell.toast()->text().contains(QStringLiteral("switched off")));
    fixture.action("schedule.run")->trigger(); // also while it is off
    QTRY_COMPARE(fixture.control->count("runSchedule"), size_t(1));
    fixture.action("schedule.remove")->trigger();
    QTRY_VERIFY(!fixture.schedule("nightly"));
    QVERIFY(fixture.shell.toast()->text().contains(QStringLiteral("nightly")));
    // The neighbour is not what the next key acts on without being chosen.
    QTRY_COMPARE(fixture.tab()->table()->model()->rowCount(), 1);
    QVERIFY(!fixture.action("schedule.remove")->isEnabled());
    QVERIFY(fixture.select("report"));
    QTRY_VERIFY(fixture.action("schedule.remove")->isEnabled());
    fixture.shell.goTo(PageId::Overview);
    QVERIFY(!fixture.action("schedule.remove")->isEnabled());
}

void TestSchedulesTab::aRunIsFollowedToItsEnd()
{
    SchedulesFixture fixture;
    QVERIFY(fixture.select("nightly"));
    QTRY_VERIFY(fixture.tab()->runs()->note().contains(QStringLiteral("not run yet")));
    fixture.control->scheduleEnd = "failed";
    fixture.tab()->runNow();
    QTRY_COMPARE(fixture.tab()->runs()->table()->model()->rowCount(), 1);
    QTRY_VERIFY(
        fixture.tab()->runs()->output()->toPlainText().contains(QStringLiteral("no database")));
    fixture.bridge.refresh();
    QTRY_COMPARE(fixture.tab()
                     ->runs()
                     ->table()
                     ->model()
                     ->index(0, ScheduleRunsModel::State)
                     .data()
                     .toString(),
                 QStringLiteral("Failed"));
    fixture.control->failNext("runSchedule", Error(ErrorCode::Conflict, "10 run already"));
    fixture.tab()->runNow();
    QTRY_VERIFY(fixture.shell.toast()->text().contains(QStringLiteral("10 run already")));
}

void TestSchedulesTab::anEngineThatIsGoneIsSaid()
{
    SchedulesFixture fixture;
    QVERIFY(fixture.select("nightly"));
    fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
    QTRY_VERIFY_WITH_TIMEOUT(fixture.bridge.link() == Link::Lost, 8000);
    QVERIFY(fixture.tab()->note().contains(QStringLiteral("As it was at")));
    QCOMPARE(fixture.tab()->table()->model()->rowCount(), 2);
    QVERIFY(!fixture.tab()->whyNotAdd().isEmpty());
    QVERIFY(!fixture.action("schedule.run")->isEnabled());
}

void TestSchedulesTab::aFailureIsSaidAndMendsItself()
{
    SchedulesFixture fixture;
    QVERIFY(fixture.select("nightly"));
    fixture.control->failNext("schedules", Error(ErrorCode::Internal, "the disk is gone"));
    fixture.shell.sitesPage()->detail()->tabs()->setCurrentIndex(0);
    fixture.shell.sitesPage()->detail()->showSchedules();
    QTRY_VERIFY(fixture.tab()->note().contains(QStringLiteral("the disk is gone")));
    fixture.shell.sitesPage()->detail()->tabs()->setCurrentIndex(0);
    fixture.shell.sitesPage()->detail()->showSchedules();
    QTRY_VERIFY(fixture.tab()->note().isEmpty());
}

int main(int argc, char **argv)
{
    TestSchedulesTab test;
    return runGuiTest(test, argc, argv);
}
#include "tst_schedules_tab.moc"
