// SPDX-License-Identifier: Apache-2.0
// What belongs to an app, drawn in every state: its variables and secrets, its schedules, the
// sheets about them. Looked at as tst_shots does.
#include "gui/filled_engine.h"
#include "gui/gui_fixture.h"
#include "gui/shots.h"

#include "gui/bridge/staging.h"
#include "gui/forms/env_editor.h"
#include "gui/pages/connection_checks.h"
#include "gui/pages/environment_tab.h"
#include "gui/pages/pending_bar.h"
#include "gui/pages/schedule_runs_view.h"
#include "gui/pages/schedule_sheet.h"
#include "gui/pages/schedules_tab.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/sites_page.h"
#include "gui/pages/workers_page.h"
#include "gui/widgets/output_view.h"
#include "gui/widgets/safe_table.h"

#include <QLineEdit>
#include <QPushButton>
#include <QTabWidget>
#include <QTest>

using namespace arc;
using namespace arc::test;

class TestShotsApps : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void variablesAreDrawn_data() { addAppearances(); }
    void variablesAreDrawn();
    void schedulesAreDrawn_data() { addAppearances(); }
    void schedulesAreDrawn();
    void sheetsAreDrawn_data() { addAppearances(); }
    void sheetsAreDrawn();
    void cleanupTestCase() { QCOMPARE(finishShots(QStringLiteral("contact-apps")), 0); }
};

static QString prefixOf(const char *what)
{
    return QString::fromLatin1(QTest::currentDataTag()) + QLatin1Char('-') + QLatin1String(what)
        + QLatin1Char('-');
}

void TestShotsApps::variablesAreDrawn()
{
    QFETCH(int, theme);
    const Appearance appearance;
    const QString prefix = prefixOf("variables");
    auto control = std::make_unique<FakeControl>();
    fillApp(*control);
    GuiFixture fixture(std::move(control));
    fixture.theme()->choose(ThemeChoice(theme));
    fixture.open();
    fixture.shell.showSite(QStringLiteral("shop"));
    SiteDetail *detail = fixture.shell.sitesPage()->detail();
    detail->tabs()->setCurrentIndex(1);
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("list"));
    fixture.control->hold("checkConnections");
    detail->environment()->connections()->check();
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("checking"));
    fixture.control->release();
    QTRY_COMPARE(size_t(detail->environment()->connections()->results().size()),
                 fixture.control->connections.size());
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("checked"));
    detail->environment()->variables()->takeLines(
        QStringLiteral("LEVEL=5\nMAIL_PASSWORD=secret\nARCOLOGY_X=1\n"));
    QTRY_COMPARE(fixture.shell.staging().state(), Staging::State::Refused);
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("refused"));
    fixture.shell.pendingBar()->reviewButton()->click();
    QTRY_VERIFY(openDialog(fixture.shell));
    settle();
    shoot(*openDialog(fixture.shell), prefix + QStringLiteral("review"));
    openDialog(fixture.shell)->close();
    fixture.shell.showSite(QStringLiteral("api"));
    detail->environment()->variables()->takeLines(QStringLiteral("Dear all,\nthis is prose\n"));
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("none"));
}

void TestShotsApps::schedulesAreDrawn()
{
    QFETCH(int, theme);
    const Appearance appearance;
    const QString prefix = prefixOf("schedules");
    auto control = std::make_unique<FakeControl>();
    fillApp(*control);
    GuiFixture fixture(std::move(control));
    fixture.theme()->choose(ThemeChoice(theme));
    fixture.open();
    fixture.shell.showSite(QStringLiteral("api"));
    SiteDetail *detail = fixture.shell.sitesPage()->detail();
    fixture.control->hold("schedules");
    detail->showSchedules();
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("asking"));
    fixture.control->release();
    QTRY_VERIFY(detail->schedules()->isEmpty());
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("none"));
    fixture.shell.showSite(QStringLiteral("shop"));
    QTRY_COMPARE(detail->schedules()->table()->model()->rowCount(), 4);
    QTRY_VERIFY(detail->schedules()->runs()->output()->isVisible());
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("list"));
    if (!prefix.startsWith(QLatin1String("large"))) {
        fixture.shell.resize(960, 600);
        settle();
        shoot(fixture.shell, prefix + QStringLiteral("small"));
        fixture.shell.resize(1280, 800);
    }
    fixture.control->failNext("schedules", Error(ErrorCode::Internal, "the disk is gone"));
    detail->tabs()->setCurrentIndex(0);
    detail->showSchedules();
    QTRY_VERIFY(!detail->schedules()->note().isEmpty());
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("error"));
    fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
    QTRY_VERIFY_WITH_TIMEOUT(fixture.bridge.link() == Link::Lost, 8000);
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("lost"));
}

void TestShotsApps::sheetsAreDrawn()
{
    QFETCH(int, theme);
    const Appearance appearance;
    const QString prefix = prefixOf("schedule-sheet");
    auto control = std::make_unique<FakeControl>();
    fillApp(*control);
    GuiFixture fixture(std::move(control));
    fixture.theme()->choose(ThemeChoice(theme));
    fixture.open();
    fixture.shell.showSite(QStringLiteral("shop"));
    SchedulesTab *tab = fixture.shell.sitesPage()->detail()->schedules();
    fixture.shell.sitesPage()->detail()->showSchedules();
    QTRY_COMPARE(tab->table()->model()->rowCount(), 4);
    tab->add();
    auto *sheet = qobject_cast<ScheduleSheet *>(openDialog(fixture.shell));
    QVERIFY(sheet);
    settle();
    shoot(*sheet, prefix + QStringLiteral("new"));
    sheet->nameField()->setText(QStringLiteral("nightly"));
    sheet->timesField()->setText(QStringLiteral("*/15 8-18 * * mon-fri"));
    sheet->zoneField()->setText(QStringLiteral("Europe/Berlin"));
    sheet->commandField()->setText(QStringLiteral("manage.py report | mail ana"));
    QTRY_VERIFY(sheet->meaning().contains(QStringLiteral("Next")));
    settle();
    shoot(*sheet, prefix + QStringLiteral("typed"));
    sheet->saveButton()->click();
    QTRY_VERIFY(!sheet->problem().isEmpty());
    settle();
    shoot(*sheet, prefix + QStringLiteral("refused"));
    sheet->timesField()->setText(QStringLiteral("61 2 * * *"));
    QTRY_VERIFY(!sheet->meaning().contains(QStringLiteral("Next")));
    settle();
    shoot(*sheet, prefix + QStringLiteral("wrong"));
}

int main(int argc, char **argv)
{
    TestShotsApps test;
    return runGuiTest(test, argc, argv);
}
#include "tst_shots_apps.moc"
